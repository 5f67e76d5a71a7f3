"""The draw of a self-test: exact or refused, and fair (``targets.md`` B4)."""

import math
from collections import Counter
from random import Random

import pytest
from django.utils import timezone

from core.errors import Conflict
from learning.models import QuestionVersion
from learning.rules.drawing import draw, problems_of_blueprint
from tests.learning.factories import QuestionVersionFactory, published_course

pytestmark = pytest.mark.django_db

DRAWS = 10_000
BLUEPRINT = [
    {"category": "党章", "difficulty": 1, "count": 3},
    {"category": "党章", "difficulty": 3, "count": 1},
    {"category": "纪律", "difficulty": 1, "count": 2},
]


@pytest.fixture
def stock(org):
    """A course with 7 + 3 + 5 questions in the cells of ``BLUEPRINT`` and 4 that no line asks for."""
    course = published_course(org.a1)
    for category, difficulty, count in [("党章", 1, 7), ("党章", 3, 3), ("纪律", 1, 5), ("纪律", 2, 4)]:
        for _ in range(count):
            QuestionVersionFactory(
                question__branch=org.a1,
                question__course=course,
                question__category=category,
                question__difficulty=difficulty,
            )
    return course


def version_with(course, **fields):
    version = course.current
    for name, value in fields.items():
        setattr(version, name, value)
    return version


def cells(drawn):
    return Counter((one.question.category, one.question.difficulty) for one in drawn)


def today():
    return timezone.localdate()


def test_a_blueprint_is_met_exactly(stock):
    version = version_with(stock, test_draw=6, blueprint=BLUEPRINT)
    assert problems_of_blueprint(version) == []
    for seed in range(50):
        drawn = draw(version, Random(seed), today())
        assert cells(drawn) == {("党章", 1): 3, ("党章", 3): 1, ("纪律", 1): 2}
        assert len({one.pk for one in drawn}) == 6


def test_without_a_blueprint_any_question_may_come(stock):
    drawn = draw(version_with(stock, test_draw=19), Random(1), today())
    assert cells(drawn) == {("党章", 1): 7, ("党章", 3): 3, ("纪律", 1): 5, ("纪律", 2): 4}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"test_draw": 20}, "要抽 20 题，能用的只有 19 题。"),
        ({"test_draw": 7, "blueprint": BLUEPRINT}, "抽题方案加起来是 6 题，自测要抽 7 题。"),
        (
            {"test_draw": 4, "blueprint": [{"category": "党章", "difficulty": 3, "count": 4}]},
            "“党章”较难题要抽 4 题，能用的只有 3 题。",
        ),
        (
            {"test_draw": 1, "blueprint": [{"category": "", "difficulty": 2, "count": 1}]},
            "“未分类”适中题要抽 1 题，能用的只有 0 题。",
        ),
    ],
)
def test_what_cannot_be_met_is_refused_in_words(stock, fields, problem):
    version = version_with(stock, **fields)
    assert problems_of_blueprint(version) == [problem]
    with pytest.raises(Conflict, match=problem):
        draw(version, Random(1), today())


def test_a_course_without_a_test_needs_no_questions(org):
    assert problems_of_blueprint(version_with(published_course(org.a1), test_draw=0)) == []


def test_only_what_can_be_asked_today_counts(org, stock):
    questions = QuestionVersion.objects.filter(question__course=stock)
    expired, early, draft, retired, elsewhere, gone = questions[:6]
    QuestionVersion.objects.filter(pk=expired.pk).update(valid_until=today())
    QuestionVersion.objects.filter(pk=early.pk).update(valid_from=today() + timezone.timedelta(days=1))
    QuestionVersion.objects.filter(pk=draft.pk).update(state="draft")
    for one, fields in [
        (retired, {"retired_at": timezone.now()}),
        (elsewhere, {"course": None}),
        (gone, {"lesson_key": "00000000-0000-4000-8000-000000000000"}),
    ]:
        type(one.question).objects.filter(pk=one.question_id).update(**fields)
    kept = stock.current.lessons.first()
    last = questions.last().question
    last.lesson_key = kept.key
    last.save()
    drawn = draw(version_with(stock, test_draw=13), Random(1), today())
    out = {one.pk for one in (expired, early, draft, retired, elsewhere, gone)}
    assert not {one.pk for one in drawn} & out
    assert problems_of_blueprint(version_with(stock, test_draw=14)) == ["要抽 14 题，能用的只有 13 题。"]


def test_the_same_order_for_everybody(stock):
    version = version_with(stock, test_draw=8, same_order=True)
    sittings = {tuple(one.pk for one in draw(version, Random(seed), today())) for seed in range(20)}
    assert len(sittings) == 1
    version.same_order = False
    assert len({tuple(one.pk for one in draw(version, Random(seed), today())) for seed in range(20)}) == 20


def test_a_draw_is_one_query(stock, django_assert_num_queries):
    version = version_with(stock, test_draw=6, blueprint=BLUEPRINT)
    with django_assert_num_queries(1):
        draw(version, Random(1), today())


def chi_square_limit(freedom, z=4.0):
    """The value a chi-square variable stays under but once in some 30,000 times (Wilson and Hilferty)."""
    part = 2 / (9 * freedom)
    return freedom * (1 - part + z * math.sqrt(part)) ** 3


def assert_fair(counts, size, drawn):
    """Exposure of ``size`` questions of which ``drawn`` are taken without replacement each time."""
    expected = DRAWS * drawn / size
    spread = sum((count - expected) ** 2 for count in counts) / expected
    # taking without replacement makes the counts less spread than independent ones by this factor
    spread /= (size - drawn) / (size - 1)
    assert len(counts) == size
    assert spread < chi_square_limit(size - 1)
    assert max(abs(count - expected) for count in counts) < 5 * math.sqrt(expected * (1 - drawn / size))


@pytest.mark.parametrize("blueprint", [[], BLUEPRINT])
def test_no_question_comes_more_often_than_chance_allows(stock, blueprint, monkeypatch):
    version = version_with(stock, test_draw=6, blueprint=blueprint)
    rows = list(QuestionVersion.objects.select_related("question").order_by("question"))
    monkeypatch.setattr("learning.rules.drawing.questions_for", lambda *_: rows)
    rng = Random(20261122)
    seen, first = Counter(), Counter()
    for _ in range(DRAWS):
        drawn = draw(version, rng, None)
        seen.update(one.pk for one in drawn)
        first[cells(drawn[:1]).popitem()[0]] += 1
    for (category, difficulty), size in cells(rows).items():
        cell = [
            one.pk
            for one in rows
            if (one.question.category, one.question.difficulty) == (category, difficulty)
        ]
        line = next(
            (row for row in blueprint if (row["category"], row["difficulty"]) == (category, difficulty)), None
        )
        if blueprint:
            assert_fair([seen[pk] for pk in cell], size, line["count"]) if line else None
    if not blueprint:
        assert_fair([seen[one.pk] for one in rows], len(rows), 6)
    else:
        # and the places in the paper are shared out too: a line of three is first in half of the papers
        assert abs(first["党章", 1] - DRAWS / 2) < 5 * math.sqrt(DRAWS / 4)
