"""The wire: wechatpy's client with everything added that it leaves open (``wecom.md`` §11.3).

This module and ``wecom.crypto`` are the only ones that may import wechatpy; nothing of it leaves them.
"""

import email.utils
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import requests
import structlog
from django.core.cache import cache
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ReadTimeoutError
from wechatpy.enterprise import WeChatClient
from wechatpy.exceptions import WeChatClientException

from wecom import errors

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
TOTAL_SECONDS = 10.0
LARGEST_ANSWER = 8 * 1024 * 1024
LARGEST_FILE = 21 * 1024 * 1024
DRIFT_KEY = "wecom:clock-drift"
DRIFT_WARNING = 60
DRIFT_ERROR = 240

log = structlog.get_logger(__name__)
_here = threading.local()


class Line:
    """The connection one call uses, known so that a watchdog can cut it in mid-answer."""

    sock: socket.socket | None = None
    is_sent = False
    is_cut = False

    def cut(self) -> None:
        self.is_cut = True
        if self.sock is not None:
            with suppress(OSError):
                # Below TLS on purpose: the thread that reads is still inside the TLS object.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class _Known:
    """A urllib3 connection that tells the current ``Line`` which socket it uses."""

    sock: socket.socket | None

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        _here.line.sock = self.sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        _here.line.sock = self.sock
        super().request(*args, **kwargs)  # type: ignore[misc]
        _here.line.is_sent = True


class _HTTPConnection(_Known, HTTPConnection):
    pass


class _HTTPSConnection(_Known, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    # Uncompressed only: a small answer can then not grow in memory.
    session.headers.update({"User-Agent": "partyhub", "Accept-Encoding": "identity"})
    session.hooks["response"].append(_refuse_odd)
    session.mount("http://", _Adapter(max_retries=0))
    session.mount("https://", _Adapter(max_retries=0))
    return session


def _refuse_odd(response: requests.Response, **kwargs: Any) -> None:
    """Errors, redirects and compressed bodies are never an answer of the API."""
    if response.status_code != 200 or response.headers.get("Content-Encoding", "identity") != "identity":
        response.close()
        raise errors.Temporary(f"企业微信的服务器没有正常回答（HTTP {response.status_code}）。")


def _body(response: requests.Response, largest: int) -> bytes:
    """Read the answer, but never more than ``largest`` bytes."""
    body = bytearray()
    with response:
        for chunk in response.iter_content(64 * 1024):
            body += chunk
            if len(body) > largest:
                raise errors.Temporary("企业微信的回答太大。")
    return bytes(body)


class Gateway(WeChatClient):
    """One thread's connection to WeCom in the name of one secret. ``deadline`` is set by each call."""

    def __init__(self, base: str, corp_id: str, secret: str) -> None:
        super().__init__(corp_id, secret, timeout=(CONNECT_SECONDS, READ_SECONDS), auto_retry=False)
        self._http = _session()
        self.API_BASE_URL = f"{base}/cgi-bin/"
        self.drift = 0.0

    def _decode_result(self, response: requests.Response) -> dict:
        """The answer as a dict with a numeric ``errcode``; wechatpy would let anything else pass as success."""
        self._compare_clocks(response)
        try:
            answer = json.loads(_body(response, LARGEST_ANSWER))
        except (ValueError, RecursionError):
            raise errors.Temporary("企业微信的回答读不懂。") from None
        if not isinstance(answer, dict) or type(answer.get("errcode")) is not int:
            raise errors.Temporary("企业微信的回答不完整。")
        return answer

    def exchange(self, method: str, path: str, *, token: str | None, seconds: float, **request: Any) -> dict:
        """One request, one answer with ``errcode`` 0, in at most ``seconds``; else a ``WeComError``."""
        params = {**request.pop("params", {}), "access_token": token}
        with self._watch(method, path, seconds):
            return self._request(method, path, params=params, stream=True, allow_redirects=False, **request)

    def download(self, path: str, *, token: str, seconds: float, params: dict[str, str]) -> bytes:
        """The bytes of a file. On error WeCom answers JSON under the same status."""
        with self._watch("get", path, seconds):
            response = self._http.get(
                self.API_BASE_URL + path,
                params={**params, "access_token": token},
                timeout=self.timeout,
                stream=True,
                allow_redirects=False,
            )
            if "Content-Disposition" not in response.headers:
                self._handle_result(response)
                raise errors.Temporary("企业微信的回答里没有文件。")
            return _body(response, LARGEST_FILE)

    @contextmanager
    def _watch(self, method: str, path: str, seconds: float) -> Iterator[None]:
        """Cut the line when time is up, translate what went wrong, and log the call without any of its content."""
        started = time.monotonic()
        line = _here.line = Line()
        watchdog = threading.Timer(max(seconds, 0.01), line.cut)
        watchdog.daemon = True
        watchdog.start()
        outcome: errors.WeComError | None = None
        try:
            yield
            if line.is_cut:
                outcome = _late(method, line)
        except errors.WeComError as error:
            outcome = _late(method, line) if line.is_cut else error
        except WeChatClientException as error:
            outcome = (
                errors.from_code(error.errcode) if error.errcode else errors.Temporary("企业微信出错了。")
            )
        except requests.RequestException as error:
            outcome = _broken(method, line, error)
        finally:
            watchdog.cancel()
        milliseconds = round((time.monotonic() - started) * 1000)
        if outcome is None:
            log.info("wecom_call", path=path, errcode=0, milliseconds=milliseconds)
            return
        log.warning(
            "wecom_call",
            path=path,
            errcode=outcome.errcode,
            outcome=type(outcome).__name__,
            milliseconds=milliseconds,
        )
        # The library's exceptions carry the address with its token; they stay here.
        raise outcome from None

    def _compare_clocks(self, response: requests.Response) -> None:
        """Remember how far our clock is ahead of WeCom's, in seconds; a wrong clock refuses every callback."""
        try:
            theirs = email.utils.parsedate_to_datetime(response.headers.get("Date", ""))
        except ValueError:
            return
        self.drift = time.time() - theirs.timestamp()
        if abs(self.drift) >= DRIFT_WARNING:
            cache.set(DRIFT_KEY, self.drift, 600)
            report = log.error if abs(self.drift) >= DRIFT_ERROR else log.warning
            report("wecom_clock_drift", seconds=round(self.drift))


def _late(method: str, line: Line) -> errors.WeComError:
    hint = "企业微信没有及时回答。"
    return errors.MaybeSent(hint) if method == "post" and line.is_sent else errors.Temporary(hint)


def _broken(method: str, line: Line, error: requests.RequestException) -> errors.WeComError:
    cause = error.args[0] if error.args else None
    if line.is_cut or isinstance(error, requests.Timeout) or isinstance(cause, ReadTimeoutError):
        return _late(method, line)
    return errors.Temporary("连不上企业微信。")


def gateway(base: str, corp_id: str, secret: str) -> Gateway:
    """This thread's gateway: a ``requests`` session is not made to be shared between threads."""
    held = _here.__dict__.setdefault("gateways", {})
    key = (base, corp_id, secret)
    if key not in held:
        held[key] = Gateway(base, corp_id, secret)
    return held[key]
