"""Template cards: what they may hold, their response codes, and changing a card that was sent."""

import re
import secrets
from typing import Any

from wecom.sandbox.corp import corp
from wecom.sandbox.errors import ApiError
from wecom.sandbox.records import Message, ResponseCode
from wecom.sandbox.wire import Call, api

INTERACTIVE = {"button_interaction", "vote_interaction", "multiple_interaction"}
CARD_TYPES = INTERACTIVE | {"text_notice", "news_notice"}
RESPONSE_CODE_SECONDS = 72 * 3600
TASK_ID = re.compile(r"[0-9A-Za-z_\-@]{1,128}", re.ASCII)

# Where → most characters.
LENGTHS = {
    "source.desc": 20,
    "main_title.title": 36,
    "main_title.desc": 44,
    "sub_title_text": 160,
    "emphasis_content.title": 14,
    "emphasis_content.desc": 22,
    "submit_button.text": 10,
}
# List → (most items, {field of an item: most characters}).
LISTS = {
    "horizontal_content_list": (6, {"keyname": 5, "value": 30}),
    "vertical_content_list": (4, {"title": 38, "desc": 160}),
    "jump_list": (3, {"title": 18}),
    "button_list": (6, {"text": 10}),
    "select_list": (3, {}),
    "action_menu.action_list": (3, {}),
    "button_selection.option_list": (10, {"text": 16}),
    "checkbox.option_list": (20, {"text": 17}),
}
# The documentation's own example of a keyname has six characters, so texts may run one over.
SLACK = 1


def dig(card: dict, path: str):
    """``dig(card, "source.desc")``; None when any step is missing."""
    value: Any = card
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def replies(card: dict) -> bool:
    """Does sending this card yield a response code?"""
    return card.get("card_type") in INTERACTIVE or bool(card.get("action_menu"))


def checked(card: dict, agentid: int, *, update: bool = False) -> dict:
    """The card when it is allowed; ``update`` is more lenient about ``task_id``."""
    if card.get("card_type") not in CARD_TYPES:
        raise ApiError(40058, "card_type")
    _check_sizes(card)
    PARTS[card["card_type"]](card)
    if not update:
        _check_task(card, agentid)
    return card


def _check_sizes(card: dict) -> None:
    for path, most in LENGTHS.items():
        if len(str(dig(card, path) or "")) > most:
            raise ApiError(45002, path)
    for path, (most, fields) in LISTS.items():
        items = dig(card, path) or []
        if not isinstance(items, list) or len(items) > most:
            raise ApiError(45002, path)
        for item in items:
            for name, length in fields.items():
                if len(str(item.get(name) or "")) > length + SLACK:
                    raise ApiError(45002, f"{path}.{name}")


def _need(card: dict, path: str):
    value = dig(card, path)
    if value in (None, "", [], {}):
        raise ApiError(40058, path)
    return value


def _check_notice(card: dict) -> None:
    if not dig(card, "main_title.title") and not card.get("sub_title_text"):
        raise ApiError(40058, "main_title.title")
    action = _need(card, "card_action")
    if action.get("type") == 1:
        _need(card, "card_action.url")


def _check_news(card: dict) -> None:
    if not card.get("card_image") and not card.get("image_text_area"):
        raise ApiError(40058, "card_image")
    _check_notice(card)


def _check_buttons(card: dict) -> None:
    for button in _need(card, "button_list"):
        if not button.get("text") or not (
            button.get("url") if button.get("type") == 1 else button.get("key")
        ):
            raise ApiError(40058, "button_list")
    _check_options(card.get("button_selection"))


def _check_vote(card: dict) -> None:
    _need(card, "submit_button.key")
    _check_options(_need(card, "checkbox"))


def _check_selects(card: dict) -> None:
    _need(card, "submit_button.key")
    for select in _need(card, "select_list"):
        _check_options(select)


def _check_options(part: dict | None) -> None:
    if part:
        _need(part, "question_key")
        ids = [option.get("id") for option in _need(part, "option_list")]
        if len(set(ids)) < len(ids) or not all(ids):
            raise ApiError(40058, "option_list.id")


PARTS = {
    "text_notice": _check_notice,
    "news_notice": _check_news,
    "button_interaction": _check_buttons,
    "vote_interaction": _check_vote,
    "multiple_interaction": _check_selects,
}


def _check_task(card: dict, agentid: int) -> None:
    """Interactive cards need a task id of their own and an app that listens."""
    task_id = card.get("task_id")
    if replies(card):
        if not task_id:
            raise ApiError(42014)
        if not corp.apps[agentid].callback_url:
            raise ApiError(43012)
    if task_id and (not TASK_ID.fullmatch(str(task_id)) or (agentid, task_id) in corp.task_ids):
        raise ApiError(42014)


def issue_response_code(message: Message) -> str:
    code = ResponseCode(secrets.token_urlsafe(32), message.msgid, message.agentid, corp.clock.now())
    corp.response_codes[code.code] = code
    return code.code


def spend_response_code(code: str, agentid: int) -> Message:
    """The message a response code belongs to. The code works once, for 72 hours."""
    found = corp.response_codes.get(code)
    too_old = found and found.issued_at + RESPONSE_CODE_SECONDS <= corp.clock.now()
    if found is None or found.used or too_old or found.agentid != agentid:
        raise ApiError(60140)
    found.used = True
    return corp.messages[found.msgid]


@api("message/update_template_card")
def update_template_card(call: Call) -> dict:
    app = call.own_app()
    change = _change(call)
    code = call.need("response_code", 60140)
    if len(call.body.get("userids") or []) > 1000:
        raise ApiError(40032)
    message = spend_response_code(code, app.agentid)
    wanted, invalid = _targets(call, message)
    for userid in wanted:
        message.updates[userid] = change
    return {"invaliduser": invalid}


def _change(call: Call) -> dict:
    """``{"replace_name": …}`` or ``{"card": …, "replace_text": …}``."""
    if card := call.body.get("template_card"):
        checked(card, call.caller.agentid, update=True)
        return {"card": card, "replace_text": call.body.get("replace_text") or card.get("replace_text", "")}
    name = (call.body.get("button") or {}).get("replace_name")
    if not name:
        raise ApiError(40058, "button.replace_name")
    return {"replace_name": name}


def _targets(call: Call, message: Message) -> tuple[list[str], list[str]]:
    """Those who have the card among the ones named, and those named who have it not."""
    have = [userid for userid in message.recipients if userid not in message.dropped]
    if call.body.get("atall"):
        return have, []
    named = [str(userid).lower() for userid in call.body.get("userids") or []]
    wanted = dict.fromkeys(named)
    wanted |= dict.fromkeys(user.key for user in corp.members_of(set(call.body.get("partyids") or [])))
    for tag in call.body.get("tagids") or []:
        wanted |= dict.fromkeys(corp.tags[tag].users if tag in corp.tags else [])
    if not wanted:
        raise ApiError(82001)
    return [u for u in have if u in wanted], [u for u in named if u not in have]
