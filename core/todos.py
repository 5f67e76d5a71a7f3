"""What an app wants from a person now. Every app with such wishes has a ``todos.py`` that yields these."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, order=True)
class Todo:
    """One row of the home page: when it is due, what it is, why, and where to do it.

    ``due`` is aware; ``all_day`` says that only the day counts. ``title`` has at most 14 characters,
    ``note`` one short line with the rule or the place behind it.
    """

    due: datetime
    title: str
    note: str
    url: str
    all_day: bool = False
