"""A walk through everything WeCom needs from us, one step at a time, for ``manage.py doctor`` (target A2)."""

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from django.conf import settings

from wecom import crypto, errors
from wecom.app import field
from wecom.client import WeCom, directory, portal
from wecom.transport import CONNECT_SECONDS, DRIFT_ERROR, DRIFT_WARNING, TOTAL_SECONDS, Gateway, gateway

T = TypeVar("T")

ROOT_DEPARTMENT = 1
# An app that may use chats is told that there is no such chat.
NO_SUCH_CHAT = {86003, 40050}


@dataclass(frozen=True)
class Step:
    """``ok`` is None for what is not set up, or could not be tried. ``remedy`` says what to click or to set."""

    title: str
    ok: bool | None
    detail: str = ""
    errcode: int | None = None
    remedy: str = ""


class Trouble(Exception):
    """A step found something WeCom itself does not call an error."""

    def __init__(self, detail: str, remedy: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy


def steps() -> Iterator[Step]:
    """Try one thing after the other and yield each result at once. Never raises; a walk takes a minute at most."""
    wecom = _Direct(**vars(portal()))
    missing = [
        name for name in ("WECOM_CORP_ID", "WECOM_AGENT_ID", "WECOM_SECRET") if not getattr(settings, name)
    ]
    if missing:
        yield Step(
            "设置齐全",
            ok=False,
            detail=f"还缺 {'、'.join(missing)}",
            remedy="按 docs/wecom.md 从管理后台复制。",
        )
        return
    yield Step("设置齐全", ok=True, detail=f"企业 {wecom.corp_id}，应用 {wecom.agent_id}")
    reach = _step("连得上企业微信", _reach)
    yield reach
    if not reach.ok:
        return
    token = _step("应用 Secret", lambda: _secret(wecom))
    yield token
    yield _step("服务器时钟", lambda: _clock(wecom))
    yield _step("接收消息的密钥", _callback)
    if not token.ok:
        return
    yield _step("可信 IP 和应用", lambda: _agent(wecom))
    yield _step("通讯录可见范围", lambda: _scope(wecom))
    yield _step("可信域名", lambda: _domain(wecom))
    yield _step("JS-SDK 企业凭证", lambda: _ticket(wecom, "get_jsapi_ticket", {}))
    yield _step("JS-SDK 应用凭证", lambda: _ticket(wecom, "ticket/get", {"type": "agent_config"}))
    yield _step("群聊权限", lambda: _chats(wecom))
    yield _step("通讯录同步 Secret", _contact_secret)


class _Direct(WeCom):
    """The same calls without what all processes share: a kept token or an open circuit would hide the fault."""

    def _call(self, path: str, seconds: float, send: Callable[[Gateway, str, float], T]) -> T:
        return send(gateway(self.base, self.corp_id, self.secret), _token(self), seconds)


def _step(title: str, attempt: Callable[[], str | None]) -> Step:
    try:
        detail = attempt()
    except errors.WeComError as error:
        return Step(title, ok=False, detail=str(error), errcode=error.errcode, remedy=error.hint)
    except Trouble as trouble:
        return Step(title, ok=False, detail=trouble.detail, remedy=trouble.remedy)
    except Exception as error:
        return Step(title, ok=False, detail=f"没能检查：{type(error).__name__}")
    if detail is None:
        return Step(title, ok=None, detail="没有设置，跳过")
    return Step(title, ok=True, detail=detail)


def _reach() -> str:
    base = urlsplit(settings.WECOM_API_BASE)
    host, port = str(base.hostname), base.port or (443 if base.scheme == "https" else 80)
    try:
        with socket.create_connection((host, port), timeout=CONNECT_SECONDS) as plain:
            if base.scheme == "https":
                ssl.create_default_context().wrap_socket(plain, server_hostname=host).close()
    except socket.gaierror:
        raise Trouble(f"查不到 {host} 的地址", "请检查服务器的 DNS 设置。") from None
    except ssl.SSLError as error:
        raise Trouble(
            f"{host} 的证书没有通过：{error.reason}", "请检查系统时间、根证书和出口代理。"
        ) from None
    except OSError:
        raise Trouble(f"连不上 {host}:{port}", "请在防火墙放行服务器到企业微信的出站访问。") from None
    return f"{host}:{port}"


def _token(wecom: WeCom) -> str:
    """A token asked for anew: one from the cache would hide a secret that was reset."""
    answer = gateway(wecom.base, wecom.corp_id, wecom.secret).exchange(
        "get",
        "gettoken",
        token=None,
        seconds=TOTAL_SECONDS,
        params={"corpid": wecom.corp_id, "corpsecret": wecom.secret},
    )
    return field(answer, "access_token", str)


def _secret(wecom: WeCom) -> str:
    _token(wecom)
    return "拿到访问凭证"


def _clock(wecom: WeCom) -> str:
    drift = round(gateway(wecom.base, wecom.corp_id, wecom.secret).drift)
    if abs(drift) >= DRIFT_WARNING:
        effect = "回调会被全部拒绝" if abs(drift) >= DRIFT_ERROR else "再偏就会拒绝回调"
        raise Trouble(
            f"和企业微信相差 {drift} 秒，{effect}", "请打开服务器的时间同步（chrony 或 systemd-timesyncd）。"
        )
    return f"相差 {drift} 秒"


def _callback() -> str | None:
    if not settings.WECOM_CALLBACK_TOKEN:
        return None
    remedy = "从应用详情页“接收消息 → API 接收”重新复制 Token 和 EncodingAESKey。"
    channel = crypto.channel()
    try:
        envelope = crypto.parse(channel.seal("ok", timestamp="1", nonce="1"))
        channel.open(envelope["Encrypt"], crypto.Stamp(envelope["MsgSignature"], "1", "1"))
    except Exception:
        raise Trouble("密钥加解密没有通过", remedy) from None
    return f"回调网址填 {settings.SITE_URL}/wecom/callback/"


def _agent(wecom: WeCom) -> str:
    agent = wecom.agent()
    if agent.is_closed:
        raise Trouble(f"应用“{agent.name}”已停用", "到管理后台“应用管理”里启用它。")
    return f"应用“{agent.name}”"


def _scope(wecom: WeCom) -> str:
    departments = {department.id for department in wecom.departments()}
    if ROOT_DEPARTMENT not in departments:
        raise Trouble(
            f"只看得到 {len(departments)} 个部门，不是全校",
            "到应用详情页把“可见范围”设为最上级部门；建群和核对通讯录都需要它。",
        )
    return f"看得到 {len(departments)} 个部门"


def _domain(wecom: WeCom) -> str:
    ours, trusted = urlsplit(settings.SITE_URL).netloc, wecom.agent().trusted_domain
    if trusted != ours:
        raise Trouble(
            f"管理后台里是“{trusted or '空'}”，本站是“{ours}”",
            "到应用详情页“网页授权及 JS-SDK”填写本站域名（连端口），并在“企业微信授权登录”填同样的域名。",
        )
    return ours


def _ticket(wecom: WeCom, path: str, params: dict[str, str]) -> str:
    wecom.get(path, params)
    return "拿到"


def _chats(wecom: WeCom) -> str | None:
    if "appchat" not in wecom.features:
        return None
    try:
        wecom.chat("partyhubdoctor")
    except errors.Permanent as error:
        if error.errcode not in NO_SUCH_CHAT:
            raise
    return "可以建群"


def _contact_secret() -> str | None:
    if not settings.WECOM_CONTACT_SECRET:
        return None
    return f"共 {len(_Direct(**vars(directory())).member_ids())} 个账号"
