"""Two people decide about one course at the same moment."""

import pytest
from django.utils import timezone

from core.audit.models import AuditEntry
from core.errors import Conflict, DomainError
from learning.actions.courses import add_course, approve_course, complete_course, new_version, submit_course
from learning.actions.lessons import add_lesson, move_lesson
from learning.models import Completion, CourseVersion, Quiz
from tests.factories import UserFactory
from tests.granting import grant
from tests.learning.factories import QuestionVersionFactory, published_course
from tests.learning.test_completion import finish

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

COUNT = 8


@pytest.fixture
def desk(org, cast):
    cast.writer = UserFactory(kind="teacher", grade=None)
    cast.reviewers = UserFactory.create_batch(COUNT, kind="teacher", grade=None)
    for person in [cast.writer, *cast.reviewers]:
        grant(person, "editor", org.college_a)
    return cast


@pytest.fixture
def waiting(org, desk):
    """A course in review with one question, approved by nobody yet."""
    version = add_course(by=desk.writer, branch=org.a1, title="课", test_draw=1)
    lesson = add_lesson(version=version, by=desk.writer, title="节", body="<p>文</p>")
    QuestionVersionFactory(
        question__branch=org.a1, question__course=version.course, question__lesson_key=lesson.key, paragraph=1
    )
    return submit_course(version=version, by=desk.writer)


def winners(outcomes):
    return [outcome for outcome in outcomes if not isinstance(outcome, DomainError)]


def test_of_many_publishers_one_publishes(desk, waiting, race):
    outcomes = race(lambda n: approve_course(version=waiting, by=desk.reviewers[n]), COUNT)
    assert len(winners(outcomes)) == 1
    assert {type(refusal) for refusal in outcomes if refusal not in winners(outcomes)} == {Conflict}
    assert Quiz.objects.filter(course_version=waiting).count() == 1
    assert AuditEntry.objects.filter(action="learning.course_published").count() == 1


def test_without_its_guards_a_course_is_published_twice(desk, waiting, race, unguarded):
    """Negative control: two look, both decide, both write it down."""
    unguarded("learning_quiz", "learning.actions.courses._publish", 2)
    with pytest.raises(Exception, match=r"course_version_id|unique|duplicate"):
        race(lambda n: approve_course(version=waiting, by=desk.reviewers[n]), 2)


def test_of_many_new_versions_one_begins(org, desk, race):
    course = published_course(org.a1)
    outcomes = race(lambda n: new_version(course=course, by=desk.reviewers[n]), COUNT)
    assert len(winners(outcomes)) == 1
    assert CourseVersion.objects.filter(course=course, state="draft").count() == 1


def test_the_database_refuses_a_second_open_version(org, desk, refused_by_the_database):
    course = published_course(org.a1)
    new_version(course=course, by=desk.writer)
    refused_by_the_database(
        lambda: CourseVersion.objects.create(course=course, number=9, title="x", author=desk.writer),
        "one_open_version_per_course",
    )


def test_lessons_moved_at_once_still_stand_in_order(org, desk, race):
    version = add_course(by=desk.writer, branch=org.a1, title="课", test_draw=0)
    lessons = [
        add_lesson(version=version, by=desk.writer, title=str(n), body="<p>文</p>") for n in range(COUNT)
    ]
    outcomes = race(lambda n: move_lesson(lesson=lessons[n], by=desk.writer, to=1), COUNT)
    assert len(winners(outcomes)) == COUNT
    assert list(version.lessons.values_list("position", flat=True)) == list(range(1, COUNT + 1))


def test_a_course_is_completed_once(org, cast, race):
    course = published_course(org.a1)
    finish(cast.activist, course)
    outcomes = race(
        lambda n: complete_course(person=cast.activist, version=course.current, at=timezone.now()), COUNT
    )
    assert len({completion.pk for completion in winners(outcomes)}) == 1
    assert Completion.objects.count() == 1
    assert AuditEntry.objects.filter(action="learning.course_completed").count() == 1
