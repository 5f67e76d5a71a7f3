"""Keeping the school's calendar."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction

from core.audit.log import record
from core.calendar import CalendarDay, Term
from core.errors import Invalid


@transaction.atomic
def save_term(*, term: Term | None, by, name: str, starts_on: dt.date, ends_on: dt.date) -> Term:
    """Write a teaching term, a new one when ``term`` is None. Raises ``Invalid`` for dates that overlap."""
    term = Term.objects.select_for_update().get(pk=term.pk) if term else Term()
    return _save(term, by, "core.term_saved", name=name, starts_on=starts_on, ends_on=ends_on)


@transaction.atomic
def save_day(
    *, day: CalendarDay | None, by, on: dt.date, kind: str, name: str, provisional: bool = False
) -> CalendarDay:
    """Write a day that differs from the plain week, a new one when ``day`` is None.

    Raises ``Invalid`` when another entry holds the same day.
    """
    day = CalendarDay.objects.select_for_update().get(pk=day.pk) if day else CalendarDay()
    return _save(day, by, "core.calendar_day_saved", day=on, kind=kind, name=name, provisional=provisional)


def _save(row, by, action: str, **values):
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name, value in values.items():
        setattr(row, name, value)
    try:
        row.full_clean()
    except ValidationError as error:
        sentences = [sentence for group in error.message_dict.values() for sentence in group]
        raise Invalid(" ".join(sentences)) from error
    row.save()
    record(by, action, row, changed=changed)
    return row
