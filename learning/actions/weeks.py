"""Reminding the editors of a week that is not filled (``domain.md`` §1.9 weekly push)."""

import datetime as dt

from django.urls import reverse
from django.utils import timezone

from accounts.models import Branch, User
from core.calendar import is_working_day
from learning.actions.editing import WRITE, people_asked
from learning.rules import weeks
from notifications.outbox import enqueue

# weekday → how many items there should be by then
WANTED = {2: 1, 4: weeks.FEWEST}


def warn_of_short_weeks() -> int:
    """On a Wednesday with nothing scheduled, and a Friday with fewer than two, tell the editor on duty.

    Where nobody is on duty the nearest editors are told. Once for each week and occasion, however often this runs;
    not between terms and not on days off. Returns how many branches fall short.
    """
    today = timezone.localdate()
    if today.weekday() not in WANTED or not weeks.is_term_time(today) or not is_working_day(today):
        return 0
    monday = weeks.monday_of(today)
    short = 0
    for branch in weeks.publishing_branches(monday):
        count = weeks.sent_or_planned(branch, monday).count()
        if count < WANTED[today.weekday()]:
            _warn(branch, monday, today, count)
            short += 1
    return short


def _warn(branch: Branch, monday: dt.date, today: dt.date, count: int) -> None:
    enqueue(
        kind="week_short",
        recipients=_asked(branch, monday),
        key=f"{branch.pk}:{today}",
        link=reverse("admin:learning_item_weeks"),
        words={"count": count},
    )


def _asked(branch: Branch, monday: dt.date) -> list[User]:
    on_duty = weeks.editor_on_duty(branch, monday)
    return [on_duty] if on_duty else people_asked(branch, WRITE)
