"""Terms and working days: weekends, public holidays, make-up workdays, and what the school decides itself."""

import datetime as dt
from collections.abc import Iterator

from chinese_calendar import Holiday
from chinese_calendar.constants import holidays, workdays
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q

from core.audit.log import record

# Days every year keeps whatever the State Council arranges around them (month, day, name).
STATUTORY = [
    (1, 1, "元旦"),
    (5, 1, "劳动节"),
    (5, 2, "劳动节"),
    (10, 1, "国庆节"),
    (10, 2, "国庆节"),
    (10, 3, "国庆节"),
]


class Term(models.Model):
    """A teaching term, both days inclusive. Its first week is the one that holds ``starts_on``, from Monday."""

    name = models.CharField("名称", max_length=40, unique=True)
    starts_on = models.DateField("第一天")
    ends_on = models.DateField("最后一天")

    class Meta:
        verbose_name = verbose_name_plural = "学期"
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="term_ends_after_it_starts"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if not (self.starts_on and self.ends_on):
            return
        others = Term.objects.exclude(pk=self.pk)
        if other := others.filter(starts_on__lte=self.ends_on, ends_on__gte=self.starts_on).first():
            raise ValidationError(f"和“{other}”的日期重叠了。")

    def week_of(self, day: dt.date) -> int:
        """The number of the teaching week of ``day``, from 1."""
        monday = self.starts_on - dt.timedelta(days=self.starts_on.weekday())
        return (day - monday).days // 7 + 1


class CalendarDay(models.Model):
    """A day that differs from the plain week. A provisional one gives way to the official arrangement."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", "放假"
        WORKDAY = "workday", "调休上班"
        EXAM = "exam", "考试"

    day = models.DateField("日期", unique=True)
    kind = models.CharField("类型", max_length=10, choices=Kind.choices)
    name = models.CharField("名称", max_length=40)
    provisional = models.BooleanField("暂定", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "校历"
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name}"


def is_working_day(day: dt.date) -> bool:
    """Monday to Friday, without holidays, with make-up workdays. An exam day follows the plain week."""
    return _works(day, dict(CalendarDay.objects.filter(day=day).values_list("day", "kind")))


def add_working_days(day: dt.date, n: int) -> dt.date:
    """The ``n``-th working day after ``day``, or before it when ``n`` is negative; ``day`` itself for 0."""
    step = dt.timedelta(days=1 if n >= 0 else -1)
    working = _working_days(day + step, step)
    for _ in range(abs(n)):
        day = next(working)
    return day


def _working_days(day: dt.date, step: dt.timedelta) -> Iterator[dt.date]:
    while True:
        far = day + 60 * step
        near = CalendarDay.objects.filter(day__range=(min(day, far), max(day, far)))
        kinds = dict(near.values_list("day", "kind"))
        while day != far:
            if _works(day, kinds):
                yield day
            day += step


def _works(day: dt.date, kinds: dict[dt.date, str]) -> bool:
    kind = kinds.get(day)
    if kind == CalendarDay.Kind.HOLIDAY:
        return False
    return kind == CalendarDay.Kind.WORKDAY or day.weekday() < 5


def is_provisional(year: int) -> bool:
    """Whether the holidays of ``year`` are not announced or not loaded yet; weekdays are all we know."""
    return not CalendarDay.objects.filter(day__year=year, provisional=False).exists()


def term_of(day: dt.date) -> Term | None:
    """The term in which ``day`` falls, or None between terms."""
    return Term.objects.filter(starts_on__lte=day, ends_on__gte=day).first()


def teaching_week(day: dt.date) -> int | None:
    """The teaching week of ``day`` from 1, or None between terms."""
    term = term_of(day)
    return term.week_of(day) if term else None


@transaction.atomic
def load_holidays(*, year: int, by=None) -> int:
    """Write the public holidays and make-up workdays of ``year``; returns how many days are new.

    Days already in the calendar stay as people left them; only provisional ones are replaced. A year that is
    not announced gets its fixed statutory days, marked provisional.
    """
    days = _announced(year)
    if days:
        CalendarDay.objects.filter(day__year=year, provisional=True).delete()
    else:
        days = _statutory(year)
    kept = set(CalendarDay.objects.filter(day__year=year).values_list("day", flat=True))
    new = CalendarDay.objects.bulk_create(day for day in days if day.day not in kept)
    if new:
        record(by, "core.holidays_loaded", changed=[str(year)])
    return len(new)


def _announced(year: int) -> list[CalendarDay]:
    official = {CalendarDay.Kind.HOLIDAY: holidays, CalendarDay.Kind.WORKDAY: workdays}
    return [
        CalendarDay(day=day, kind=kind, name=Holiday(name).chinese)
        for kind, days in official.items()
        for day, name in days.items()
        if day.year == year
    ]


def _statutory(year: int) -> list[CalendarDay]:
    return [
        CalendarDay(day=dt.date(year, month, day), kind=CalendarDay.Kind.HOLIDAY, name=name, provisional=True)
        for month, day, name in STATUTORY
    ]
