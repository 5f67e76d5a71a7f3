"""What an answer of WeCom means for the rows of a call (``reliability.md`` §3.4, the reaction table)."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from notifications import schedule
from notifications.models import Call, Recipient, SendingAlert, SendingSwitch, State
from wecom import errors
from wecom.messages import Sent

CREDENTIAL = {40001, 40013, 40014, 41001, 41002, 41004, 42001}
QUIETLY = timedelta(minutes=10)
_FREE = {"lease_owner": "", "lease_until": None}


def _rows(call: Call) -> QuerySet[Recipient]:
    return call.recipients.filter(state__in=[State.LEASED, State.UNKNOWN])


def _finish(call: Call, now: datetime, code: int | None, **fields: object) -> None:
    Call.objects.filter(pk=call.pk).update(finished_at=now, code=code, **fields)


@transaction.atomic
def accepted(call: Call, sent: Sent, now: datetime) -> None:
    """WeCom took it; whom it named as out of reach is final, the others have it."""
    lost = [person for person, userid in call.addresses if userid in sent.unreachable]
    _rows(call).filter(person__in=lost).update(state=State.UNREACHABLE, last_code=0, **_FREE)
    _rows(call).update(state=State.SENT, sent_at=now, last_code=0, **_FREE)
    _finish(call, now, 0, msgid=sent.msgid, response_code=sent.response_code)


@transaction.atomic
def refused(call: Call, error: errors.WeComError, now: datetime) -> None:
    """WeCom said no, or nothing that can be understood."""
    match error:
        case errors.MaybeSent():
            _maybe_sent(call, now)
        case errors.Permanent(errcode=42014) if call.repeated_at:
            # WeCom knows the card's task id: the first attempt had arrived.
            accepted(call, Sent(msgid="", unreachable=frozenset()), now)
        case errors.Temporary(errcode=errors.TOO_PARALLEL):
            _slow_down(now)
            _wait(call, error, now + timedelta(seconds=5 + secrets.randbelow(10)), now)
        case errors.Temporary(retry_after=seconds) if seconds is not None:
            _pause(error, now + timedelta(seconds=seconds), now)
            _wait(call, error, now + timedelta(seconds=seconds), now)
        case errors.Temporary():
            _try_again(call, error, now)
        case errors.Misconfigured():
            _stop(error, now)
            _wait(call, error, now, now)
        case errors.Unreachable():
            _end(call, error, State.UNREACHABLE, now)
        case _:
            alert(error, SendingAlert.Category.CONTENT, now)
            _end(call, error, State.FAILED, now)


def _maybe_sent(call: Call, now: datetime) -> None:
    """The call stays open: its rows are repeated to the letter once, then counted as sent."""
    _rows(call).update(state=State.UNKNOWN, next_try=now, **_FREE)


def _wait(call: Call, error: errors.WeComError, until: datetime, now: datetime) -> None:
    """Not the message's fault: this does not count as a try."""
    _rows(call).update(state=State.RETRY, next_try=until, last_code=error.errcode, **_FREE)
    _finish(call, now, error.errcode)


def _try_again(call: Call, error: errors.WeComError, now: datetime) -> None:
    if isinstance(error, errors.TokenRefused):
        alert(error, SendingAlert.Category.CREDENTIAL, now)
    rows = _rows(call)
    rows.update(tries=F("tries") + 1, last_code=error.errcode)
    for tries in set(rows.values_list("tries", flat=True)):
        same = _rows(call).filter(tries=tries)
        if again := schedule.next_retry(now, tries):
            same.update(state=State.RETRY, next_try=again, **_FREE)
        else:
            same.update(state=State.FAILED, **_FREE)
    _finish(call, now, error.errcode)


def _end(call: Call, error: errors.WeComError, state: State, now: datetime) -> None:
    _rows(call).update(state=state, last_code=error.errcode, **_FREE)
    _finish(call, now, error.errcode)


def _slow_down(now: datetime) -> None:
    switch = SendingSwitch.objects.select_for_update().get(pk=1)
    switch.concurrency, switch.slowed_at = max(switch.concurrency // 2, 1), now
    switch.save(update_fields=["concurrency", "slowed_at"])


def _pause(error: errors.WeComError, until: datetime, now: datetime) -> None:
    """The whole app rests until the window of the limit has passed."""
    SendingSwitch.objects.filter(pk=1).update(paused_until=until)
    if error.errcode == errors.OVER_LIMIT:
        alert(error, SendingAlert.Category.LIMIT, now)


def _stop(error: errors.WeComError, now: datetime) -> None:
    """Nothing goes out until somebody has mended the setting and resumed: each further call is the same refusal,
    and WeCom bans an address that keeps showing a wrong secret.
    """
    category = (
        SendingAlert.Category.CREDENTIAL
        if error.errcode in CREDENTIAL
        else SendingAlert.Category.CONFIGURATION
    )
    SendingSwitch.objects.filter(pk=1, stopped_at=None).update(
        stopped_at=now, stopped_by=None, reason=error.hint[:200]
    )
    alert(error, category, now)


def alert(error: errors.WeComError, category: SendingAlert.Category, now: datetime) -> None:
    """Tell the operators, the same thing once in ten minutes."""
    same = SendingAlert.objects.filter(category=category, code=error.errcode, at__gt=now - QUIETLY)
    if not same.exists():
        SendingAlert.objects.create(at=now, category=category, code=error.errcode, hint=error.hint[:200])
