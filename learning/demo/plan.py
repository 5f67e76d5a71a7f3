"""When things happen in the demo, seen from the moment it is loaded."""

import datetime as dt
from calendar import monthrange
from dataclasses import dataclass

from django.utils import timezone

ITEMS_A_MONTH = 10
ENOUGH_FOR_A_QUIZ = 5
HOURS = [dt.time(10, 5), dt.time(12, 20), dt.time(17, 40)]


@dataclass(frozen=True)
class Plan:
    """``months`` are the first days of the three months with a quiz, the last one's is open.

    ``slots`` are the sending times, ten for each of these months and ten for the month after them. What lies before
    ``now`` was sent.
    """

    now: dt.datetime
    months: list[dt.date]
    slots: list[dt.datetime]

    def window(self, month: dt.date) -> tuple[dt.datetime, dt.datetime]:
        """The last three days of the month. The open quiz has begun whatever the date and stays at least two days."""
        last = month.replace(day=monthrange(month.year, month.month)[1])
        opens = _at(last - dt.timedelta(days=2), dt.time(8))
        closes = _at(last, dt.time(22))
        if month != self.months[-1]:
            return opens, closes
        later = _at(timezone.localdate(self.now) + dt.timedelta(days=3), dt.time(22))
        return min(opens, _yesterday(self.now)), max(closes, later)


def plan(now: dt.datetime) -> Plan:
    """This month's quiz is the open one, or last month's while this month has too few items to ask about."""
    this = timezone.localdate(now).replace(day=1)
    sent = sum(slot < _yesterday(now) for slot in slots_of(this))
    newest = this if sent >= ENOUGH_FOR_A_QUIZ else _shifted(this, -1)
    months = [_shifted(newest, back) for back in (-2, -1, 0)]
    slots = [slot for month in [*months, _shifted(newest, 1)] for slot in slots_of(month)]
    return Plan(now, months, slots)


def slots_of(month: dt.date) -> list[dt.datetime]:
    """Ten sending times on weekdays, evenly spread: two or three in every week."""
    days = [month.replace(day=day + 1) for day in range(monthrange(month.year, month.month)[1])]
    workdays = [day for day in days if day.weekday() < 5]
    chosen = [workdays[index * len(workdays) // ITEMS_A_MONTH] for index in range(ITEMS_A_MONTH)]
    return [_at(day, HOURS[index % len(HOURS)]) for index, day in enumerate(chosen)]


def _yesterday(now: dt.datetime) -> dt.datetime:
    return _at(timezone.localdate(now) - dt.timedelta(days=1), dt.time(8))


def _shifted(month: dt.date, by: int) -> dt.date:
    years, index = divmod(month.month - 1 + by, 12)
    return dt.date(month.year + years, index + 1, 1)


def _at(day: dt.date, clock: dt.time) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, clock))
