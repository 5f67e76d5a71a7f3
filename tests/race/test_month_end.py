"""Two schedulers at the 25th, and a learner who hands in while his list is being looked at (``reliability.md`` B9)."""

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from core.errors import DomainError
from learning.actions.assignments import assign, mark_done
from learning.actions.nudges import nudge
from learning.actions.quizzes import assemble_quiz, tend_quizzes
from learning.models import Assignee, Assignment, Nudge, Quiz, QuizQuestion
from learning.rules import quizzes as rules
from notifications.models import Message, Recipient
from tests.granting import grant
from tests.learning.factories import ItemFactory, QuestionVersionFactory, audience_of, month_end_quiz

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def period(org, cast):
    """Last month, with five items and their questions: its quiz is due whatever day it is."""
    period = rules.periods_due(timezone.localdate())[0]
    for day in range(1, 6):
        sent_at = rules.assembled_at(period).replace(day=day)
        item = ItemFactory(branch=org.a1, sent_at=sent_at)
        QuestionVersionFactory(question__branch=org.a1, question__item=item, reviewed_at=sent_at)
    return period


def test_many_schedulers_make_one_whole_quiz_and_tell_everybody_once(org, period, race):
    outcomes = race(lambda n: assemble_quiz(branch=org.a1, period=period))
    assert len({quiz.pk for quiz in outcomes}) == 1
    quiz = Quiz.objects.get()
    assert QuizQuestion.objects.filter(quiz=quiz).count() == 5
    assert Assignment.objects.filter(quiz=quiz).count() == 1
    assert Assignee.objects.count() == 4
    Quiz.objects.update(opens_at=timezone.now() - dt.timedelta(hours=1))
    race(lambda n: tend_quizzes(), 8)
    assert Message.objects.filter(kind="quiz_open").count() == 1
    assert Recipient.objects.filter(message__kind="quiz_open").count() == 4


def test_without_the_guards_there_are_several(org, period, race, unguarded):
    """If this fails, the test above might be useless."""
    unguarded("learning_quiz", "learning.actions.quizzes._create", 4)
    outcomes = race(lambda n: assemble_quiz(branch=org.a1, period=period), 4)
    assert Quiz.objects.filter(period=period).count() > 1, outcomes


def test_the_first_moment_of_being_done_stays(org, cast, race):
    quiz = month_end_quiz(org.a1)
    assign(by=None, branch=org.a1, audience=audience_of(org.a1), due_at=quiz.closes_at, quiz=quiz)
    moments = [timezone.now() + dt.timedelta(seconds=n) for n in range(20)]
    race(lambda n: mark_done(person=cast.member, at=moments[n], quiz=quiz))
    first = Assignee.objects.get(person=cast.member).done_at
    assert first in moments
    race(lambda n: mark_done(person=cast.member, at=moments[n], quiz=quiz))
    assert Assignee.objects.get(person=cast.member).done_at == first


def test_the_same_task_set_by_many_hands_is_set_once(org, cast, race):
    quiz = month_end_quiz(org.a1)
    outcomes = race(
        lambda n: assign(
            by=None, branch=org.a1, audience=audience_of(org.a1), due_at=quiz.closes_at, quiz=quiz
        )
    )
    assert sum(not isinstance(outcome, DomainError) for outcome in outcomes) == 1
    assert Assignment.objects.count() == 1


@pytest.fixture
def task(org, cast):
    quiz = month_end_quiz(org.a1)
    grant(cast.teacher, "secretary", org.a1)
    return assign(by=None, branch=org.a1, audience=audience_of(org.a1), due_at=quiz.closes_at, quiz=quiz)


def test_many_hands_remind_a_person_once(cast, task, race):
    outcomes = race(lambda n: nudge(assignment=task, by=cast.teacher))
    assert [outcome for outcome in outcomes if not isinstance(outcome, DomainError)] == [4]
    assert Nudge.objects.count() == Recipient.objects.filter(message__kind="study_nudge").count() == 4


def test_without_the_lock_the_database_still_refuses_the_second(cast, task, race, unguarded):
    unguarded("learning_nudge", "learning.actions.nudges._create", 4)
    outcomes = race(lambda n: nudge(assignment=task, by=cast.teacher), 4)
    assert [outcome for outcome in outcomes if not isinstance(outcome, DomainError)] == [4]
    assert Nudge.objects.count() == 4


def test_without_both_there_are_several(cast, task, race, unguarded):
    """If this fails, the tests above might be useless."""
    unguarded("learning_nudge", "learning.actions.nudges._create", 4)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE learning_nudge DROP CONSTRAINT nudges_are_numbered")
    try:
        race(lambda n: nudge(assignment=task, by=cast.teacher), 4)
        assert Nudge.objects.count() == 16
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE learning_nudge")
            cursor.execute(
                "ALTER TABLE learning_nudge ADD CONSTRAINT nudges_are_numbered UNIQUE (assignee_id, number)"
            )
