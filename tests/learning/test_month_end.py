"""The month-end quiz over three years: exactly one per branch and month, whatever happens to the scheduler (B9)."""

import datetime as dt
import random
import time

import pytest
import time_machine
from django.utils import timezone

from learning.actions.quizzes import tend_quizzes
from learning.models import Quiz
from learning.rules import quizzes as rules
from notifications.models import Recipient
from tests.learning.factories import ItemFactory, QuestionVersionFactory

pytestmark = pytest.mark.django_db

START = dt.date(2026, 2, 1)  # with 29 February 2028, three year ends, months of 28 to 31 days
MONTHS = 36


def at(text):
    return timezone.make_aware(dt.datetime.fromisoformat(text))


def months():
    day = START
    for _ in range(MONTHS):
        yield rules.period_of(day)
        day = (day + dt.timedelta(days=31)).replace(day=1)


def push(branch, period, count=6):
    """Items of a month, sent before the 25th, each with one approved question."""
    first = at(f"{period}-01 09:00")
    for n in range(count):
        item = ItemFactory(branch=branch, sent_at=first + dt.timedelta(days=3 * n))
        QuestionVersionFactory(question__branch=branch, question__item=item, reviewed_at=first, paragraph=1)


def fire(clock, *hours):
    """The scheduler fires at these hours after ``clock``, each time twice."""
    for hour in hours:
        with time_machine.travel(clock + dt.timedelta(hours=hour), tick=False):
            tend_quizzes()
            tend_quizzes()


# What a month can be like: hours after the first moment of the 25th at which the scheduler fires.
def _on_time(rng, opens):
    return [-1, 0, 1, 24, 48, opens, opens + 1]


def _restarted(rng, opens):
    return sorted(rng.uniform(0, opens + 60) for _ in range(6))


def _down_on_the_day(rng, opens):
    return [-1, 30, 31, opens]


def _down_past_the_opening(rng, opens):
    return [-1, opens + 0.2, opens + 20]


def _down_over_the_border(rng, opens):
    return [-1, opens + 72, opens + 73, opens + 100]


def _clock_ahead(rng, opens):
    return [-2, -1 / 6, 0, opens - 2, opens]


def _clock_behind(rng, opens):
    return [-2, 2, 2.2, opens + 2]


KINDS = [
    _on_time,
    _restarted,
    _down_on_the_day,
    _down_past_the_opening,
    _down_over_the_border,
    _clock_ahead,
    _clock_behind,
]


ZONES = ["Asia/Shanghai", "UTC", "America/Los_Angeles"]


@pytest.fixture
def stand_in(monkeypatch):
    """``stand_in(zone)``: the clock on the wall of the server shows the time of ``zone``."""

    def stand(zone):
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield stand
    monkeypatch.undo()
    time.tzset()


def test_thirty_six_months_have_thirty_six_quizzes(org, cast, stand_in):
    rng = random.Random(36)
    for number, period in enumerate(months()):
        stand_in(ZONES[number % len(ZONES)])
        kind, start, window = KINDS[number % len(KINDS)], rules.assembled_at(period), rules.window(period)
        with time_machine.travel(start - dt.timedelta(days=1), tick=False):
            for branch in (org.college_a, org.a1):
                push(branch, period)
        fire(start, *kind(rng, (window[0] - start) / dt.timedelta(hours=1)))
        made = Quiz.objects.filter(period=period)
        assert sorted(made.values_list("branch", flat=True)) == [org.college_a.pk, org.a1.pk], kind
        for quiz in made:
            assert quiz.questions.count() == 6
            assert quiz.is_late == (timezone.localdate(quiz.created_at) > timezone.localdate(start)), kind
            assert ((quiz.opens_at, quiz.closes_at) == window) == (quiz.created_at <= window[0]), kind
    assert Quiz.objects.count() == 2 * MONTHS


def test_the_person_of_two_branches_hears_of_each_quiz_once(org, cast):
    for period in list(months())[:3]:
        with time_machine.travel(rules.assembled_at(period) - dt.timedelta(days=1), tick=False):
            push(org.a1, period)
        opens, closes = rules.window(period)
        fire(opens, -72, -1, 0, 0.5, 20, 40)
        fire(closes, -15, -14, -2, 0, 5)
    for kind in ("quiz_open", "quiz_last_day"):
        heard = Recipient.objects.filter(message__kind=kind, person=cast.member)
        assert heard.count() == 3


@pytest.mark.parametrize(
    ("period", "opens", "closes"),
    [
        ("2026-02", "2026-02-26 08:00", "2026-02-28 22:00"),
        ("2028-02", "2028-02-27 08:00", "2028-02-29 22:00"),
        ("2026-04", "2026-04-28 08:00", "2026-04-30 22:00"),
        ("2026-12", "2026-12-29 08:00", "2026-12-31 22:00"),
    ],
)
def test_it_is_open_on_the_last_three_days(period, opens, closes):
    assert rules.window(period) == (at(opens), at(closes))


@pytest.mark.parametrize(
    ("now", "opens", "closes"),
    [
        ("2026-11-27 10:00", "2026-11-28 08:00", "2026-11-30 22:00"),
        ("2026-11-28 08:10", "2026-11-28 08:10", "2026-11-30 22:00"),
        ("2026-11-30 21:00", "2026-11-30 21:00", "2026-12-02 22:00"),
        ("2026-11-30 23:00", "2026-12-01 08:00", "2026-12-03 22:00"),
        ("2026-12-01 03:00", "2026-12-01 08:00", "2026-12-03 22:00"),
        ("2026-12-01 22:00", "2026-12-02 08:00", "2026-12-04 22:00"),
    ],
)
def test_a_late_quiz_is_open_for_as_many_days(now, opens, closes):
    assert rules.window_from("2026-11", at(now)) == (at(opens), at(closes))


@pytest.mark.parametrize(
    ("day", "due"),
    [
        ("2026-11-24", ["2026-10"]),
        ("2026-11-25", ["2026-10", "2026-11"]),
        ("2027-01-01", ["2026-12"]),
    ],
)
def test_the_last_month_can_be_caught_up(day, due):
    assert rules.periods_due(dt.date.fromisoformat(day)) == due


def test_a_month_of_the_school_ends_eight_hours_before_that_of_greenwich(org, cast):
    push(org.a1, "2026-11", count=5)
    with time_machine.travel("2026-11-24T15:59:59Z", tick=False):
        tend_quizzes()
        assert not Quiz.objects.exists()
    with time_machine.travel("2026-11-24T16:00:00Z", tick=False):
        tend_quizzes()
        assert Quiz.objects.get().period == "2026-11"
