"""Which questions a self-test asks (``targets.md`` B4): so many of each category and difficulty, exactly or not at all."""

from collections import Counter, defaultdict
from datetime import date
from random import Random
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from core.errors import Conflict
from learning.models import CourseVersion, Question, QuestionVersion


class Cell(NamedTuple):
    """One line of a blueprint asks for questions of one category and one difficulty."""

    category: str
    difficulty: int

    def __str__(self) -> str:
        return f"“{self.category or '未分类'}”{Question.Difficulty(self.difficulty).label}题"


def questions_for(version: CourseVersion, on: date):
    """The approved questions a self-test of ``version`` may ask on a day.

    Those of the course, without those about lessons that this version does not have.
    """
    return (
        QuestionVersion.objects.usable(on)
        .filter(_fits(version, "question__"), question__course=version.course_id)
        .filter(question__retired_at=None)
        .select_related("question")
        .order_by("question")
    )


def problems_of_blueprint(
    version: CourseVersion, on: date | None = None, *, waiting: bool = False
) -> list[str]:
    """What stops the self-test of ``version`` from being drawn, as sentences for its author; empty when nothing does.

    Asked before publishing and again at each draw, because questions retire and expire. With ``waiting`` questions
    that are not approved yet count as if they were.
    """
    if not version.test_draw:
        return []
    asked = Counter({_cell(line): line["count"] for line in version.blueprint})
    if waiting:
        questions = Question.objects.filter(_fits(version), course=version.course_id, retired_at=None)
        stock = Counter(Cell(one.category, one.difficulty) for one in questions)
    else:
        stock = Counter(_cell_of(one) for one in questions_for(version, on or timezone.localdate()))
    return _problems(version.test_draw, asked, stock)


def draw(version: CourseVersion, rng: Random, on: date) -> list[QuestionVersion]:
    """Draw the ``test_draw`` questions of one sitting, in the order in which they are asked.

    Within a line of the blueprint every question is as likely as every other; without a blueprint all are. With
    ``same_order`` everybody gets the same questions in the same order, whatever ``rng`` says. One query. Raises
    ``Conflict`` when the blueprint cannot be met: a shorter test than announced is never given.
    """
    if version.same_order:
        rng = Random(version.pk)  # noqa: S311 - a choice that everybody shares is no secret
    cells = defaultdict(list)
    for one in questions_for(version, on):
        cells[_cell_of(one)].append(one)
    asked = Counter({_cell(line): line["count"] for line in version.blueprint})
    stock = Counter({cell: len(found) for cell, found in cells.items()})
    if problems := _problems(version.test_draw, asked, stock):
        raise Conflict(f"这门课的自测现在出不了题：{problems[0]}")
    if not asked:
        return rng.sample([one for found in cells.values() for one in found], version.test_draw)
    drawn = [one for cell, count in asked.items() for one in rng.sample(cells[cell], count)]
    rng.shuffle(drawn)
    return drawn


def _fits(version: CourseVersion, of: str = "") -> Q:
    """About the course as a whole, or about a lesson that this version has."""
    return Q(**{f"{of}lesson_key": None}) | Q(**{f"{of}lesson_key__in": version.lessons.values("key")})


def _problems(wanted: int, asked: Counter[Cell], stock: Counter[Cell]) -> list[str]:
    if not asked:
        return [] if stock.total() >= wanted else [f"要抽 {wanted} 题，能用的只有 {stock.total()} 题。"]
    problems = []
    if asked.total() != wanted:
        problems.append(f"抽题方案加起来是 {asked.total()} 题，自测要抽 {wanted} 题。")
    problems += [
        f"{cell}要抽 {count} 题，能用的只有 {stock[cell]} 题。"
        for cell, count in asked.items()
        if stock[cell] < count
    ]
    return problems


def _cell(line: dict) -> Cell:
    return Cell(line["category"], line["difficulty"])


def _cell_of(version: QuestionVersion) -> Cell:
    return Cell(version.question.category, version.question.difficulty)
