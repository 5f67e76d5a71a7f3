import tracemalloc
from decimal import Decimal

import pytest
from django.utils import timezone

from learning.analysis import Figures, Sums, figures_of, refresh_statistics
from learning.models import Answer, Attempt, ItemStatistic
from tests.factories import UserFactory
from tests.learning.factories import month_end_quiz

# Five people and three questions; what follows from it was worked out by hand.
MARKS = [
    (1, 1, 1),
    (1, 1, 0),
    (1, 0, 0),
    (0, 1, 0),
    (0, 0, 0),
]


def sums(xs, ys):
    return Sums(
        len(xs),
        sum(xs),
        sum(ys),
        sum(x * x for x in xs),
        sum(y * y for y in ys),
        sum(x * y for x, y in zip(xs, ys, strict=True)),
    )


def sit(quiz, marks, *, person=None, number=1, state=Attempt.State.CLOSED, is_practice=False):
    """A closed sitting with these points, question by question."""
    closed = state == Attempt.State.CLOSED
    attempt = Attempt.objects.create(
        quiz=quiz,
        person=person or UserFactory(branch=quiz.branch),
        number=number,
        state=state,
        is_practice=is_practice,
        started_at=timezone.now(),
        closed_at=timezone.now(),
        closed_by=Attempt.ClosedBy.PERSON,
        score=sum(marks) if closed else None,
        full=len(marks) if closed else None,
        passed=sum(marks) * 100 >= quiz.pass_percent * len(marks) if closed else None,
    )
    questions = quiz.questions.order_by("position")
    Answer.objects.bulk_create(
        Answer(
            attempt=attempt,
            position=n,
            version_id=question.version_id,
            value=["B"],
            points=Decimal(str(mark)),
        )
        for n, (question, mark) in enumerate(zip(questions, marks, strict=True), start=1)
    )
    return attempt


def figures(quiz):
    rows = ItemStatistic.objects.order_by("version__quiz_questions__position")
    rows = rows.filter(version__quiz_questions__quiz=quiz)
    return [(row.takers, row.facility, row.discrimination) for row in rows]


@pytest.mark.django_db
def test_facility_and_discrimination_of_a_quiz(org):
    quiz = month_end_quiz(org.a1, questions=3)
    for marks in MARKS:
        sit(quiz, marks)
    assert refresh_statistics() == 3
    # cov / sqrt(var * var): 0.6 / sqrt(1.2 * 2.8), the same, 0.8 / sqrt(0.8 * 2.8)
    assert figures(quiz) == [
        (5, pytest.approx(0.6), pytest.approx(0.327327, abs=1e-6)),
        (5, pytest.approx(0.6), pytest.approx(0.327327, abs=1e-6)),
        (5, pytest.approx(0.2), pytest.approx(0.534522, abs=1e-6)),
    ]


@pytest.mark.django_db
def test_half_points_count_as_half(org):
    quiz = month_end_quiz(org.a1, questions=2)
    for marks in [(0.5, 1), (1, 1), (0, 0), (0.5, 0)]:
        sit(quiz, marks)
    refresh_statistics()
    # x = .5 1 0 .5 and y = 1 1 0 0: 0.5 / sqrt(0.5 * 1)
    assert figures(quiz)[0] == (4, 0.5, pytest.approx(0.707107, abs=1e-6))


@pytest.mark.django_db
def test_only_the_first_counted_sitting_of_a_person_is_looked_at(org):
    quiz = month_end_quiz(org.a1, questions=2, attempts=3)
    person = UserFactory(branch=org.a1)
    sit(quiz, (1, 1), person=person, number=1, state=Attempt.State.VOID)
    sit(quiz, (1, 0), person=person, number=2)
    sit(quiz, (0, 1), person=person, number=3)
    sit(quiz, (0, 1), person=person, number=4, is_practice=True)
    sit(quiz, (0, 0), is_practice=True)
    refresh_statistics()
    assert [(row.takers, row.facility) for row in ItemStatistic.objects.order_by("version_id")] == [
        (1, 1),
        (1, 0),
    ]


@pytest.mark.django_db
def test_computing_again_replaces_the_figures(org):
    quiz = month_end_quiz(org.a1, questions=2)
    sit(quiz, (1, 0))
    refresh_statistics()
    sit(quiz, (0, 0))
    refresh_statistics()
    assert figures(quiz) == [(2, 0.5, None), (2, 0.0, None)]
    Answer.objects.all().delete()
    assert refresh_statistics() == 0
    assert figures(quiz)[0][0] == 2


@pytest.mark.django_db
@pytest.mark.parametrize("people", [1, 3])
def test_two_statements_whatever_the_number_of_sittings(org, django_assert_num_queries, people):
    quiz = month_end_quiz(org.a1, questions=3)
    for _ in range(people):
        sit(quiz, (1, 0, 1))
    refresh_statistics()
    with django_assert_num_queries(2):
        refresh_statistics()


@pytest.mark.django_db
def test_memory_does_not_grow_with_the_number_of_versions(org, monkeypatch):
    monkeypatch.setattr("learning.analysis.ItemStatistic.objects.bulk_create", lambda *args, **options: None)

    def peak(versions):
        rows = ((n, 1, 5, 3.0, 4.0, 3.0, 6.0, 3.0) for n in range(versions))
        monkeypatch.setattr("learning.analysis._sums", lambda: rows)
        tracemalloc.start()
        assert refresh_statistics() == versions
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(1000)
    assert peak(20_000) < 2 * peak(2000)


def test_nobody_and_no_spread_leave_the_figures_undefined():
    assert figures_of([]) == Figures(0, None, None)
    assert figures_of([sums([1], [3])]) == Figures(1, 1, None)
    assert figures_of([sums([1, 1, 1], [1, 2, 3])]) == Figures(3, 1, None)
    assert figures_of([sums([0, 1, 1], [0.1, 0.1, 0.1])]).discrimination is None


def test_over_several_quizzes_a_person_is_compared_with_his_own():
    short, long = sums([0, 1], [0, 1]), sums([0, 1], [10, 11])
    assert figures_of([short, long]) == Figures(4, 0.5, pytest.approx(1))


@pytest.mark.parametrize(
    ("takers", "facility", "discrimination", "weak"),
    [
        (5, 0.6, 0.3, False),
        (5, 0.19, 0.3, True),
        (5, 0.2, 0.3, False),
        (5, 0.96, 0.3, True),
        (5, 0.95, 0.2, False),
        (5, 0.6, 0.19, True),
        (5, 0.6, -0.5, True),
        (5, 0.6, None, False),
        (5, 1.0, None, True),
        (4, 0.0, -1.0, False),
        (0, None, None, False),
    ],
)
def test_what_is_weak(takers, facility, discrimination, weak):
    assert Figures(takers, facility, discrimination).is_weak is weak
