"""When a question of the book of mistakes 错题本 comes back (``targets.md`` B6).

The scheduler is FSRS (the ``fsrs`` package) without its random spread, and it thinks in days: an answer counts as
given at the start of its day in Shanghai. So nothing comes back on the day it was answered, and two successes
always lie on different days.
"""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from fsrs import Card, Rating, Scheduler
from fsrs.card import CardDict

SUCCESSES_TO_LEAVE = 2

# No steps of minutes: the shortest interval is a day.
_SCHEDULER = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)


@dataclass(frozen=True)
class Place:
    """Where a question stands in the book. ``card`` is the scheduler's own JSON, None before the first mistake."""

    card: CardDict | None
    due_at: dt.datetime | None
    successes: int = 0
    left_at: dt.datetime | None = None


NOWHERE = Place(None, None)


def after_mistake(place: Place, at: dt.datetime, number: int) -> Place:
    """A wrong answer brings the question in, or back, for the next day. ``number`` names a card that is new."""
    card = _review(place.card or Card(card_id=number, due=_day(at)).to_dict(), Rating.Again, at)
    return Place(card.to_dict(), card.due)


def after_success(place: Place, at: dt.datetime) -> Place:
    """A right answer counts only when the question was due; the second that counts takes it out of the book."""
    if place.card is None or place.left_at is not None or place.due_at is None or at < place.due_at:
        return place
    card = _review(place.card, Rating.Good, at)
    successes = place.successes + 1
    return Place(card.to_dict(), card.due, successes, at if successes >= SUCCESSES_TO_LEAVE else None)


def _review(card: CardDict, rating: Rating, at: dt.datetime) -> Card:
    reviewed, _ = _SCHEDULER.review_card(Card.from_dict(card), rating, _day(at))
    return reviewed


def _day(at: dt.datetime) -> dt.datetime:
    """The start of the day, in UTC because the scheduler takes nothing else."""
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(dt.UTC)
