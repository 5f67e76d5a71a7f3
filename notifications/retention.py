"""Messages are kept for 90 days, then only how many of a kind ended how (``reliability.md`` §3.3)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F
from django.db.models.functions import TruncDate
from django.utils import timezone

from notifications.models import Call, DailyTotal, DayUse, Message, Recipient, SendingAlert
from notifications.models.recipient import OPEN

KEEP = timedelta(days=90)


@transaction.atomic
def forget() -> int:
    """Replace finished messages older than 90 days by totals; returns how many messages that were.

    A message somebody still waits for stays. Repeating it, or running it twice at once, counts nothing twice.
    """
    limit = timezone.now() - KEEP
    waiting = Recipient.objects.filter(state__in=OPEN).values("message")
    old = Message.objects.select_for_update().filter(created_at__lt=limit).exclude(pk__in=waiting)
    pks = list(old.values_list("pk", flat=True))
    gone = Recipient.objects.filter(message__in=pks)
    for total in (
        gone.annotate(day=TruncDate("message__created_at"), kind=F("message__kind"))
        .values("day", "kind", "state")
        .annotate(number=Count("pk"))
        .order_by("day")
    ):
        _add(total)
    Message.objects.filter(pk__in=pks).delete()
    Call.objects.filter(started_at__lt=limit, recipients=None).delete()
    SendingAlert.objects.filter(at__lt=limit).delete()
    DayUse.objects.filter(day__lt=timezone.localdate(limit)).delete()
    return len(pks)


def _add(total: Mapping[str, Any]) -> None:
    row, _ = DailyTotal.objects.get_or_create(
        day=total["day"], kind=total["kind"], state=total["state"], defaults={"count": 0}
    )
    DailyTotal.objects.filter(pk=row.pk).update(count=F("count") + total["number"])
