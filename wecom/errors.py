"""What WeCom's answers mean to us: five outcomes the rest of the portal can reason about.

The table follows ``reliability.md`` §3.4. Only the number counts; ``errmsg`` changes between days and servers.
"""


class WeComError(Exception):
    """A call to WeCom did not do what was asked.

    ``errcode`` is WeCom's number, None when there was no proper answer. ``hint`` is a Chinese sentence for whoever
    runs the portal; it never holds a token, a secret or the id of a person.
    """

    def __init__(self, hint: str, *, errcode: int | None = None) -> None:
        super().__init__(hint if errcode is None else f"{hint}（错误码 {errcode}）")
        self.hint = hint
        self.errcode = errcode


class Temporary(WeComError):
    """Trying again later may help; ``retry_after`` is how many seconds to wait at least, None when unknown."""

    def __init__(self, hint: str, *, errcode: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(hint, errcode=errcode)
        self.retry_after = retry_after


class MaybeSent(Temporary):
    """The request left us and no answer came back: it may have taken effect."""


class TokenRefused(Temporary):
    """WeCom no longer accepts our access token."""


class Permanent(WeComError):
    """Asking again with the same words gives the same refusal."""


class Unreachable(Permanent):
    """None of the people named can be reached: unknown to WeCom or outside the app's visible range."""


class Misconfigured(WeComError):
    """Somebody must change a setting, in WeCom's console or in ours. Further calls are pointless until then."""


OVER_LIMIT = 45009
TOO_PARALLEL = 45033

_MISCONFIGURED = {
    40001: "应用的 Secret 不对，或者已在管理后台重置。请重新复制 Secret 填到 WECOM_SECRET。",
    40013: "企业 ID 不对。请到管理后台“我的企业”页底部复制“企业 ID”填到 WECOM_CORP_ID。",
    40056: "应用的 AgentId 不对。请到应用详情页复制 AgentId 填到 WECOM_AGENT_ID。",
    40093: "JS-SDK 签名没有通过。请核对可信域名与网址是否一致。",
    41001: "请求里没有访问凭证。请检查代理是否删掉了网址里的参数。",
    41002: "没有填企业 ID。请设置 WECOM_CORP_ID。",
    41004: "没有填应用 Secret。请设置 WECOM_SECRET。",
    41011: "没有填应用的 AgentId。请设置 WECOM_AGENT_ID。",
    42012: "JS-SDK 凭证属于别的应用。请核对 WECOM_AGENT_ID 与 WECOM_SECRET 是否来自同一个应用。",
    43012: "应用没有设置“接收消息”的网址，不能发带按钮的卡片。请在应用详情页设置 API 接收消息。",
    48002: "这个应用没有调用此接口的权限。请检查应用的接口权限，以及 Secret 是否用对。",
    50001: "登录回调的域名不在可信域名里。请在应用详情页“网页授权及 JS-SDK”里填写本站域名和端口。",
    50003: "应用已被停用。请在管理后台启用应用。",
    60011: "对方不在应用的可见范围里，或者应用没有这项权限。请在应用详情页调整可见范围。",
    60020: "本站服务器的 IP 不在企业可信 IP 里。请在应用详情页“企业可信 IP”里加上，约一分钟后生效。",
    84025: "登录网址里的 state 不合规定，请联系开发人员。",
    94000: "管理后台没有开启工作台自定义展示。",
    301002: "Secret 与 AgentId 不属于同一个应用。请从同一个应用的详情页复制这两项。",
}
_UNREACHABLE = {
    60111: "企业微信里没有这个账号。",
    81013: "要通知的人都不在应用的可见范围里，或者账号不存在。",
}
_PERMANENT = {
    40029: "登录凭证无效、已经用过或超过 5 分钟。请重新登录。",
    40058: "消息里有不合规定的内容。",
    41008: "登录回调里缺少登录凭证。请重新登录。",
    42014: "卡片的任务编号不合规定。",
    44004: "消息内容是空的。",
    45002: "消息内容太长。",
    60140: "卡片已经更新过或超过 72 小时，不能再改。",
    84014: "授权已经过期，请重新打开页面。",
    84015: "授权无效，请重新打开页面。",
    85002: "消息里有企业微信不允许的词。",
    86003: "群聊不存在。",
    86216: "群成员里有不能加入的人。",
}


def from_code(errcode: int) -> WeComError:
    """The error a non-zero ``errcode`` stands for. Unknown numbers are taken as final, so nothing storms WeCom."""
    if errcode in {40014, 42001}:
        return TokenRefused("访问凭证已过期。", errcode=errcode)
    if errcode == OVER_LIMIT:
        return Temporary("调用次数超过企业微信的限额，到时会自动继续。", errcode=errcode, retry_after=60)
    if errcode == TOO_PARALLEL:
        return Temporary("同时调用太多，稍后会自动继续。", errcode=errcode, retry_after=10)
    if errcode < 0:
        return Temporary("企业微信系统繁忙，稍后会自动重试。", errcode=errcode)
    if errcode in _MISCONFIGURED:
        return Misconfigured(_MISCONFIGURED[errcode], errcode=errcode)
    if errcode in _UNREACHABLE:
        return Unreachable(_UNREACHABLE[errcode], errcode=errcode)
    return Permanent(_PERMANENT.get(errcode, "企业微信拒绝了这次请求。"), errcode=errcode)
