"""Live sessions. Only for apps that the administrator listed under 直播 (ability ``living``)."""

from wecom.sandbox import callbacks
from wecom.sandbox.contacts import visible_user
from wecom.sandbox.corp import corp, new_id
from wecom.sandbox.errors import ApiError
from wecom.sandbox.records import Living
from wecom.sandbox.wire import Call, api, as_int

BOOKED, LIVE, ENDED, EXPIRED, CANCELLED = range(5)
DEFAULTS = {"type": 0, "description": "", "remind_time": 0, "living_duration": 3600}


def allowed(call: Call) -> None:
    if "living" not in call.caller.abilities:
        raise ApiError(48002)


def _own(call: Call) -> Living:
    allowed(call)
    living = corp.livings.get(call.need("livingid"))
    if living is None:
        raise ApiError(40058, "livingid")
    if living.agentid != call.caller.agentid:
        raise ApiError(92008)
    return living


def _fields(call: Call) -> dict:
    fields = {name: value for name, value in call.body.items() if name not in {"livingid", "agentid"}}
    if len(fields.get("theme", "")) > 20 or len(fields.get("description", "")) > 100:
        raise ApiError(45002, "theme or description")
    if fields.get("type", 0) not in range(5):
        raise ApiError(40058, "type")
    return fields


def set_status(living: Living, status: int) -> None:
    """Change the state and tell the app."""
    living.status = status
    callbacks.fire(living.agentid, "living_status_change", {"LivingId": living.livingid, "Status": status})


@api("living/create")
def create(call: Call) -> dict:
    allowed(call)
    visible_user(call, call.need("anchor_userid", 41009))
    call.need("theme", 41016)
    as_int(call.need("living_start"))
    living = Living(new_id("lv", 20), call.caller.agentid, DEFAULTS | _fields(call))
    corp.livings[living.livingid] = living
    return {"livingid": living.livingid}


@api("living/modify")
def modify(call: Call) -> dict:
    living = _own(call)
    if living.status != BOOKED:
        raise ApiError(92006)
    living.fields |= _fields(call)
    return {}


@api("living/cancel")
def cancel(call: Call) -> dict:
    living = _own(call)
    if living.status != BOOKED:
        raise ApiError(92006)
    set_status(living, CANCELLED)
    return {}


@api("living/delete_replay_data")
def delete_replay_data(call: Call) -> dict:
    living = _own(call)
    if living.status != ENDED:
        raise ApiError(92007)
    living.fields["replay_deleted"] = True
    return {}


@api("living/get_user_all_livingid")
def get_user_all_livingid(call: Call) -> dict:
    allowed(call)
    user = visible_user(call, call.need("userid", 41009))
    limit = min(as_int(call.body.get("limit") or 100), 100)
    start = as_int(call.body.get("cursor") or 0)
    mine = [lv.livingid for lv in corp.livings.values() if lv.fields["anchor_userid"].lower() == user.key]
    more = start + limit < len(mine)
    return {"next_cursor": str(start + limit) if more else "", "livingid_list": mine[start : start + limit]}


@api("living/get_living_info", "GET")
def get_living_info(call: Call) -> dict:
    living = _own(call)
    fields = living.fields
    anchor = corp.user(fields["anchor_userid"])
    started = fields["living_start"] if living.status in {LIVE, ENDED} else 0
    info = {
        "theme": fields["theme"],
        "living_start": started,
        "living_duration": fields["living_duration"] if living.status == ENDED else 0,
        "status": living.status,
        "reserve_start": fields["living_start"],
        "reserve_living_duration": fields["living_duration"],
        "description": fields["description"],
        "anchor_userid": fields["anchor_userid"],
        "main_department": (anchor.main_department or anchor.department[0]) if anchor else 1,
        "viewer_num": len(living.viewers),
        "comment_num": sum(viewer["is_comment"] for viewer in living.viewers),
        "mic_num": sum(viewer["is_mic"] for viewer in living.viewers),
        "open_replay": 0 if fields.get("replay_deleted") else 1,
        "replay_status": 1 if living.status == ENDED else 0,
        "type": fields["type"],
        "push_stream_url": "",
        "online_count": len(living.viewers) if living.status == LIVE else 0,
        "subscribe_count": 0,
    }
    return {"living_info": info}


@api("living/get_watch_stat")
def get_watch_stat(call: Call) -> dict:
    living = _own(call)
    return {"ending": 1, "next_key": "", "stat_info": {"users": living.viewers, "external_users": []}}


@api("living/get_living_code")
def get_living_code(call: Call) -> dict:
    _own(call)
    call.need("openid", 40003)
    return {"living_code": new_id("", 24)}


def watch(livingid: str, userid: str, seconds: int) -> None:
    """A member watches; a booked session goes live with its first viewer."""
    living = corp.livings[livingid]
    if living.status == BOOKED:
        set_status(living, LIVE)
    living.viewers.append(
        {"userid": corp.users[userid.lower()].userid, "watch_time": seconds, "is_comment": 0, "is_mic": 0}
    )
