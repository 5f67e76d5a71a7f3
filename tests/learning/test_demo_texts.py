"""The texts of the demo keep what ``domain.md`` §8.3–8.6 promises."""

import datetime as dt
import re
from collections import Counter
from io import BytesIO
from itertools import chain

import pytest
from django.utils import timezone
from PIL import Image
from pypdf import PdfReader

from learning.demo import documents, pictures, plan, texts
from learning.models import Question, QuestionVersion
from learning.richtext import clean_html, paragraphs
from learning.rules.grading import points
from learning.rules.questions import problems_of

ID_NUMBER = re.compile(r"\d{15,}")
LESSONS = [lesson for course in texts.courses() for lesson in course.lessons]
ITEMS = [*chain.from_iterable(texts.months()), *texts.coming(), texts.withdrawn()]
QUESTIONS = [
    *chain.from_iterable(piece.questions for piece in [*LESSONS, *ITEMS]),
    *chain.from_iterable(course.questions for course in texts.courses()),
]


def words(html):
    return "".join("".join(paragraphs(html)).split())


def version_of(asked):
    return QuestionVersion(
        question=Question(),
        kind=asked.kind,
        stem=asked.stem,
        options=asked.options,
        answer=asked.answer,
        explanation=asked.explanation,
        basis=asked.basis,
    )


def test_five_courses_with_enough_questions_for_their_tests():
    courses = texts.courses()
    assert [(course.title, len(course.lessons)) for course in courses] == [
        ("党章基本知识", 6),
        ("党员的权利与义务", 4),
        ("发展党员工作流程", 5),
        ("党的纪律与组织生活", 4),
        ("大学生志愿服务与安全", 5),
    ]
    for course in courses:
        assert len(course.questions) + sum(len(lesson.questions) for lesson in course.lessons) >= 20


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.title)
def test_a_lesson_teaches_something(lesson):
    assert 300 <= len(words(lesson.html)) <= 800
    assert lesson.html.count("<h2>") >= 3
    assert len(lesson.questions) >= 3
    assert lesson.alt
    assert Image.open(BytesIO(pictures.draw(lesson.picture))).width == 960
    shown = lesson.illustrated("/learning/media/00000000-0000-0000-0000-000000000000/")
    assert clean_html(shown) == shown
    for asked in lesson.questions:
        assert asked.source in paragraphs(shown)[asked.paragraph_of(shown) - 1]


def test_the_forty_questions_are_all_there():
    codes = Counter(asked.code for asked in QUESTIONS)
    assert {code for code in codes if code.startswith("JC-")} == {
        f"JC-{number:02}" for number in range(1, 41)
    }
    assert max(codes.values()) == 1
    kinds = Counter(asked.kind for asked in QUESTIONS if asked.code.startswith("JC-"))
    assert kinds == {"single": 14, "multiple": 10, "true_false": 10, "fill": 6}


def test_a_rule_of_2026_is_asked_only_since_it_holds():
    notice = next(asked for asked in QUESTIONS if asked.code == "JC-09")
    assert notice.valid_from == dt.date(2026, 5, 11)


def test_three_months_of_items_one_can_read_in_three_minutes():
    for month in texts.months():
        assert Counter(item.column for item in month) == {"百科": 4, "资讯": 3, "党的知识": 3}
    for item in ITEMS:
        assert 150 <= len(words(item.html)) <= 600, item.title
        assert item.questions, item.title
        assert bool(item.picture) == bool(item.alt), item.title
        assert 10 <= len(item.summary) <= 120, item.title
        for asked in item.questions:
            assert asked.paragraph_of(item.html)
    names = {topic["name"] for topic in texts.topics()}
    assert {item.topic for item in ITEMS} - names == {""}


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.code)
def test_a_question_can_be_asked_and_graded(asked):
    version = version_of(asked)
    assert problems_of(version) == []
    assert asked.basis
    if asked.kind != QuestionVersion.Kind.FILL:
        assert points(version, asked.answer) == 1
        return
    for blank, forms in enumerate(asked.answer):
        for form in forms:
            value = [other[0] for other in asked.answer]
            value[blank] = form
            assert points(version, value) == 1, form


def test_no_numbers_of_persons_and_full_width_punctuation():
    for piece in [*LESSONS, *ITEMS]:
        said = words(piece.html) + "".join(asked.stem + asked.explanation for asked in piece.questions)
        assert not ID_NUMBER.search(said), piece.title
        assert not re.search(r"[一-鿿][,;:?!()]", said), piece.title
        assert not re.search(r"[一-鿿]\d|\d[一-鿿]", "\n".join(paragraphs(piece.html))), piece.title


def test_a_page_to_take_along_can_be_read_by_any_reader():
    for lesson in LESSONS:
        if lesson.kind == "pdf":
            page = PdfReader(BytesIO(documents.write(lesson.pdf))).pages[0].extract_text()
            assert page.split() == lesson.pdf.split()


@pytest.mark.parametrize("hour", [0, 9, 23])
def test_an_open_quiz_whatever_the_date(hour):
    """Four years of days: the quiz of the newest month is open for two more days, those before are closed."""
    start = timezone.make_aware(dt.datetime(2026, 1, 1, hour, 30))
    for days in range(4 * 365 + 1):
        now = start + dt.timedelta(days=days)
        found = plan.plan(now)
        opens, closes = found.window(found.months[-1])
        assert opens < now < now + dt.timedelta(days=2) < closes
        assert all(found.window(month)[1] < now for month in found.months[:-1])
        assert sum(slot < opens for slot in found.slots[20:30]) >= plan.ENOUGH_FOR_A_QUIZ


def test_two_or_three_items_in_every_week():
    for month in range(1, 13):
        slots = plan.plan(timezone.make_aware(dt.datetime(2026, month, 20, 12))).slots
        weeks = Counter(slot.date() - dt.timedelta(days=slot.weekday()) for slot in slots)
        assert all(2 <= weeks[monday] <= 3 for monday in sorted(weeks)[1:-1])
        assert all(slot.weekday() < 5 and 8 <= slot.hour < 21 for slot in slots)
