"""The control API below ``/sandbox/``: reset, seed, clock, faults, and looking at everything that happened."""

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from wecom.sandbox import callbacks, faults, jsapi, living, oauth, schedule, seed, tokens
from wecom.sandbox.corp import AGENT_ID, corp
from wecom.sandbox.errors import ApiError
from wecom.sandbox.records import App

ROUTES: dict[tuple[str, str], Callable[[dict], dict | list]] = {}


def control(path: str, method: str = "POST"):
    def register(handler):
        ROUTES[method, path] = handler
        return handler

    return register


@csrf_exempt
def dispatch(request: HttpRequest, path: str) -> HttpResponse:
    """Answer a control call. Pages of other sites may not make them."""
    text = request.body  # always read, or the server would drop the connection
    if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
        return JsonResponse({"error": "cross-site"}, status=403)
    handler = ROUTES.get((request.method or "", path))
    if handler is None:
        return JsonResponse({"error": "unknown control call"}, status=404)
    try:
        args = request.GET.dict() if request.method == "GET" else json.loads(text or b"{}")
        with corp.lock:
            result = handler(args)
            corp.changes += 1
    except (KeyError, TypeError, ValueError, ApiError) as error:
        return JsonResponse({"error": f"{type(error).__name__}: {error}"}, status=400)
    return JsonResponse(result, safe=False, json_dumps_params={"ensure_ascii": False})


# --- Whole state ----------------------------------------------------------------------------------------------


@control("health", "GET")
def health(args: dict) -> dict:
    return {"ok": True, "users": len(corp.users), "messages": len(corp.messages), "now": corp.clock.now()}


@control("reset")
def reset(args: dict) -> dict:
    """Everything as after the first start; ``portal`` moves the app to another address."""
    corp.portal = (args.get("portal") or corp.portal).rstrip("/")
    corp.reset()
    seed.load_file(None)
    change_settings(args.get("settings", {}))
    return health({})


def forget_messages() -> None:
    """Empty every conversation; people, apps and limits stay."""
    for table in (corp.messages, corp.response_codes, corp.inboxes, corp.chat_logs):
        table.clear()


@control("seed")
def replace_seed(args: dict) -> dict:
    seed.apply(args)
    return health({})


@control("settings")
def change_settings(args: dict) -> dict:
    _assign(corp.settings, args)
    return asdict(corp.settings)


@control("apps")
def change_app(args: dict) -> dict:
    """Create or change an app; only named fields change."""
    number = int(args.get("agentid", AGENT_ID))
    app = corp.apps.setdefault(number, App(number, f"应用 {number}", secrets.token_urlsafe(32)))
    _assign(app, args)
    return asdict(app)


def _assign(record, values: dict) -> None:
    for name, value in values.items():
        if name not in type(record).__dataclass_fields__:
            raise KeyError(name)
        setattr(record, name, value)


@control("clock")
def move_clock(args: dict) -> dict:
    corp.clock.advance(float(args.get("advance", 0)))
    return {"now": corp.clock.now(), "offset": corp.clock.offset}


@control("tokens/revoke")
def revoke_tokens(args: dict) -> dict:
    return {"revoked": tokens.revoke(args.get("agentid"))}


# --- Faults ---------------------------------------------------------------------------------------------------


@control("faults")
def add_fault(args: dict) -> dict:
    if args["kind"] not in faults.KINDS.keys() | faults.OTHER_KINDS.keys():
        raise ValueError(args["kind"])
    return asdict(faults.add(**args))


@control("faults", "GET")
def list_faults(args: dict) -> list:
    return [asdict(fault) for fault in corp.faults.values()]


@control("faults/clear")
def clear_faults(args: dict) -> dict:
    corp.faults.clear()
    return {}


# --- What happened --------------------------------------------------------------------------------------------


@control("messages", "GET")
def list_messages(args: dict) -> list:
    """Messages that reached ``userid`` (or all), oldest first."""
    userid = args.get("userid", "").lower()
    if not userid:
        return [asdict(message) for message in corp.messages.values()]
    chats = [chat.chatid for chat in corp.chats.values() if userid in chat.userlist]
    ids = corp.inboxes.get(userid, []) + [msgid for chat in chats for msgid in corp.chat_logs.get(chat, [])]
    found = [corp.messages[msgid] for msgid in ids]
    return [asdict(m) for m in found if userid not in m.dropped]


@control("dropped", "GET")
def list_dropped(args: dict) -> list:
    return [
        {"msgid": message.msgid, "userid": userid, "reason": reason, "sent_at": message.sent_at}
        for message in corp.messages.values()
        for userid, reason in message.dropped.items()
    ]


@control("calls", "GET")
def list_calls(args: dict) -> list:
    return [call for call in corp.calls if args.get("path") in {None, call["path"]}]


@control("chats", "GET")
def list_chats(args: dict) -> list:
    return [asdict(chat) for chat in corp.chats.values()]


@control("users", "GET")
def list_users(args: dict) -> list:
    return [asdict(user) for user in corp.users.values()]


@control("records", "GET")
def list_records(args: dict) -> list:
    """One of the lesser tables: schedules, calendars, livings, tags, media, apps."""
    if args["table"] not in {"schedules", "calendars", "livings", "tags", "apps"}:
        raise KeyError(args["table"])
    return [asdict(row) for row in getattr(corp, args["table"]).values()]


# --- Acting ---------------------------------------------------------------------------------------------------


@control("code")
def make_code(args: dict) -> dict:
    """A login code as if ``userid`` had just been through the authorize page; no userid means an outsider."""
    code = oauth.issue_code(
        args.get("userid") or "",
        redirect_uri=args.get("redirect_uri") or corp.portal,
        agentid=int(args.get("agentid", AGENT_ID)),
        scope=args.get("scope", "snsapi_base"),
        way=args.get("way", "app"),
    )
    return {"code": code}


@control("click")
def click(args: dict) -> dict:
    """Press a button of a card: ``userid``, ``msgid``, ``key``, and ``selected`` ``{question: [options]}``."""
    event = callbacks.click(args["userid"].lower(), args["msgid"], args["key"], args.get("selected") or {})
    return callbacks.describe(event)


@control("events")
def fire_event(args: dict) -> dict:
    """Send any event: ``event`` is its name, ``fields`` what it carries beyond the common ones."""
    event = callbacks.fire(
        int(args.get("agentid", AGENT_ID)),
        args["event"],
        args.get("fields") or {},
        sender=args.get("sender", "sys"),
    )
    return callbacks.describe(event)


@control("events", "GET")
def list_events(args: dict) -> list:
    return [callbacks.describe(event) for event in corp.events.values()]


@control("callback")
def set_callback(args: dict) -> dict:
    """Where an app listens. The address is tried at once, as WeCom's console does."""
    app = corp.apps[int(args.get("agentid", AGENT_ID))]
    app.callback_url, app.callback_verified = args["url"], False
    return {"queued": callbacks.verify_later(app)}


@control("livings/view")
def view_living(args: dict) -> dict:
    living.watch(args["livingid"], args["userid"], int(args.get("seconds", 60)))
    return {}


@control("livings/end")
def end_living(args: dict) -> dict:
    living.set_status(corp.livings[args["livingid"]], living.ENDED)
    return {}


@control("schedules/respond")
def respond_to_schedule(args: dict) -> dict:
    schedule.respond(args["schedule_id"], args["userid"], int(args["status"]))
    return {}


@control("jsapi/verify")
def verify_signature(args: dict) -> dict:
    errcode = jsapi.verify(
        kind=args.get("kind", "config"),
        agentid=int(args.get("agentid", AGENT_ID)),
        noncestr=args["noncestr"],
        timestamp=str(args["timestamp"]),
        url=args["url"],
        signature_given=args["signature"],
    )
    return {"errcode": errcode}
