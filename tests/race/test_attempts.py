"""Papers under fire (``reliability.md`` A4): one paper, one grade, and every accepted answer in it."""

import datetime as dt
import itertools
import threading
from contextlib import contextmanager

import pytest
from django.db import connection
from django.utils import timezone

from core.errors import Conflict
from learning.actions import attempts as actions
from learning.actions.attempts import (
    close_overdue_attempts,
    save_answer,
    start_attempt,
    submit_attempt,
    void_attempts,
)
from learning.models import Answer, Assignee, Assignment, Attempt, AttemptEvent, Mistake
from learning.rules.grading import points
from tests.factories import UserFactory
from tests.learning.factories import month_end_quiz

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = 20
WAIT = 20


@pytest.fixture
def quiz(org):
    return month_end_quiz(org.a1, questions=3)


@pytest.fixture
def paper(quiz, cast):
    return start_attempt(quiz=quiz, person=cast.activist)


def save(paper, sequence, value, position=1):
    return save_answer(
        attempt_id=paper.pk, position=position, person=paper.person, value=value, sequence=sequence
    )


def submit(paper, key="k", **more):
    return submit_attempt(attempt=Attempt(pk=paper.pk), person=paper.person, key=key, **more)


def events(kind):
    return AttemptEvent.objects.filter(kind=kind).count()


def assert_graded_as_stored(paper):
    """The points of every answer are those of the value that stands there."""
    rows = Answer.objects.filter(attempt=paper).select_related("version")
    graded = {row.position: row.points for row in rows}
    assert graded == {row.position: points(row.version, row.value) for row in rows}
    assert Attempt.objects.get(pk=paper.pk).score == sum(graded.values())


# --- starting -------------------------------------------------------------------------------------------------


def test_fifty_starts_make_one_paper(quiz, cast, race):
    outcomes = race(lambda n: start_attempt(quiz=quiz, person=cast.activist), count=50)
    assert {outcome.pk for outcome in outcomes} == {Attempt.objects.get().pk}
    assert Answer.objects.count() == 3
    assert events("started") == 1


@contextmanager
def not_numbered():
    """The other constraint that would have noticed."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE learning_attempt DROP CONSTRAINT attempts_are_numbered")
        try:
            yield
        finally:
            cursor.execute("TRUNCATE learning_attempt CASCADE")
            cursor.execute(
                "ALTER TABLE learning_attempt ADD CONSTRAINT attempts_are_numbered "
                "UNIQUE (quiz_id, person_id, number)"
            )


def test_without_the_constraint_there_would_be_several(quiz, cast, race, unguarded):
    unguarded("learning_attempt", "learning.actions.attempts._create")
    with not_numbered():
        race(lambda n: start_attempt(quiz=quiz, person=cast.activist), count=4)
        assert Attempt.objects.count() == 4


def test_the_database_itself_knows_of_one_open_paper(quiz, paper, refused_by_the_database):
    refused_by_the_database(
        lambda: Attempt.objects.create(quiz=quiz, person=paper.person, number=2, started_at=timezone.now()),
        "one_open_attempt_per_person_and_quiz",
    )


# --- handing in -----------------------------------------------------------------------------------------------


def test_twenty_hand_ins_are_one_grade(quiz, paper, org, race):
    task = Assignment.objects.create(branch=org.a1, quiz=quiz, audience=quiz.audience, due_at=quiz.closes_at)
    Assignee.objects.create(assignment=task, person=paper.person)
    save(paper, 1, ["B"])
    outcomes = race(lambda n: submit(paper, key=f"key-{n}"))
    closed = Attempt.objects.get()
    assert {(outcome.score, outcome.key, outcome.closed_at) for outcome in outcomes} == {
        (1, closed.key, closed.closed_at)
    }
    assert events("submitted") == 1
    assert Mistake.objects.count() == 2
    assert Assignee.objects.get().done_at == closed.closed_at


def test_without_locks_it_would_be_graded_several_times(paper, race, unguarded):
    unguarded("learning_attempt", "learning.actions.attempts._close")
    race(lambda n: submit(paper, key=f"key-{n}"), count=4)
    assert events("submitted") == 4


def test_the_clock_and_the_person_hand_in_once(quiz, paper, race):
    over = timezone.now() - dt.timedelta(minutes=3)
    Attempt.objects.update(ends_at=over)
    race(lambda n: submit(paper) if n % 2 else close_overdue_attempts(), count=8)
    assert events("submitted") + events("closed_by_clock") == 1
    assert Attempt.objects.get().closed_by == "clock"


def test_a_withdrawal_and_a_hand_in_leave_one_outcome(quiz, paper, race):
    race(lambda n: void_attempts(quiz=quiz) if n % 2 else submit(paper), count=8)
    assert events("submitted") + events("withdrawn") == 1
    assert Attempt.objects.get().state in {"closed", "void"}


# --- saves against a hand-in ----------------------------------------------------------------------------------


def test_every_accepted_answer_is_in_the_grade(quiz, org, race):
    """Nineteen saves in random order of arrival and one hand-in, again and again."""
    for person in UserFactory.create_batch(ROUNDS, branch=org.a1):
        paper = start_attempt(quiz=quiz, person=person)
        outcomes = race(lambda n, paper=paper: save(paper, n, ["AB"[n % 2]]) if n else submit(paper))
        accepted = [one.sequence for one in outcomes if isinstance(one, Answer)]
        refused = {one.code for one in outcomes if isinstance(one, Conflict)}
        assert refused <= {"changed_elsewhere", "handed_in"}
        stored = Answer.objects.get(attempt=paper, position=1)
        assert stored.sequence == max(accepted, default=0)
        assert_graded_as_stored(paper)


def waiting_for_a_lock():
    """How many of this database's sessions wait for a row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0]


def hand_in_while(monkeypatch, race, paper, write, *, until):
    """Hand in; with the answers read and nothing graded yet, ``write`` comes, and grading goes on when ``until()``."""
    real, has_read, may_grade = actions._close, threading.Event(), threading.Event()

    def close(*args):
        has_read.set()
        assert may_grade.wait(WAIT)
        return real(*args)

    def late():
        assert has_read.wait(WAIT)
        return write()

    def watch():
        assert has_read.wait(WAIT)
        until(may_grade)
        may_grade.set()

    monkeypatch.setattr(actions, "_close", close)
    return race(lambda n: [lambda: submit(paper), late, watch][n](), count=3)


def until_somebody_waits(may_grade):
    for _ in itertools.takewhile(lambda n: n < 20_000 and not waiting_for_a_lock(), itertools.count()):
        pass


def test_a_save_in_the_middle_of_a_hand_in_is_refused(paper, race, monkeypatch):
    save(paper, 1, ["A"])
    outcomes = hand_in_while(
        monkeypatch, race, paper, lambda: save(paper, 2, ["B"]), until=until_somebody_waits
    )
    assert outcomes[1].code == "handed_in"
    assert Answer.objects.get(attempt=paper, position=1).value == ["A"]
    assert_graded_as_stored(paper)


def test_without_the_lock_an_accepted_answer_would_be_lost(paper, race, monkeypatch):
    monkeypatch.setattr("django.db.models.QuerySet.select_for_update", lambda rows, **options: rows)
    save(paper, 1, ["A"])
    saved = threading.Event()

    def write():
        answer = save(paper, 2, ["B"])
        saved.set()
        return answer

    outcomes = hand_in_while(monkeypatch, race, paper, write, until=lambda may_grade: saved.wait(WAIT))
    assert outcomes[1].sequence == 2
    assert Answer.objects.get(attempt=paper, position=1).value == ["A"]


def test_without_the_points_in_its_condition_a_save_would_change_a_graded_answer(paper, race, monkeypatch):
    save(paper, 1, ["B"])
    rows = Answer.objects.filter(attempt=paper, position=1, sequence__lt=2)
    hand_in_while(
        monkeypatch,
        race,
        paper,
        lambda: rows.update(value=["A"], sequence=2),
        until=until_somebody_waits,
    )
    graded = Answer.objects.get(attempt=paper, position=1)
    assert (graded.value, graded.points) == (["A"], 1)
