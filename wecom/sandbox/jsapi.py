"""JS-SDK tickets, and checking a signature the way WeCom's client does."""

import hashlib
import secrets

from wecom.sandbox.corp import corp
from wecom.sandbox.errors import ApiError
from wecom.sandbox.records import Token
from wecom.sandbox.wire import Call, api

TICKET_SECONDS = 7200
CORP_PER_HOUR, APP_PER_HOUR = 400, 100


def _ticket(key: str, agentid: int) -> dict:
    """The same ticket until it expires."""
    now = corp.clock.now()
    ticket = corp.js_tickets.get(key)
    if ticket is None or ticket.expires_at <= now:
        ticket = corp.js_tickets[key] = Token(secrets.token_urlsafe(60), agentid, now + TICKET_SECONDS)
    return {"ticket": ticket.token, "expires_in": int(ticket.expires_at - now)}


def _count(key: tuple, most: int) -> None:
    hour = int(corp.clock.now() // 3600)
    corp.day_counts[(*key, hour)] += 1
    if corp.day_counts[(*key, hour)] > most:
        raise ApiError(45009)


@api("get_jsapi_ticket", "GET")
def corp_ticket(call: Call) -> dict:
    _count(("js", "corp"), CORP_PER_HOUR)
    _count(("js", call.caller.agentid), APP_PER_HOUR)
    return _ticket("corp", call.caller.agentid)


@api("ticket/get", "GET")
def agent_ticket(call: Call) -> dict:
    if call.args.get("type") != "agent_config":
        raise ApiError(40058, "type")
    _count(("js-agent", call.caller.agentid), APP_PER_HOUR)
    return _ticket(f"agent:{call.caller.agentid}", call.caller.agentid)


def signature(ticket: str, noncestr: str, timestamp: str, url: str) -> str:
    text = f"jsapi_ticket={ticket}&noncestr={noncestr}&timestamp={timestamp}&url={url}"
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324


def verify(*, kind: str, agentid: int, noncestr: str, timestamp: str, url: str, signature_given: str) -> int:
    """0 when the client would accept the configuration, else 40093 or 42012."""
    keys = ["corp"] if kind == "config" else [f"agent:{agentid}"]
    for key, ticket in corp.js_tickets.items():
        if ticket.expires_at > corp.clock.now():
            expected = signature(ticket.token, noncestr, str(timestamp), url.split("#")[0])
            if secrets.compare_digest(expected, signature_given):
                return 0 if key in keys else 42012
    return 40093
