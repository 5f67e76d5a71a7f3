"""The one gate every call passes: is sending on, is there room, is it still true, and then the intention.

Passing locks the switch row, so all workers together keep the limits of ``wecom.md`` §4: WeCom drops what is over
30 cards a minute or 1,000 an hour to one member without telling anybody.
"""

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from notifications import schedule
from notifications.catalogue import Level
from notifications.delivery import content
from notifications.delivery.claim import LEASE, Batch
from notifications.delivery.judge import Judge, Verdict
from notifications.delivery.plan import settle
from notifications.models import Call, DayUse, Recipient, SendingAlert, SendingSwitch, State

PER_MINUTE, PER_HOUR, PER_DAY = 20, 600, 8
# A call may reach WeCom ten seconds after we wrote it down; our windows are that much longer than WeCom's.
MINUTE, HOUR = timedelta(seconds=75), timedelta(seconds=3615)
CALM_AFTER = timedelta(minutes=10)
# WeCom remembers equal content for four hours at most; a repetition later than this would be seen twice.
REPEATABLE = timedelta(hours=3, minutes=55)


@transaction.atomic
def admit(batch: Batch, owner: str, now: datetime) -> Call | None:
    """Write down the call that is about to be made for ``batch``; None when nothing of it may go out now.

    Rows that may not are settled here: called off, planned for later, or back in the queue for their turn.
    """
    switch = lock_switch(now)
    rows = list(
        Recipient.objects.held_by(owner)
        .filter(pk__in=[row.pk for row in batch.rows], lease_until__gt=now)
        .select_related("message", "person")
        .order_by("person", "pk")
    )
    judge = Judge(rows, now)
    rows = _still_true(rows, judge, owner, now)
    rows = _within_pace(rows, owner, now)
    if not rows or not _has_room(switch, len({row.person_id for row in rows}), owner, now):
        return None
    call = _intend(rows, judge, now)
    DayUse.objects.filter(day=timezone.localdate(now)).update(used=F("used") + len(call.addresses))
    return call


def lock_switch(now: datetime) -> SendingSwitch:
    """The switch, locked until the end of the transaction; full speed again some time after WeCom complained."""
    SendingSwitch.objects.get_or_create(pk=1)
    switch = SendingSwitch.objects.select_for_update().get(pk=1)
    if switch.slowed_at and switch.slowed_at + CALM_AFTER <= now:
        switch.concurrency, switch.slowed_at = SendingSwitch.MOST_CALLS, None
        switch.save(update_fields=["concurrency", "slowed_at"])
    return switch


def is_open(switch: SendingSwitch, now: datetime) -> bool:
    """May any call be made now?"""
    return not switch.stopped_at and not (switch.paused_until and switch.paused_until > now)


def _still_true(rows: list[Recipient], judge: Judge, owner: str, now: datetime) -> list[Recipient]:
    verdicts = [(row, judge.verdict(row)) for row in rows]
    settle(
        ((row, verdict) for row, verdict in verdicts if verdict.state != State.DUE),
        now,
        was=State.LEASED,
        owner=owner,
    )
    return [row for row, verdict in verdicts if verdict.state == State.DUE]


def _within_pace(rows: list[Recipient], owner: str, now: datetime) -> list[Recipient]:
    """Hold back rows of persons who had enough for a minute, an hour or a day."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    counts = {
        found["person"]: found
        for found in Recipient.objects.filter(
            person__in={row.person_id for row in rows}, called_at__gt=min(midnight, now - HOUR)
        )
        .values("person")
        .annotate(
            minute=Count("call", distinct=True, filter=Q(called_at__gt=now - MINUTE)),
            hour=Count("call", distinct=True, filter=Q(called_at__gt=now - HOUR)),
            day=Count("call", distinct=True, filter=Q(called_at__gte=midnight)),
            digests=Count(
                "call", distinct=True, filter=Q(called_at__gte=midnight, channel=Recipient.Channel.DIGEST)
            ),
        )
    }
    held = [(row, _turn(row, counts.get(row.person_id), now)) for row in rows]
    settle(((row, verdict) for row, verdict in held if verdict), now, was=State.LEASED, owner=owner)
    return [row for row, verdict in held if not verdict]


def _turn(row: Recipient, count: Mapping[str, Any] | None, now: datetime) -> Verdict | None:
    """When a row that would be too much may come again; None when it is not too much."""
    if not count:
        return None
    tomorrow = Verdict(State.PLANNED, Recipient.Channel.DIGEST, schedule.digest_time(now, row.person_id))
    if row.channel == Recipient.Channel.DIGEST and count["digests"]:
        return tomorrow
    if count["minute"] >= PER_MINUTE:
        return Verdict(State.DUE, at=now + MINUTE + timedelta(seconds=secrets.randbelow(15)))
    if count["hour"] >= PER_HOUR:
        return Verdict(State.DUE, at=now + timedelta(minutes=10 + secrets.randbelow(10)))
    if count["day"] >= PER_DAY and row.message.entry.level == Level.NORMAL:
        return tomorrow
    return None


def _has_room(switch: SendingSwitch, persons: int, owner: str, now: datetime) -> bool:
    if not is_open(switch, now):
        return False
    use, _ = DayUse.objects.get_or_create(day=timezone.localdate(now))
    if use.used + persons > switch.daily_limit:
        switch.paused_until = schedule.tomorrow_morning(now)
        switch.save(update_fields=["paused_until"])
        SendingAlert.objects.create(
            at=now, category=SendingAlert.Category.LIMIT, hint="今天的发送人次用完了，明天早上继续。"
        )
        return False
    return Call.objects.filter(finished_at=None, started_at__gt=now - LEASE).count() < switch.concurrency


def _intend(rows: list[Recipient], judge: Judge, now: datetime) -> Call:
    number = uuid.uuid4()
    text = json.dumps(content.card(rows, number), ensure_ascii=False, sort_keys=True)
    people = list(dict.fromkeys(row.person_id for row in rows))
    call = Call.objects.create(
        pk=number,
        content=text,
        content_hash=hashlib.sha256(text.encode()).hexdigest(),
        addresses=[[person, judge.userids[person]] for person in people],
        started_at=now,
    )
    Recipient.objects.filter(pk__in=[row.pk for row in rows]).update(
        call=call, called_at=now, lease_until=now + LEASE
    )
    return call


@transaction.atomic
def admit_again(call: Call, owner: str, now: datetime) -> bool:
    """Take an open call of a dead worker to repeat it once; False when it is not to be made again.

    What was repeated already, or is too old for WeCom's duplicate check, is counted as sent.
    """
    switch = lock_switch(now)
    call = Call.objects.select_for_update().get(pk=call.pk)
    rows = list(call.recipients.filter(state=State.UNKNOWN).select_related("message", "person"))
    if call.finished_at or not rows or not is_open(switch, now):
        return False
    judge = Judge(rows, now)
    moot = [(row, verdict) for row in rows if (verdict := judge.is_moot(row))]
    if call.repeated_at or call.started_at + REPEATABLE <= now:
        count_as_sent(call, now)
        return False
    if len(moot) == len(rows):
        settle(moot, now, was=State.UNKNOWN)
        Call.objects.filter(pk=call.pk).update(finished_at=now)
        return False
    Call.objects.filter(pk=call.pk).update(repeated_at=now)
    call.recipients.filter(state=State.UNKNOWN).update(
        state=State.LEASED, lease_owner=owner, lease_until=now + LEASE, called_at=now
    )
    return True


def count_as_sent(call: Call, now: datetime) -> None:
    """Nobody knows whether WeCom got it; it was tried twice, and the inbox has it."""
    call.recipients.filter(state__in=[State.UNKNOWN, State.LEASED]).update(
        state=State.SENT, sent_at=now, lease_owner="", lease_until=None
    )
    Call.objects.filter(pk=call.pk).update(finished_at=now)
    SendingAlert.objects.create(
        at=now, category=SendingAlert.Category.UNKNOWN, hint="有一批消息结果不明，按已发送计。"
    )
