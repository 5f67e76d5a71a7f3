"""The operator's hand on the outbox. Everything here is in the audit log."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from core.audit.log import record
from core.errors import Conflict, Invalid
from notifications.delivery.gate import lock_switch
from notifications.models import Recipient, SendingSwitch, State
from notifications.wake import wake_up

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

ENDED_BADLY = (State.FAILED, State.UNREACHABLE)


@transaction.atomic
def pause_sending(reason: str, by: "AbstractBaseUser | None" = None) -> SendingSwitch:
    """Send nothing until somebody resumes. ``by`` is None when the portal itself stops, such as after a restore.

    A call that is under way ends; nothing is lost meanwhile. Stopping what is stopped keeps the first reason.
    """
    switch = lock_switch(timezone.now())
    if switch.stopped_at:
        return switch
    switch.stopped_at, switch.reason = timezone.now(), reason[:200]
    switch.stopped_by_id = by.pk if by else None
    switch.save(update_fields=["stopped_at", "stopped_by", "reason"])
    record(by, "notifications.sending_stopped", switch, reason=reason)
    return switch


@transaction.atomic
def resume_sending(*, by: "AbstractBaseUser") -> SendingSwitch:
    """Go on after a stop or a pause, at full speed.

    Raises ``Conflict`` when nothing is stopped: somebody was faster.
    """
    switch = lock_switch(timezone.now())
    if not switch.stopped_at and not switch.paused_until:
        raise Conflict("发送本来就在进行。")
    switch.stopped_at = switch.stopped_by = switch.paused_until = switch.slowed_at = None
    switch.reason, switch.concurrency = "", SendingSwitch.MOST_CALLS
    switch.save()
    record(by, "notifications.sending_resumed", switch)
    transaction.on_commit(wake_up, robust=True)
    return switch


@transaction.atomic
def set_daily_limit(*, limit: int, by: "AbstractBaseUser", reason: str) -> SendingSwitch:
    """Allow so many cards (× persons) a day: the confirmation an operator gives before an unusual push."""
    if limit < 1:
        raise Invalid("每日上限要大于 0。")
    switch = lock_switch(timezone.now())
    switch.daily_limit, switch.paused_until = limit, None
    switch.save(update_fields=["daily_limit", "paused_until"])
    record(by, "notifications.daily_limit_set", switch, changed=["daily_limit"], reason=reason)
    return switch


@transaction.atomic
def resend(*, recipients: Iterable[Recipient], by: "AbstractBaseUser") -> int:
    """Try again for people whom a message did not reach; returns how many.

    What was sent, called off or has outlived its time stays as it is, so pressing twice sends once.
    """
    chosen = Recipient.objects.filter(
        pk__in=[row.pk for row in recipients], state__in=ENDED_BADLY, message__cancelled_at=None
    )
    pks = list(chosen.select_for_update(of=("self",)).values_list("pk", flat=True))
    now = timezone.now()
    Recipient.objects.filter(pk__in=pks).update(
        state=State.PLANNED, channel=Recipient.Channel.CARD, tries=0, next_try=now, call=None
    )
    record(by, "notifications.resent", reason=f"{len(pks)} 人次")
    transaction.on_commit(wake_up, robust=True)
    return len(pks)
