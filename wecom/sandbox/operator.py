"""The operator's corner: the clock, faults, what was dropped, which callbacks went out."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from wecom.sandbox import callbacks, control, faults, limits, tokens
from wecom.sandbox.corp import AGENT_ID, corp
from wecom.sandbox.errors import TEXTS, explain
from wecom.sandbox.oauth import acting
from wecom.sandbox.pages import shell
from wecom.sandbox.records import User
from wecom.sandbox.wire import ROUTES

SHOWN = 100
STEPS = [(60, "1 分钟"), (3600, "1 小时"), (86400, "1 天"), (7 * 86400, "7 天")]
STATES = {
    "waiting": "正在送",
    "held": "留着不送",
    "delivered": "已送到",
    "failed": "没送到",
    "unconfigured": "应用没有配置地址",
}
FAULT_WORDS = {
    "errcode": "返回错误码",
    "slow": "拖延几秒",
    "drop": "悄悄丢掉消息",
    "http": "HTTP 502",
    "html": "返回网页",
    "cut": "JSON 只发一半",
    "reset": "发一半就断开",
    "drip": "每秒一个字节",
    "redirect": "跳转",
    "text_errcode": "错误码变成文字",
    "no_errcode": "没有错误码",
    "big": "20 MB 空白",
    "gzip_bomb": "压缩炸弹",
}
COMMON_CODES = [-1, 45009, 45033, 42001, 40014, 60020, 48002, 81013]


@csrf_protect
@require_GET
def corner(request: HttpRequest, part: str = "overview") -> HttpResponse:
    with corp.lock:
        member = acting(request)
        words = shell(member) if isinstance(member, User) else {}
        words |= PARTS[part]() | {"part": part, "tab": "operator"}
        return render(request, f"sandbox/operator/{part}.html", words)


def _overview() -> dict:
    alive = [t for t in corp.tokens.values() if not t.revoked and t.expires_at > corp.clock.now()]
    rows = [{"app": corp.apps[t.agentid], "start": t.token[:8], "until": t.expires_at} for t in alive]
    apps = [app for app in corp.apps.values() if not app.is_contact_sync]
    return {"tokens": rows, "apps": apps, "steps": STEPS, "counts": _counts()}


def _counts() -> list[tuple[str, int]]:
    dropped = sum(len(message.dropped) for message in corp.messages.values())
    return [
        ("成员", len(corp.users)),
        ("消息", len(corp.messages)),
        ("群", len(corp.chats)),
        ("丢掉的", dropped),
    ]


def _messages() -> dict:
    latest = list(corp.messages.values())[-SHOWN:][::-1]
    return {
        "messages": [
            {"message": m, "app": corp.apps[m.agentid], "people": _names(m.recipients)} for m in latest
        ]
    }


def _names(keys: list[str], most: int = 3) -> str:
    names = [corp.users[key].name if key in corp.users else key for key in keys[:most]]
    return "、".join(names) + (f" 等 {len(keys)} 人" if len(keys) > most else "")


def _dropped() -> dict:
    rows = [
        {"message": message, "who": _names([userid]), "why": limits.WORDS[reason]}
        for message in reversed(corp.messages.values())
        for userid, reason in message.dropped.items()
    ]
    return {
        "rows": rows[:SHOWN],
        "total": len(rows),
        "limits": [word for name, word in limits.WORDS.items() if name != "fault"],
    }


def _events() -> dict:
    latest = list(corp.events.values())[-SHOWN:][::-1]
    return {"events": [{"event": event, "state": STATES[event.state]} for event in latest]}


def _faults() -> dict:
    rows = [{"fault": fault, "words": FAULT_WORDS[fault.kind]} for fault in corp.faults.values()]
    codes = [(code, TEXTS[code][1]) for code in COMMON_CODES]
    return {"rows": rows, "kinds": FAULT_WORDS.items(), "codes": codes, "paths": ["*", *sorted(ROUTES)]}


def _calls() -> dict:
    latest = list(corp.calls)[-SHOWN:][::-1]
    return {
        "calls": [call | {"words": explain(call["errcode"]) if call["errcode"] else ""} for call in latest]
    }


PARTS = {
    "overview": _overview,
    "messages": _messages,
    "dropped": _dropped,
    "events": _events,
    "faults": _faults,
    "calls": _calls,
}


# --- Buttons --------------------------------------------------------------------------------------------------


@csrf_protect
@require_POST
def act(request: HttpRequest, verb: str) -> HttpResponse:
    with corp.lock:
        part = ACTIONS[verb](request)
        corp.changes += 1
    return HttpResponseRedirect(f"/operator/{part}/")


def _move_clock(request: HttpRequest) -> str:
    corp.clock.advance(_number(request.POST.get("seconds"), 0))
    return "overview"


def _reset_clock(request: HttpRequest) -> str:
    corp.clock.offset = 0.0
    return "overview"


def _revoke(request: HttpRequest) -> str:
    tokens.revoke()
    return "overview"


def _verify(request: HttpRequest) -> str:
    app = corp.apps[AGENT_ID]
    app.callback_url, app.callback_verified = request.POST.get("url", "").strip(), False
    if app.callback_url:
        callbacks.verify_later(app)
    return "events"


def _add_fault(request: HttpRequest) -> str:
    form = request.POST
    kind = form.get("kind", "")
    if kind in FAULT_WORDS:
        times = _number(form.get("times"), 0)
        faults.add(
            path=form.get("path") or "*",
            kind=kind,
            errcode=_number(form.get("errcode"), -1),
            seconds=_number(form.get("seconds"), 6),
            times=times or None,
            after=form.get("after") == "on",
        )
    return "faults"


def _number(text: str | None, otherwise: int) -> int:
    try:
        return int(text or otherwise)
    except ValueError:
        return otherwise


def _clear_faults(request: HttpRequest) -> str:
    corp.faults.clear()
    return "faults"


def _resend(request: HttpRequest) -> str:
    """The same event once more: WeCom repeats itself too."""
    event = corp.events.get(_number(request.POST.get("event"), 0))
    if event and corp.apps[event.agentid].callback_url:
        callbacks.send_again(event)
    return "events"


def _empty_messages(request: HttpRequest) -> str:
    control.forget_messages()
    return "messages"


ACTIONS = {
    "clock": _move_clock,
    "clock-back": _reset_clock,
    "revoke": _revoke,
    "verify": _verify,
    "fault": _add_fault,
    "faults-clear": _clear_faults,
    "resend": _resend,
    "forget": _empty_messages,
}
