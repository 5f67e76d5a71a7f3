"""Before anything is claimed: free what dead workers held, and look at what was waiting for its time."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import F

from notifications.delivery.judge import Judge, Verdict
from notifications.models import Recipient, State

AT_ONCE = 1000


def take_back(now: datetime) -> None:
    """End leases that ran out. A call that was open then may have reached WeCom: its rows become *unknown*."""
    expired = Recipient.objects.filter(state=State.LEASED, lease_until__lte=now)
    free = {"lease_owner": "", "lease_until": None, "next_try": now}
    expired.filter(call__isnull=False, call__finished_at=None).update(state=State.UNKNOWN, **free)
    expired.update(state=State.DUE, **free)


def plan(now: datetime) -> None:
    """Decide about every planned row whose time has come."""
    waiting = Recipient.objects.filter(state=State.PLANNED, next_try__lte=now)
    while rows := list(waiting.select_related("message", "person").order_by("next_try", "pk")[:AT_ONCE]):
        judge = Judge(rows, now)
        settle(((row, judge.verdict(row)) for row in rows), now, was=State.PLANNED)


def settle(
    verdicts: Iterable[tuple[Recipient, Verdict]], now: datetime, *, was: State, owner: str = ""
) -> None:
    """Write verdicts down, equal ones by one statement, for rows that are still as they were.

    Rows that were ``LEASED`` must still be held by ``owner``.
    """
    groups: dict[Verdict, list[int]] = defaultdict(list)
    for row, verdict in verdicts:
        groups[verdict].append(row.pk)
    for verdict, pks in groups.items():
        Recipient.objects.filter(pk__in=pks, state=was, lease_owner=owner).update(
            state=verdict.state,
            channel=verdict.channel or F("channel"),
            next_try=verdict.at or now,
            sent_at=now if verdict.state == State.SENT else None,
            lease_owner="",
            lease_until=None,
        )
