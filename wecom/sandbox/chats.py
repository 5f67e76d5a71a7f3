"""Group chats made by an app. Only an app that sees the whole corp may have them."""

import re
import secrets

from wecom.sandbox import content, limits
from wecom.sandbox.corp import corp, new_id
from wecom.sandbox.errors import ApiError
from wecom.sandbox.records import Chat, Message
from wecom.sandbox.wire import Call, api

CHAT_ID = re.compile(r"[0-9a-zA-Z]{1,32}", re.ASCII)
FEWEST, MOST = 2, 2000
NAME_CHARACTERS = 50
CREATED_PER_DAY, CHANGES_PER_HOUR = 1000, 1000
MESSAGE_TYPES = {"text", "image", "voice", "video", "file", "textcard", "news", "mpnews", "markdown"}


def _allowed(call: Call) -> None:
    if 1 not in call.caller.visible_parties:
        raise ApiError(60011)


def _own(call: Call) -> Chat:
    _allowed(call)
    chat = corp.chats.get(call.need("chatid", 86001))
    if chat is None:
        raise ApiError(86003)
    if chat.agentid != call.caller.agentid:
        raise ApiError(86008)
    return chat


def _members(call: Call, userids: list) -> list[str]:
    """The named members' keys, each once; an unknown one is refused."""
    users = [user for user in map(corp.user, userids) if user and corp.sees(call.caller, user)]
    if len(users) < len(userids):
        raise ApiError(86216)
    return list(dict.fromkeys(user.key for user in users))


@api("appchat/create")
def create(call: Call) -> dict:
    _allowed(call)
    members = _members(call, call.body.get("userlist") or [])
    if not FEWEST <= len(members) <= MOST:
        raise ApiError(86006)
    owner = str(call.body.get("owner") or secrets.choice(members)).lower()
    if owner not in members:
        raise ApiError(86005)
    chatid = call.body.get("chatid") or secrets.token_hex(16)
    if not CHAT_ID.fullmatch(str(chatid)):
        raise ApiError(86001)
    if chatid in corp.chats:
        raise ApiError(86215)
    _count(("chats-made", corp.clock.day()), CREATED_PER_DAY)
    name = str(call.body.get("name") or "群聊")[:NAME_CHARACTERS]
    corp.chats[chatid] = Chat(chatid, name, owner, members, call.caller.agentid, corp.clock.now())
    return {"chatid": chatid}


def _count(key: tuple, most: int) -> None:
    corp.day_counts[key] += 1
    if corp.day_counts[key] > most:
        raise ApiError(45009)


@api("appchat/update")
def update(call: Call) -> dict:
    chat = _own(call)
    added = _members(call, call.body.get("add_user_list") or [])
    removed = {str(userid).lower() for userid in call.body.get("del_user_list") or []}
    members = [userid for userid in dict.fromkeys(chat.userlist + added) if userid not in removed]
    if not FEWEST <= len(members) <= MOST:
        raise ApiError(86006)
    owner = str(call.body.get("owner") or chat.owner).lower()
    if owner not in members:
        raise ApiError(86005)
    _count(("chat-changes", int(corp.clock.now() // 3600)), CHANGES_PER_HOUR)
    chat.userlist, chat.owner = members, owner
    chat.name = str(call.body.get("name") or chat.name)[:NAME_CHARACTERS]
    return {}


@api("appchat/get", "GET")
def get(call: Call) -> dict:
    chat = _own(call)
    users = [corp.users[key].userid if key in corp.users else key for key in chat.userlist]
    owner = corp.users[chat.owner].userid if chat.owner in corp.users else chat.owner
    return {"chat_info": {"chatid": chat.chatid, "name": chat.name, "owner": owner, "userlist": users}}


@api("appchat/send")
def send(call: Call) -> dict:
    chat = _own(call)
    msgtype = call.need("msgtype", 40008)
    if msgtype not in MESSAGE_TYPES:
        raise ApiError(40008, msgtype)
    part = content.checked(msgtype, call.body, call.caller.agentid)
    message = Message(
        new_id(),
        chat.agentid,
        msgtype,
        part,
        corp.clock.now(),
        list(chat.userlist),
        chatid=chat.chatid,
        safe=call.body.get("safe") or 0,
    )
    message.dropped = _drops(message.recipients, dropping=call.dropping)
    corp.store_message(message)
    return {}


def _drops(recipients: list[str], *, dropping: bool) -> dict[str, str]:
    """Who does not get a group message, and why."""
    if dropping:
        return dict.fromkeys(recipients, "fault")
    spans = [(limits.CHAT_CORP_PER_MINUTE, 60), (limits.CHAT_CORP_PER_HOUR, 3600)]
    if not limits.within(("chat-corp",), spans, weight=len(recipients)):
        return dict.fromkeys(recipients, "chat_corp")
    reasons = {userid: limits.chat_drop_reason(userid) for userid in recipients}
    return {userid: reason for userid, reason in reasons.items() if reason}
