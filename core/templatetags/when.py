"""The time column of lists: ``{% when todo.due todo.all_day %}`` (``design/README.md`` §4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django import template
from django.utils import timezone

register = template.Library()

NEAR = {-1: "昨天", 0: "今天", 1: "明天", 2: "后天"}
WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True)
class When:
    """Two short lines and whether they are red: overdue or within 24 hours."""

    first: str
    second: str
    now: bool


def words(moment: datetime, *, now: datetime, all_day: bool = False) -> When:
    """How people say ``moment`` when it is ``now`` (both aware; days are those of Asia/Shanghai)."""
    local, today = timezone.localtime(moment), timezone.localdate(now)
    days = (local.date() - today).days
    weekday, date = f"周{WEEKDAYS[local.weekday()]}", f"{local.month}/{local.day}"
    first = NEAR.get(days) or (weekday if 2 < days < 7 else date)
    if first == date and local.year != today.year:
        second = f"{local.year} 年"
    elif all_day:
        second = weekday if first == date else date
    else:
        second = f"{local:%H:%M}"
    return When(first, second, days <= 0 if all_day else moment < now + timedelta(hours=24))


@register.inclusion_tag("base/_when.html")
def when(moment: datetime, all_day: bool = False) -> dict[str, When]:
    return {"when": words(moment, now=timezone.now(), all_day=all_day)}
