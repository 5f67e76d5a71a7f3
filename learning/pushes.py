"""What was pushed to a person lately: for the home page, which knows nothing else of learning."""

from dataclasses import dataclass

from django.utils import timezone

from accounts.models import User
from learning.models import Item
from learning.rules.reading import listed
from learning.rules.weeks import bounds, monday_of

ROWS = 3


@dataclass(frozen=True)
class Pushes:
    """``items`` of this week, and how many of this month's ``total`` the person has ``read``."""

    items: list[Item]
    read: int
    total: int


def pushes_for(person: User) -> Pushes:
    """This week's items for ``person``, three at most, those he has not opened first. One statement."""
    today = timezone.localdate()
    week, month = bounds(monday_of(today))[0], bounds(today.replace(day=1))[0]
    items = Item.objects.visible_to(person).sent().filter(sent_at__gte=min(week, month))
    lately = list(listed(items, person))
    of_week = [item for item in lately if item.sent_at >= week]
    of_month = [item for item in lately if item.sent_at >= month]
    return Pushes(
        items=sorted(of_week, key=lambda item: item.is_opened)[:ROWS],
        read=sum(item.is_opened for item in of_month),
        total=len(of_month),
    )
