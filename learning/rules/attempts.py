"""What holds for a sitting of a quiz: when it takes answers, what counts, who may see the key.

Sources: ``domain.md`` §1.9 (month-end quiz, course and self-test), ``reliability.md`` §2.2 and §3.5.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from random import Random

from django.db.models import QuerySet

from learning.models import Attempt, QuestionVersion, Quiz, QuizQuestion

# For papers opened before the end: the last tap may be on its way (``domain.md`` §1.9: "+ 2 min grace").
GRACE = timedelta(seconds=120)
ANSWERS_KEPT = timedelta(days=365)
CATCH_ALL = "以上"


def takes_answers(attempt: Attempt, at: datetime) -> bool:
    """Whether the server's clock still lets answers in. The phone's clock is never asked."""
    return attempt.state == Attempt.State.OPEN and not is_overdue(attempt, at)


def is_overdue(attempt: Attempt, at: datetime) -> bool:
    return attempt.ends_at is not None and at > attempt.ends_at + GRACE


def ends_at(quiz: Quiz, start: datetime) -> datetime | None:
    """When a sitting that begins at ``start`` ends; None when nothing limits it.

    After its window a quiz can still be practised, then only the time per sitting limits it.
    """
    limits = []
    if quiz.closes_at is not None and start < quiz.closes_at:
        limits.append(quiz.closes_at)
    if quiz.seconds:
        limits.append(start + timedelta(seconds=quiz.seconds))
    return min(limits, default=None)


def counts(quiz: Quiz, at: datetime, counted_before: int) -> bool:
    """Whether a sitting that begins now counts: inside the window, and not more often than the quiz allows."""
    return quiz.is_open(at) and (quiz.attempts == 0 or counted_before < quiz.attempts)


def key_free_at(quiz: Quiz) -> datetime | None:
    """From when right answers and explanations may be shown; None for a quiz without a window: at once.

    The score is shown as soon as the paper is handed in (S44), the key only when nobody can answer any more
    (``domain.md`` §1.9: "After closing: explanations shown"), so that nobody passes it on.
    """
    return quiz.closes_at and quiz.closes_at + GRACE


def may_see_key(attempt: Attempt, at: datetime) -> bool:
    """Whether the person may see the right answers to this paper now: it is closed, and so is the window."""
    free = key_free_at(attempt.quiz)
    return attempt.state == Attempt.State.CLOSED and (free is None or at > free)


def still_asked(at: datetime) -> QuerySet[QuizQuestion]:
    """The questions of month-end quizzes whose key is not free yet: no other page may show it either."""
    return QuizQuestion.objects.filter(quiz__closes_at__gte=at - GRACE, quiz__withdrawn_at=None)


def option_order(version: QuestionVersion, rng: Random, *, same_order: bool) -> list[int]:
    """The order in which the options are shown, as indexes. “以上都对” stays below what it speaks of."""
    places = list(range(len(version.options)))
    if not same_order:
        rng.shuffle(places)
    return sorted(places, key=lambda place: version.options[place].startswith(CATCH_ALL))


def outcome(points: Sequence[Decimal], pass_percent: int) -> tuple[Decimal, Decimal, bool]:
    """Score, full score and whether it is passed, from the points of all answers."""
    score, full = sum(points, Decimal(0)), Decimal(len(points))
    return score, full, score * 100 >= full * pass_percent


def percent(score: Decimal, full: Decimal) -> int:
    """A score as it is shown, of 100. Rounded down: 59.9 is not shown as the 60 that would have passed."""
    return int((score * 100 / full).to_integral_value(ROUND_DOWN)) if full else 0
