"""A WeCom app as we call it: token, one retry, circuit and pauses around the wire."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from wecom import errors
from wecom.circuit import Circuit, Pause
from wecom.tokens import Shared, digest
from wecom.transport import TOTAL_SECONDS, Gateway, gateway

T = TypeVar("T")


@dataclass(frozen=True)
class App:
    """One secret of the corporation. ``agent_id`` is 0 for the contact-sync secret, which is no app."""

    base: str
    corp_id: str
    secret: str
    agent_id: int = 0
    features: frozenset[str] = frozenset()

    def get(self, path: str, params: dict[str, str] | None = None, *, seconds: float = TOTAL_SECONDS) -> dict:
        """A reading call. Everything, token included, takes at most ``seconds``. Raises ``WeComError``."""
        return self._call(
            path,
            seconds,
            lambda wire, token, left: wire.exchange(
                "get", path, token=token, seconds=left, params=params or {}
            ),
        )

    def post(self, path: str, data: dict | None = None, **request: Any) -> dict:
        """A call with a body: ``data`` as JSON, or ``files``. Raises ``WeComError``."""
        return self._call(
            path,
            TOTAL_SECONDS,
            lambda wire, token, left: wire.exchange(
                "post", path, token=token, seconds=left, data=data, **request
            ),
        )

    def download(self, path: str, params: dict[str, str]) -> bytes:
        """A call that answers with a file."""
        return self._call(
            path,
            TOTAL_SECONDS,
            lambda wire, token, left: wire.download(path, token=token, seconds=left, params=params),
        )

    def token(self, *, deadline: float, refused: str = "") -> str:
        """The access token all processes share."""
        return self._token_store(deadline).get(deadline=deadline, refused=refused)

    def need(self, feature: str) -> None:
        """Refuse a call the school has not switched on."""
        if feature not in self.features:
            raise errors.Misconfigured(
                f"这项功能没有开启。先在管理后台授权，再设置 WECOM_{feature.upper()}=true。"
            )

    def _call(self, path: str, seconds: float, send: Callable[[Gateway, str, float], T]) -> T:
        circuit, pause = Circuit(digest(self.base)), Pause(digest(self.base, self.corp_id, self.secret, path))
        circuit.check()
        pause.check()
        try:
            return self._with_token(time.monotonic() + seconds, send)
        except errors.Temporary as error:
            if error.errcode == errors.OVER_LIMIT:
                error.retry_after = pause.begin()
            elif error.errcode != errors.TOO_PARALLEL:
                circuit.count()
            raise

    def _with_token(self, deadline: float, send: Callable[[Gateway, str, float], T]) -> T:
        """Send; when the token is refused send once more with a new one, and never a third time."""
        wire = gateway(self.base, self.corp_id, self.secret)
        token = self.token(deadline=deadline)
        try:
            return send(wire, token, deadline - time.monotonic())
        except errors.TokenRefused:
            token = self.token(deadline=deadline, refused=token)
            return send(wire, token, deadline - time.monotonic())

    def _token_store(self, deadline: float) -> Shared:
        def fetch() -> tuple[str, float]:
            answer = gateway(self.base, self.corp_id, self.secret).exchange(
                "get",
                "gettoken",
                token=None,
                seconds=deadline - time.monotonic(),
                params={"corpid": self.corp_id, "corpsecret": self.secret},
            )
            return field(answer, "access_token", str), field(answer, "expires_in", int)

        return Shared(f"token:{digest(self.base, self.corp_id, self.secret)}", fetch)


def field(answer: dict, name: str, kind: type[T]) -> T:
    """A part every good answer has; ``Temporary`` when it is missing or of another type."""
    value = answer.get(name)
    if not isinstance(value, kind):
        raise errors.Temporary("企业微信的回答不完整。")
    return value


def rows(answer: dict, name: str) -> list[dict]:
    """A list of objects in an answer, each of them really an object."""
    found = field(answer, name, list)
    if not all(isinstance(row, dict) for row in found):
        raise errors.Temporary("企业微信的回答不完整。")
    return found


def number(value: object) -> int:
    """WeCom writes some numbers as text."""
    if not isinstance(value, int | str) or not str(value).isdecimal():
        raise errors.Temporary("企业微信的回答不完整。")
    return int(value)
