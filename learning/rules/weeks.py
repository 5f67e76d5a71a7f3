"""The week of the editors: Monday to Friday, two or three items (``domain.md`` §1.9 weekly push)."""

import datetime as dt

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import Branch, User
from core.calendar import Term, term_of
from learning.models import DutyWeek, Item

FEWEST, MOST = 2, 3
# A branch that has sent nothing for so long has no weekly duty.
RECENTLY = dt.timedelta(weeks=8)


def monday_of(day: dt.date) -> dt.date:
    """The Monday of the ISO week of a day, or of a moment in the school's time zone."""
    if isinstance(day, dt.datetime):
        day = timezone.localdate(day)
    return day - dt.timedelta(days=day.weekday())


def bounds(monday: dt.date, *, weeks: int = 1) -> tuple[dt.datetime, dt.datetime]:
    """The first moment of a week and the first moment after it, or after ``weeks`` of them."""
    first = timezone.make_aware(dt.datetime.combine(monday, dt.time.min))
    after = timezone.make_aware(dt.datetime.combine(monday + dt.timedelta(weeks=weeks), dt.time.min))
    return first, after


def in_weeks(monday: dt.date, *, weeks: int = 1) -> Q:
    """Items that went out, or are to go out, in the week of ``monday`` or in several weeks from then on."""
    first, after = bounds(monday, weeks=weeks)
    return Q(state=Item.State.SENT, sent_at__gte=first, sent_at__lt=after) | Q(
        state=Item.State.SCHEDULED, scheduled_at__gte=first, scheduled_at__lt=after
    )


def sent_or_planned(branch: Branch, monday: dt.date):
    """The items of ``branch`` itself that count for the week: sent and standing, or scheduled."""
    return Item.objects.filter(in_weeks(monday), branch=branch)


def is_full(branch: Branch, monday: dt.date, *, besides: Item) -> bool:
    """Whether one more item makes more than three in the week, ``besides`` left out of the count."""
    return sent_or_planned(branch, monday).exclude(pk=besides.pk).count() >= MOST


def warning(count: int) -> str:
    """What the calendar says about a week with ``count`` items; nothing when it is as it should be."""
    if count < FEWEST:
        return f"不到 {FEWEST} 篇"
    return f"超过 {MOST} 篇" if count > MOST else ""


def is_term_time(day: dt.date) -> bool:
    """Whether there is a weekly duty on ``day``: in a term, or always where no terms are registered."""
    return term_of(day) is not None or not Term.objects.exists()


def editor_on_duty(branch: Branch, monday: dt.date) -> User | None:
    """Who looks after the week, if he still has his account."""
    rota = DutyWeek.objects.filter(branch=branch, monday=monday, editor__is_active=True)
    duty = rota.select_related("editor").first()
    return duty.editor if duty else None


def publishing_branches(monday: dt.date):
    """Open branches with a weekly duty: somebody is on the rota that week, or they have published lately."""
    first, after = bounds(monday)
    own = Item.objects.filter(branch=OuterRef("pk"))
    lately = own.filter(sent_at__gte=first - RECENTLY) | own.filter(
        state=Item.State.SCHEDULED, scheduled_at__lt=after
    )
    rota = DutyWeek.objects.filter(branch=OuterRef("pk"), monday=monday)
    return Branch.objects.filter(Exists(lately) | Exists(rota), until=None)
