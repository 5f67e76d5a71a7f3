"""The book of mistakes: what goes in, what comes back, what leaves."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.errors import Invalid, Missing
from learning.models import Mistake, QuestionVersion
from learning.rules import grading, schedule
from learning.rules.schedule import NOWHERE, Place

_PLACE = ("card", "due_at", "successes", "left_at")


@dataclass(frozen=True)
class Outcome:
    """What practising a question came to. ``counts`` is false for a right answer before the question was due."""

    is_right: bool
    counts: bool
    due_at: datetime
    has_left: bool


@transaction.atomic
def practise(*, mistake: Mistake, version: QuestionVersion, value: list[str], by: User) -> Outcome:
    """Answer a question of one's own book in the version that stands now, and move it on its schedule.

    Raises ``Missing`` for somebody else's book and ``Invalid`` when nothing usable was answered. Answering twice
    does no harm: on the same day a second right answer does not count, and a second mistake changes no day.
    """
    if mistake.person_id != by.pk:
        raise Missing
    if version.kind != QuestionVersion.Kind.FILL:
        value = sorted(value)
    if not any(text.strip() for text in value) or not grading.is_well_formed(version, value):
        raise Invalid("请填好再看答案。" if version.kind == QuestionVersion.Kind.FILL else "请选好再看答案。")
    is_right = grading.points(version, value) == 1
    before = Mistake.objects.select_for_update().get(pk=mistake.pk)
    number = {version.question_id}
    note_answers(
        person=by, right=number if is_right else (), wrong=() if is_right else number, at=timezone.now()
    )
    after = Mistake.objects.get(pk=mistake.pk)
    return Outcome(is_right, _place(before) != _place(after), after.due_at, after.left_at is not None)


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
