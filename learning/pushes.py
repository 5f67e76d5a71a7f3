"""What was pushed to a person lately: for the home page, which knows nothing else of learning."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from learning.models import Item
from learning.rules.reading import listed
from learning.rules.weeks import bounds, monday_of

ROWS = 3


@dataclass(frozen=True)
class Pushes:
    """``items`` of this week, or of last week while there are none (``is_this_week`` says which), and how many of
    this month's ``total`` the person has ``read``.
    """

    items: list[Item]
    is_this_week: bool
    read: int
    total: int


def pushes_for(person: User) -> Pushes:
    """The items of the week for ``person``, three at most, those he has not opened first. One statement."""
    today = timezone.localdate()
    monday = monday_of(today)
    week, last_week = bounds(monday)[0], bounds(monday - timedelta(weeks=1))[0]
    month = bounds(today.replace(day=1))[0]
    items = Item.objects.visible_to(person).sent().filter(sent_at__gte=min(last_week, month))
    lately: list[Any] = list(listed(items, person))
    of_week = [item for item in lately if item.sent_at >= week]
    of_month = [item for item in lately if item.sent_at >= month]
    shown = of_week or [item for item in lately if item.sent_at >= last_week]
    return Pushes(
        items=sorted(shown, key=lambda item: item.is_opened)[:ROWS],
        is_this_week=bool(of_week),
        read=sum(item.is_opened for item in of_month),
        total=len(of_month),
    )
