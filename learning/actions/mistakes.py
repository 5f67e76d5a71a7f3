"""The book of mistakes: what goes in, what comes back, what leaves."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.models import User
from learning.models import Mistake
from learning.rules import schedule
from learning.rules.schedule import NOWHERE, Place

_PLACE = ("card", "due_at", "successes", "left_at")


@transaction.atomic(savepoint=False)
def note_answers(*, person: User, right: Collection[int], wrong: Collection[int], at: datetime) -> None:
    """Enter the answers of one sitting into the person's book; ``right`` and ``wrong`` are ids of questions.

    A wrong answer enters the question or brings it back. A right answer counts for a question of the book that is
    due, and the second takes it out. Two statements, however many questions. No audit entry: the book is the
    learner's own (``targets.md`` B6, ``domain.md`` C12).
    """
    book = {
        mistake.question_id: mistake
        for mistake in Mistake.objects.select_for_update()
        .filter(person=person, question__in={*right, *wrong})
        .order_by("question")
    }
    places = {number: schedule.after_mistake(_place(book.get(number)), at, number) for number in wrong}
    for number in set(right) & book.keys() - set(wrong):
        place = schedule.after_success(_place(book[number]), at)
        if place != _place(book[number]):
            places[number] = place
    _write(person, places)


def _write(person: User, places: dict[int, Place]) -> None:
    Mistake.objects.bulk_create(
        [
            Mistake(person=person, question_id=number, **{name: getattr(place, name) for name in _PLACE})
            for number, place in sorted(places.items())
        ],
        update_conflicts=True,
        unique_fields=["person", "question"],
        update_fields=_PLACE,
    )


def _place(mistake: Mistake | None) -> Place:
    return Place(*(getattr(mistake, name) for name in _PLACE)) if mistake else NOWHERE
