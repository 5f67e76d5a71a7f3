"""How sending is going, for the operators' page."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min
from django.utils import timezone

from notifications.models import DayUse, Recipient, SendingAlert, SendingSwitch, State
from notifications.models.recipient import OPEN

ALERTS = 5


@dataclass(frozen=True)
class Overview:
    """``counts`` pairs each state with its number of rows; ``waiting_since`` is the oldest row that is due."""

    switch: SendingSwitch
    counts: list[tuple[str, int]]
    waiting_since: datetime | None
    used_today: int
    alerts: list[SendingAlert]


def overview() -> Overview:
    """The state of the outbox now, by five queries."""
    now = timezone.now()
    found = dict(Recipient.objects.order_by().values_list("state").annotate(Count("pk")))
    late = Recipient.objects.filter(state__in=OPEN, next_try__lte=now)
    used = DayUse.objects.filter(day=timezone.localdate(now)).values_list("used", flat=True).first()
    return Overview(
        switch=SendingSwitch.objects.filter(pk=1).first() or SendingSwitch(),
        counts=[(state.label, found.get(state.value, 0)) for state in State],
        waiting_since=late.aggregate(oldest=Min("next_try"))["oldest"],
        used_today=used or 0,
        alerts=list(SendingAlert.objects.order_by("-pk")[:ALERTS]),
    )
