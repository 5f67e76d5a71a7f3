"""Application messages: sending, recalling, and what becomes of each recipient."""

import hashlib
import json

from wecom.sandbox import cards, content, limits
from wecom.sandbox.corp import corp, new_id
from wecom.sandbox.errors import ApiError
from wecom.sandbox.records import App, Message
from wecom.sandbox.wire import Call, api

RECALL_SECONDS = 24 * 3600
DUPLICATE_SECONDS, DUPLICATE_MOST = 1800, 4 * 3600
DELIVERABLE = {1, 4}


@api("message/send")
def send(call: Call) -> dict:
    app = call.own_app()
    msgtype = call.need("msgtype", 40008)
    users, reply = recipients(call, app)
    part = content.checked(msgtype, call.body, app.agentid)
    if not users:
        raise ApiError(81013)
    if earlier := _sent_before(call):
        return earlier
    message = deliver(app, msgtype, part, users, dropping=call.dropping, safe=call.body.get("safe") or 0)
    reply["msgid"] = message.msgid
    if msgtype == "template_card" and cards.replies(part):
        reply["response_code"] = cards.issue_response_code(message)
    _remember_send(call, reply)
    return reply


def deliver(
    app: App, msgtype: str, part: dict, users: list[str], *, dropping: bool = False, safe=0
) -> Message:
    """Store a message for ``users``; a limit may cut some of them off without a word."""
    task_id = part.get("task_id", "") if msgtype == "template_card" else ""
    message = Message(
        new_id(), app.agentid, msgtype, part, corp.clock.now(), users, task_id=task_id, safe=safe
    )
    for userid in users:
        if reason := "fault" if dropping else limits.drop_reason(app.agentid, userid):
            message.dropped[userid] = reason
    if task_id:
        corp.task_ids.add((app.agentid, task_id))
    corp.store_message(message)
    return message


# --- Recipients -----------------------------------------------------------------------------------------------


def recipients(call: Call, app: App) -> tuple[list[str], dict]:
    """Who gets the message (lower-case ids), and the lists of those who cannot."""
    names, parties, tags = (_split(call.body.get(key)) for key in ("touser", "toparty", "totag"))
    if not names and not parties and not tags:
        raise ApiError(82001)
    if names == ["@all"]:
        everyone = [user.key for user in corp.users.values() if _reachable(app, user)]
        return everyone, _lists([], [], [])
    _check_counts(names, parties, tags)
    found: dict[str, None] = {}
    bad_users = [name.lower() for name in names if not _add_user(name, app, found)]
    bad_parties = [party for party in parties if not _add_party(party, app, found)]
    bad_tags = [tag for tag in tags if not _add_tag(tag, app, found)]
    return list(found), _lists(bad_users, bad_parties, bad_tags)


def _check_counts(names: list, parties: list, tags: list) -> None:
    if len(names) > 1000:
        raise ApiError(40032)
    if len(parties) > 100:
        raise ApiError(82002)
    if len(tags) > 100:
        raise ApiError(82003)


def _split(value) -> list[str]:
    return [item.strip() for item in str(value or "").split("|") if item.strip()]


def _lists(users: list[str], parties: list[str], tags: list[str]) -> dict:
    return {
        "invaliduser": "|".join(users),
        "invalidparty": "|".join(parties),
        "invalidtag": "|".join(tags),
        "unlicenseduser": "",
    }


def _reachable(app: App, user) -> bool:
    return user.status in DELIVERABLE and corp.sees(app, user)


def _add_user(name: str, app: App, found: dict) -> bool:
    user = corp.user(name)
    if user is None or not _reachable(app, user):
        return False
    found[user.key] = None
    return True


def _add_party(party: str, app: App, found: dict) -> bool:
    if not party.isdigit() or int(party) not in corp.visible_departments(app):
        return False
    members = corp.members_of(corp.subtree(int(party)))
    found.update(dict.fromkeys(user.key for user in members if user.status in DELIVERABLE))
    return True


def _add_tag(number: str, app: App, found: dict) -> bool:
    tag = corp.tags.get(int(number)) if number.isdigit() else None
    if tag is None:
        return False
    users = [corp.users[key] for key in tag.users if key in corp.users]
    users += corp.members_of(corp.subtree(*tag.parties))
    found.update(dict.fromkeys(user.key for user in users if _reachable(app, user)))
    return True


# --- Duplicate check ------------------------------------------------------------------------------------------


def _digest(call: Call) -> str:
    text = json.dumps(call.body, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{call.caller.agentid}:{text}".encode()).hexdigest()


def _sent_before(call: Call) -> dict | None:
    """The earlier answer when the app asked for the duplicate check and the same request came recently."""
    if not call.body.get("enable_duplicate_check"):
        return None
    until, reply = corp.recent_sends.get(_digest(call), (0, None))
    return reply if until > corp.clock.now() else None


def _remember_send(call: Call, reply: dict) -> None:
    if call.body.get("enable_duplicate_check"):
        seconds = min(int(call.body.get("duplicate_check_interval") or DUPLICATE_SECONDS), DUPLICATE_MOST)
        corp.recent_sends[_digest(call)] = (corp.clock.now() + seconds, reply)


# --- Afterwards -----------------------------------------------------------------------------------------------


@api("message/recall")
def recall(call: Call) -> dict:
    message = corp.messages.get(call.need("msgid"))
    if message is None or message.agentid != call.caller.agentid:
        raise ApiError(40058, "msgid")
    if message.sent_at + RECALL_SECONDS <= corp.clock.now():
        raise ApiError(40058, "the message is older than 24 hours")
    message.recalled_at = message.recalled_at or corp.clock.now()
    return {}


@api("message/get_statistics")
def get_statistics(call: Call) -> dict:
    apps = [app for app in corp.apps.values() if not app.is_contact_sync]
    sent = {app.agentid: sum(m.agentid == app.agentid for m in corp.messages.values()) for app in apps}
    return {
        "statistics": [{"agentid": a.agentid, "app_name": a.name, "count": sent[a.agentid]} for a in apps]
    }
