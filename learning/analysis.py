"""How questions do: facility and discrimination as Moodle's quiz statistics define them (``targets.md`` B9).

Facility is the mean share of the points. Discrimination is the correlation of a person's points in the question with
those in the rest of the same quiz. Only the first counted attempt of a person at a quiz is looked at; what came
after, practice and what was made void say more about memory than about the question.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from math import sqrt
from operator import itemgetter

from django.db.models import Count, Exists, F, FloatField, OuterRef, Sum
from django.db.models.functions import Cast
from django.utils import timezone

from learning.models import Answer, Attempt, ItemStatistic

SHOWN_FROM = 5  # takers; fewer would show what single people answered (``domain.md`` G9)
TOO_HARD, TOO_EASY = 0.2, 0.95
TOO_BLUNT = 0.2
ROWS_PER_INSERT = 1000
_NOTHING = 1e-9  # what a variance of zero may leave behind in binary arithmetic


@dataclass(frozen=True)
class Sums:
    """Over the takers of one quiz: how many, sums of points, of points in the rest, of their squares and product."""

    takers: int
    x: float
    y: float
    xx: float
    yy: float
    xy: float


@dataclass(frozen=True)
class Figures:
    """``facility`` lies in 0–1, ``discrimination`` in −1–1; each is None where it is undefined."""

    takers: int
    facility: float | None
    discrimination: float | None

    @property
    def is_weak(self) -> bool:
        """Whether an author should look at the question again: nearly nobody or everybody is right, or being right
        says nothing about the rest. Never said of fewer than five takers."""
        if self.takers < SHOWN_FROM or self.facility is None:
            return False
        blunt = self.discrimination is not None and self.discrimination < TOO_BLUNT
        return not TOO_HARD <= self.facility <= TOO_EASY or blunt


def figures_of(quizzes: Iterable[Sums]) -> Figures:
    """The figures of a question from its sums in every quiz that asked it.

    In one quiz they are Moodle's. Over several, deviations are taken from the means of their own quiz, because the
    rest of a long quiz has more points to give than that of a short one.
    """
    takers, total = 0, 0.0
    xx = yy = xy = 0.0
    for sums in quizzes:
        takers, total = takers + sums.takers, total + sums.x
        xx += sums.xx - sums.x * sums.x / sums.takers
        yy += sums.yy - sums.y * sums.y / sums.takers
        xy += sums.xy - sums.x * sums.y / sums.takers
    if not takers:
        return Figures(0, None, None)
    varies = xx > _NOTHING and yy > _NOTHING
    return Figures(takers, total / takers, xy / sqrt(xx * yy) if varies else None)


def refresh_statistics() -> int:
    """Compute the figures of every version that was answered; returns how many there are.

    One statement reads the sums, whatever the number of attempts, and one writes a thousand versions; memory holds
    those. A version whose answers are all gone after their year keeps its last figures.
    """
    now, count = timezone.now(), 0
    computed = _computed()
    while batch := list(islice(computed, ROWS_PER_INSERT)):
        ItemStatistic.objects.bulk_create(
            [
                ItemStatistic(
                    version_id=version,
                    takers=figures.takers,
                    facility=figures.facility,
                    discrimination=figures.discrimination,
                    is_weak=figures.is_weak,
                    computed_at=now,
                )
                for version, figures in batch
            ],
            update_conflicts=True,
            unique_fields=["version"],
            update_fields=["takers", "facility", "discrimination", "is_weak", "computed_at"],
        )
        count += len(batch)
    return count


def _computed() -> Iterator[tuple[int, Figures]]:
    for version, rows in groupby(_sums(), key=itemgetter(0)):
        yield version, figures_of(Sums(*sums) for _, _, *sums in rows)


def _sums():
    """(version, quiz, *Sums) for every quiz that asked a version, version by version."""
    first = ~Exists(
        Attempt.objects.counted().filter(
            quiz=OuterRef("attempt__quiz"),
            person=OuterRef("attempt__person"),
            number__lt=OuterRef("attempt__number"),
        )
    )
    x = Cast("points", FloatField())
    y = Cast(F("attempt__score") - F("points"), FloatField())
    return (
        Answer.objects.filter(
            first, attempt__state=Attempt.State.CLOSED, attempt__is_practice=False, points__isnull=False
        )
        .order_by("version_id", "attempt__quiz_id")
        .values_list("version_id", "attempt__quiz_id")
        .annotate(
            Count("pk"), sum_x=Sum(x), sum_y=Sum(y), sum_xx=Sum(x * x), sum_yy=Sum(y * y), sum_xy=Sum(x * y)
        )
        .iterator(chunk_size=2000)
    )
