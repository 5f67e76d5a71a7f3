"""What a rule of the field has to say about a fact: shown and listed, never in the way of writing it down."""

import calendar
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Severity(StrEnum):
    """``NONCONFORM``: somebody must correct it or say why. ``REMIND``: it will be or should be otherwise."""

    NONCONFORM = "nonconform"
    REMIND = "remind"


@dataclass(frozen=True)
class Finding:
    """``rule`` is the number in ``domain.md`` (such as O-1), ``text`` one Chinese sentence for the secretary."""

    rule: str
    severity: Severity
    text: str


def add_months(day: date, months: int) -> date:
    """The same day so many natural months later, at most the last of that month (``domain.md`` §2.4)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
