"""Tags: named sets of members and departments. Only the app that made a tag may change it."""

from wecom.sandbox import callbacks
from wecom.sandbox.contacts import BOTH
from wecom.sandbox.corp import corp
from wecom.sandbox.errors import ApiError
from wecom.sandbox.records import Tag
from wecom.sandbox.wire import Call, api, as_int

NAME_CHARACTERS = 32
MOST_TAGS = 3000


def _found(call: Call) -> Tag:
    tag = corp.tags.get(call.number("tagid", 40068))
    if tag is None:
        raise ApiError(40068)
    return tag


def _own(call: Call) -> Tag:
    tag = _found(call)
    if tag.agentid != call.caller.agentid:
        raise ApiError(81011)
    return tag


def _name(call: Call, but: Tag | None = None) -> str:
    name = str(call.need("tagname", 40072))
    if len(name) > NAME_CHARACTERS:
        raise ApiError(40072)
    if any(tag.tagname == name and tag is not but for tag in corp.tags.values()):
        raise ApiError(40071)
    return name


@api("tag/create", scopes=BOTH)
def create(call: Call) -> dict:
    name = _name(call)
    number = as_int(call.body.get("tagid") or max(corp.tags, default=0) + 1, 40068)
    if number in corp.tags or len(corp.tags) >= MOST_TAGS:
        raise ApiError(40068)
    corp.tags[number] = Tag(number, name, call.caller.agentid)
    return {"errmsg": "created", "tagid": number}


@api("tag/update", scopes=BOTH)
def update(call: Call) -> dict:
    tag = _own(call)
    tag.tagname = _name(call, but=tag)
    return {"errmsg": "updated"}


@api("tag/delete", "GET", BOTH)
def delete(call: Call) -> dict:
    del corp.tags[_own(call).tagid]
    return {"errmsg": "deleted"}


@api("tag/list", "GET", BOTH)
def list_all(call: Call) -> dict:
    return {"taglist": [{"tagid": tag.tagid, "tagname": tag.tagname} for tag in corp.tags.values()]}


@api("tag/get", "GET", BOTH)
def get(call: Call) -> dict:
    tag = _found(call)
    users = [corp.users[key] for key in tag.users if key in corp.users]
    shown = [{"userid": user.userid, "name": user.name} for user in users if corp.sees(call.caller, user)]
    return {"tagname": tag.tagname, "userlist": shown, "partylist": tag.parties}


@api("tag/addtagusers", scopes=BOTH)
def add(call: Call) -> dict:
    tag = _own(call)
    users, parties, reply = _split(call, all_bad=40070)
    tag.users = list(dict.fromkeys(tag.users + users))
    tag.parties = list(dict.fromkeys(tag.parties + parties))
    _tell(call, tag, {"AddUserItems": users, "AddPartyItems": parties})
    return reply


@api("tag/deltagusers", scopes=BOTH)
def remove(call: Call) -> dict:
    tag = _own(call)
    users, parties, reply = _split(call, all_bad=40031)
    tag.users = [key for key in tag.users if key not in users]
    tag.parties = [number for number in tag.parties if number not in parties]
    _tell(call, tag, {"DelUserItems": users, "DelPartyItems": parties})
    return reply | {"errmsg": "deleted"}


def _split(call: Call, *, all_bad: int) -> tuple[list[str], list[int], dict]:
    """Good members, good departments, and the answer naming the bad ones."""
    names, numbers = call.body.get("userlist") or [], call.body.get("partylist") or []
    if len(names) > 1000:
        raise ApiError(40032)
    if len(numbers) > 100:
        raise ApiError(40066)
    users = [user.key for user in map(corp.user, names) if user and corp.sees(call.caller, user)]
    parties = [number for number in numbers if number in corp.visible_departments(call.caller)]
    if not users and not parties:
        raise ApiError(all_bad)
    bad = [str(name).lower() for name in names if str(name).lower() not in users]
    reply: dict = {"invalidlist": "|".join(bad)} if bad else {}
    bad_parties = [number for number in numbers if number not in parties]
    return users, parties, reply | ({"invalidparty": bad_parties} if bad_parties else {})


def _tell(call: Call, tag: Tag, items: dict[str, list]) -> None:
    told = {name: ",".join(map(str, values)) for name, values in items.items() if values}
    callbacks.contacts_changed("update_tag", {"TagId": tag.tagid} | told, by=call.caller.agentid)
