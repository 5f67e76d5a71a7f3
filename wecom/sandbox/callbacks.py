"""Events to the apps: encrypted, tried again when not answered, and the passive replies they may bring back."""

import secrets
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from wecom.sandbox import cards, passive
from wecom.sandbox.corp import CORP_ID, corp
from wecom.sandbox.crypto import BadEnvelopeError, Envelope
from wecom.sandbox.errors import ApiError
from wecom.sandbox.records import App, Event, Message

ANSWER_SECONDS, VERIFY_SECONDS = 5, 1
BODY_KEPT = 2000
_pool = ThreadPoolExecutor(4, thread_name_prefix="callback")
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_verifying = threading.Lock()


# --- Making an event ------------------------------------------------------------------------------------------


def to_xml(fields: dict[str, Any]) -> str:
    """Nested fields as WeCom writes them: numbers bare, texts as CDATA, lists repeated."""
    parts = []
    for name, value in fields.items():
        for item in value if isinstance(value, list) else [value]:
            parts.append(f"<{name}>{_inner(item)}</{name}>")
    return "".join(parts)


def _inner(value: Any) -> str:
    if isinstance(value, dict):
        return to_xml(value)
    if isinstance(value, int):
        return str(value)
    return f"<![CDATA[{value}]]>" if "]]>" not in str(value) else escape(str(value))


def fire(
    agentid: int, name: str, fields: dict, *, sender: str = "sys", msgid: str = "", userid: str = ""
) -> Event:
    """Record an event of one app and send it (or hold it, see ``Settings.callback_mode``)."""
    app = corp.apps[agentid]
    common = {
        "ToUserName": CORP_ID,
        "FromUserName": sender,
        "CreateTime": int(corp.clock.now()),
        "MsgType": "event",
        "Event": name,
    }
    own = fields if name == "change_contact" else fields | {"AgentID": agentid}
    xml = f"<xml>{to_xml(common | own)}</xml>"
    number = max(corp.events, default=0) + 1
    event = Event(number, agentid, name, xml, corp.clock.now(), msgid=msgid, userid=userid)
    corp.events[number] = event
    _dispatch(event, app)
    return event


def _dispatch(event: Event, app: App) -> None:
    if not app.callback_url:
        event.state = "unconfigured"
    elif corp.settings.callback_mode == "hold":
        event.state = "held"
    else:
        for _ in range(corp.settings.callback_copies):
            _pool.submit(deliver, event)


def send_again(event: Event) -> None:
    """Deliver an event once more, whatever became of it before."""
    event.state = "waiting"
    _pool.submit(deliver, event)


def contacts_changed(change: str, fields: dict, *, by: int = -1) -> None:
    """Tell the apps that listen to contacts, except the one that made the change."""
    for app in list(corp.apps.values()):
        listens = app.is_contact_sync or "contact_events" in app.abilities
        if listens and app.callback_url and app.agentid != by:
            fire(app.agentid, "change_contact", {"ChangeType": change} | fields)


def describe(event: Event) -> dict:
    """The event with a freshly sealed request, for tests that hand it over themselves."""
    app = corp.apps[event.agentid]
    request = sealed(app, event.xml) if app.callback_key else {}
    return asdict(event) | {"request": request}


def sealed(app: App, xml: str) -> dict:
    """Query and body of the callback request."""
    envelope = Envelope(app.callback_token, app.callback_key, CORP_ID)
    encrypted = envelope.encrypt(xml)
    query = _signed(envelope, encrypted)
    outer = {"ToUserName": CORP_ID, "AgentID": str(app.agentid), "Encrypt": encrypted}
    return {"query": query, "body": f"<xml>{to_xml(outer)}</xml>"}


def _signed(envelope: Envelope, encrypted: str) -> dict[str, str]:
    """The signature uses the machine's clock: the receiver checks freshness against its own."""
    timestamp, nonce = str(int(time.time())), str(secrets.randbelow(10**10))
    return {
        "msg_signature": envelope.sign(timestamp, nonce, encrypted),
        "timestamp": timestamp,
        "nonce": nonce,
    }


# --- Sending it -----------------------------------------------------------------------------------------------


def deliver(event: Event) -> None:
    """Try until the app answers 200 within five seconds, at most ``callback_retries`` times more."""
    with corp.lock:
        app = corp.apps.get(event.agentid)
        retries, delay = corp.settings.callback_retries, corp.settings.callback_retry_delay
    for attempt in range(retries + 1):
        if attempt:
            time.sleep(delay)
        if app is None or corp.events.get(event.id) is not event:
            return  # the corp was reset meanwhile
        outcome = _attempt(app, event)
        with corp.lock:
            event.attempts.append(outcome)
            corp.changes += 1
            if outcome["ok"]:
                event.state = "delivered"
                return
    event.state = "failed"


def _attempt(app: App, event: Event) -> dict:
    with _verifying:
        if not app.callback_verified:
            outcome = verify(app)
            if not outcome["ok"]:
                return outcome
    request = sealed(app, event.xml)
    outcome = _send(app.callback_url, request["query"], request["body"].encode(), ANSWER_SECONDS)
    if outcome["ok"] and outcome["body"] not in {"", "success"}:
        try:
            outcome["reply"] = _take_reply(app, event, outcome["body"])
        except (BadEnvelopeError, ValueError) as error:
            outcome["reply"] = f"被动回复无法解读：{error}"
    return outcome


def _send(url: str, query: dict, body: bytes | None, seconds: float) -> dict:
    """One request; ``ok`` means HTTP 200 in time."""
    started = time.monotonic()
    request = urllib.request.Request(  # noqa: S310
        f"{url}{'&' if '?' in url else '?'}{urlencode(query)}",
        data=body,
        headers={"Content-Type": "text/xml"},
    )
    outcome: dict[str, Any] = {"at": corp.clock.now(), "status": 0, "body": "", "ok": False}
    try:
        with _opener.open(request, timeout=seconds) as response:
            text = response.read(65536).decode(errors="replace")
            outcome |= {"status": response.status, "body": text, "ok": response.status == 200}
    except urllib.error.HTTPError as error:
        outcome |= {"status": error.code, "body": error.read(BODY_KEPT).decode(errors="replace")}
    except (OSError, ValueError) as error:
        outcome["body"] = str(error)
    outcome["seconds"] = round(time.monotonic() - started, 3)
    return outcome | {"ok": outcome["ok"] and outcome["seconds"] < seconds}


def verify(app: App) -> dict:
    """The GET that a new callback address must answer within a second with exactly the decrypted text."""
    envelope = Envelope(app.callback_token, app.callback_key, CORP_ID)
    word = str(secrets.randbelow(10**19))
    echo = envelope.encrypt(word)
    outcome = _send(app.callback_url, _signed(envelope, echo) | {"echostr": echo}, None, VERIFY_SECONDS)
    outcome["ok"] = app.callback_verified = outcome["ok"] and outcome["body"] == word
    outcome["reply"] = (
        "地址验证通过" if outcome["ok"] else "地址验证没有通过：要在 1 秒内原样返回解密后的 echostr"
    )
    return outcome


def verify_later(app: App) -> bool:
    """Verify in the background and write the outcome down as an event of its own."""
    number = max(corp.events, default=0) + 1
    event = corp.events[number] = Event(number, app.agentid, "verify_url", "<xml></xml>", corp.clock.now())

    def run() -> None:
        with _verifying:
            event.attempts.append(verify(app))
        event.state = "delivered" if app.callback_verified else "failed"

    _pool.submit(run)
    return True


def _take_reply(app: App, event: Event, body: str) -> str:
    """Open a passive reply; the two kinds that change a card do so."""
    envelope = Envelope(app.callback_token, app.callback_key, CORP_ID)
    reply = passive.opened(envelope, body)
    with corp.lock:
        message = corp.messages.get(event.msgid)
        if message and (change := passive.card_change(reply)):
            message.updates[event.userid] = change
            return "被动回复更新了卡片"
    return f"被动回复：{reply.findtext('MsgType')}"


# --- Pressing a button ----------------------------------------------------------------------------------------


def click(userid: str, msgid: str, key: str, selected: dict[str, list[str]]) -> Event:
    """A member presses a button or a menu entry of a card they can see."""
    message = corp.messages[msgid]
    card = current_card(message, userid)
    if userid not in message.recipients or userid in message.dropped or message.recalled_at:
        raise ApiError(40058, "the member does not have this card")
    if "replace_name" in message.updates.get(userid, {}) or key not in keys_of(card):
        raise ApiError(40058, "the card has no such button")
    name = "template_card_event" if key in keys_of(card, menu=False) else "template_card_menu_event"
    if name == "template_card_event":
        message.clicks[userid] = key
    member = corp.users[userid]
    fields = {
        "EventKey": key,
        "TaskId": message.task_id,
        "CardType": card["card_type"],
        "ResponseCode": cards.issue_response_code(message),
    }
    if selected:
        fields["SelectedItems"] = {"SelectedItem": [_selected(q, ids) for q, ids in selected.items()]}
    return fire(message.agentid, name, fields, sender=member.userid, msgid=msgid, userid=userid)


def _selected(question: str, ids: list[str]) -> dict:
    return {"QuestionKey": question, "OptionIds": {"OptionId": ids}}


def current_card(message: Message, userid: str) -> dict:
    """The card as this member sees it now."""
    return message.updates.get(userid, {}).get("card") or message.content


def keys_of(card: dict, *, menu: bool = True) -> set[str]:
    """What can be pressed on a card."""
    keys = {button["key"] for button in card.get("button_list") or [] if button.get("key")}
    keys |= {key for key in [cards.dig(card, "submit_button.key")] if key}
    if menu:
        keys |= {action["key"] for action in cards.dig(card, "action_menu.action_list") or []}
    return keys
