"""The app itself: its data, its menu, and what it shows on the workbench."""

from wecom.sandbox.contacts import visible_user
from wecom.sandbox.corp import corp
from wecom.sandbox.errors import ApiError
from wecom.sandbox.records import App
from wecom.sandbox.wire import Call, api

SETTABLE = ("name", "description", "home_url", "report_location_flag", "isreportenter")
MENU_TYPES = {
    "click",
    "view",
    "view_miniprogram",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
}
# Workbench type → most items of its list; None where there is no list.
WORKBENCH = {"normal": None, "keydata": 4, "image": None, "list": 3, "webview": None}
WORKBENCH_PER_MINUTE = 10


def _logo(app: App) -> str:
    return app.logo or f"https://p.qlogo.cn/sandbox/{app.agentid}/0"


@api("agent/get", "GET")
def get(call: Call) -> dict:
    app = call.own_app()
    return {
        "agentid": app.agentid,
        "name": app.name,
        "square_logo_url": _logo(app),
        "description": app.description,
        "allow_userinfos": {"user": [{"userid": userid} for userid in app.visible_users]},
        "allow_partys": {"partyid": app.visible_parties},
        "allow_tags": {"tagid": app.visible_tags},
        "close": app.closed,
        "redirect_domain": app.domains[0] if app.domains else "",
        "report_location_flag": app.report_location_flag,
        "isreportenter": app.isreportenter,
        "home_url": app.home_url,
        "customized_publish_status": 1,
    }


@api("agent/list", "GET")
def list_own(call: Call) -> dict:
    app = call.caller
    return {"agentlist": [{"agentid": app.agentid, "name": app.name, "square_logo_url": _logo(app)}]}


@api("agent/set")
def set_fields(call: Call) -> dict:
    app = call.own_app()
    for name in SETTABLE:
        if name in call.body:
            setattr(app, name, call.body[name])
    if domain := call.body.get("redirect_domain"):
        app.domains = [domain]
    return {}


# --- Menu -----------------------------------------------------------------------------------------------------


@api("menu/create")
def create_menu(call: Call) -> dict:
    app = call.own_app()
    buttons = call.body.get("button") or []
    if not 1 <= len(buttons) <= 3:
        raise ApiError(40016)
    for button in buttons:
        _check_button(button, 16)
    app.menu = buttons
    return {}


def _check_button(button: dict, name_bytes: int) -> None:
    if not 1 <= len(str(button.get("name") or "").encode()) <= name_bytes:
        raise ApiError(40018)
    if "sub_button" in button:
        if not 1 <= len(button["sub_button"]) <= 5:
            raise ApiError(40023)
        for inner in button["sub_button"]:
            _check_button(inner, 40)
        return
    if button.get("type") not in MENU_TYPES:
        raise ApiError(40058, "type")
    if button["type"] == "view":
        if not 1 <= len(str(button.get("url") or "").encode()) <= 1024:
            raise ApiError(40020)
    elif button["type"] != "view_miniprogram" and not 1 <= len(str(button.get("key") or "").encode()) <= 128:
        raise ApiError(40019)


@api("menu/get", "GET")
def get_menu(call: Call) -> dict:
    app = call.own_app()
    if not app.menu:
        raise ApiError(46003)
    return {"button": app.menu}


@api("menu/delete", "GET")
def delete_menu(call: Call) -> dict:
    call.own_app().menu = []
    return {}


# --- Workbench ------------------------------------------------------------------------------------------------


def _workbench_app(call: Call) -> App:
    app = call.own_app()
    if "workbench" not in app.abilities:
        raise ApiError(94000)
    return app


def _shown(call: Call) -> dict:
    """The part of the body that the type names, checked."""
    kind = call.need("type")
    if kind not in WORKBENCH:
        raise ApiError(40058, "type")
    part = call.body.get(kind) or {}
    if kind != "normal" and not part:
        raise ApiError(40058, kind)
    most = WORKBENCH[kind]
    if most and len(part.get("items") or []) > most:
        raise ApiError(45002, kind)
    return {"type": kind} | ({kind: part} if part else {})


@api("agent/set_workbench_template")
def set_template(call: Call) -> dict:
    app = _workbench_app(call)
    app.workbench = _shown(call) | {"replace_user_data": bool(call.body.get("replace_user_data"))}
    if call.body.get("replace_user_data"):
        app.workbench_data = {}
    return {}


@api("agent/get_workbench_template")
def get_template(call: Call) -> dict:
    app = _workbench_app(call)
    if not app.workbench:
        raise ApiError(94008)
    return app.workbench


@api("agent/set_workbench_data")
def set_data(call: Call) -> dict:
    app = _workbench_app(call)
    user = visible_user(call, call.need("userid", 41009))
    if not app.workbench:
        raise ApiError(94008)
    key = ("workbench", app.agentid, user.key, int(corp.clock.now() // 60))
    corp.day_counts[key] += 1
    if corp.day_counts[key] > WORKBENCH_PER_MINUTE:
        raise ApiError(45009)
    app.workbench_data[user.key] = _shown(call)
    return {}
