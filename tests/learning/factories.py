"""Content for stories about learning: approved and published unless a test says otherwise."""

import datetime as dt

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import Audience
from learning.models import (
    Column,
    Course,
    CourseVersion,
    Item,
    Lesson,
    Question,
    QuestionVersion,
    Quiz,
    QuizQuestion,
    Topic,
)
from tests.factories import UserFactory

APPROVED_AT = dt.datetime(2026, 10, 1, 9, tzinfo=dt.UTC)


def audience_of(*branches, **criteria):
    """Everybody in ``branches``, narrowed by ``roles``, ``stages``, ``grades``."""
    return Audience.objects.obtain(branches, **criteria)


def first_column():
    """The first column there is; tests that commit find the table empty."""
    return Column.objects.order_by("position").first() or Column.objects.create(name="百科")


class TopicFactory(DjangoModelFactory):
    class Meta:
        model = Topic

    name = factory.Sequence(lambda n: f"专题 {n}")


class ItemFactory(DjangoModelFactory):
    """A sent item of ``branch`` for everybody in it; ``state="draft"`` for one that is not approved."""

    class Meta:
        model = Item

    column = factory.LazyFunction(first_column)
    title = factory.Sequence(lambda n: f"内容 {n}")
    body = "<p>第一段。</p><p>第二段。</p>"
    text = "第一段。\n第二段。"
    audience = factory.LazyAttribute(lambda item: audience_of(item.branch))
    author = factory.SubFactory(UserFactory)
    state = Item.State.SENT
    reviewer = factory.Maybe("is_approved", factory.SubFactory(UserFactory), None)
    reviewed_at = factory.Maybe("is_approved", APPROVED_AT, None)
    sent_at = factory.Maybe("is_sent", factory.LazyFunction(timezone.now), None)

    class Params:
        is_sent = factory.LazyAttribute(lambda item: item.state == Item.State.SENT)
        is_approved = factory.LazyAttribute(
            lambda item: item.state in {Item.State.APPROVED, Item.State.SCHEDULED, Item.State.SENT}
        )


class QuestionFactory(DjangoModelFactory):
    """The identity only; ``QuestionVersionFactory`` makes a whole question."""

    class Meta:
        model = Question

    code = factory.Sequence(lambda n: f"Q{n:04d}")


class QuestionVersionFactory(DjangoModelFactory):
    """An approved single choice of ``question__branch``; the right answer is B."""

    class Meta:
        model = QuestionVersion

    question = factory.SubFactory(QuestionFactory)
    kind = QuestionVersion.Kind.SINGLE
    stem = factory.Sequence(lambda n: f"题干 {n}？")
    options = factory.LazyFunction(lambda: ["甲", "乙", "丙", "丁"])
    answer = factory.LazyFunction(lambda: ["B"])
    explanation = "因为是乙。"
    basis = "党章第一条"
    state = QuestionVersion.State.APPROVED
    author = factory.SubFactory(UserFactory)
    reviewer = factory.SubFactory(UserFactory)
    reviewed_at = APPROVED_AT


class CourseFactory(DjangoModelFactory):
    """The identity only; ``published_course`` makes a whole course."""

    class Meta:
        model = Course

    audience = factory.LazyAttribute(lambda course: audience_of(course.branch))


class CourseVersionFactory(DjangoModelFactory):
    class Meta:
        model = CourseVersion

    title = factory.Sequence(lambda n: f"课程 {n}")
    state = CourseVersion.State.PUBLISHED
    author = factory.SubFactory(UserFactory)
    reviewer = factory.SubFactory(UserFactory)
    reviewed_at = APPROVED_AT
    published_at = APPROVED_AT


class LessonFactory(DjangoModelFactory):
    class Meta:
        model = Lesson

    title = factory.Sequence(lambda n: f"第 {n} 节")
    position = factory.Sequence(lambda n: n + 1)
    body = "<p>课文。</p>"


def published_course(branch, *, lessons=3, questions=0, **version):
    """A published course of ``branch`` with text lessons, ``questions`` questions and its self-test if it has any."""
    course = CourseFactory(branch=branch)
    version = CourseVersionFactory(course=course, **({"test_draw": questions} | version))
    for position in range(1, lessons + 1):
        LessonFactory(version=version, position=position)
    for _ in range(questions):
        QuestionVersionFactory(question__branch=branch, question__course=course)
    course.current = version
    course.save(update_fields=["current"])
    if version.test_draw:
        Quiz.objects.create(
            kind=Quiz.Kind.SELF_TEST,
            branch=branch,
            course_version=version,
            title=f"{version.title}自测",
            attempts=0,
            pass_percent=version.test_pass,
        )
    return course


def month_end_quiz(branch, *, questions=5, opens_at=None, closes_at=None, **fields):
    """An open month-end quiz of ``branch`` with single choices whose right answer is B, one per sent item."""
    now = timezone.now()
    quiz = Quiz.objects.create(
        kind=Quiz.Kind.MONTH_END,
        branch=branch,
        period=fields.pop("period", timezone.localdate().strftime("%Y-%m")),
        title=fields.pop("title", "月末测评"),
        audience=audience_of(branch),
        opens_at=opens_at or now - dt.timedelta(hours=1),
        closes_at=closes_at or now + dt.timedelta(days=2),
        **fields,
    )
    for position in range(1, questions + 1):
        item = ItemFactory(branch=branch)
        version = QuestionVersionFactory(question__branch=branch, question__item=item, paragraph=1)
        QuizQuestion.objects.create(quiz=quiz, position=position, version=version, item=item)
    return quiz
