"""When a course is complete, and that it stays so (``domain.md`` §1.9)."""

from decimal import Decimal

import pytest
from django.utils import timezone

from core.audit.models import AuditEntry
from learning.actions.courses import complete_course
from learning.models import Attempt, Completion, LessonProgress
from learning.rules.courses import can_take_test, standing
from tests.learning.factories import LessonFactory, published_course

pytestmark = pytest.mark.django_db


def finish(person, course, *lessons):
    for lesson in lessons or course.current.lessons.all():
        LessonProgress.objects.update_or_create(
            person=person, course=course, lesson_key=lesson.key, defaults={"finished_at": timezone.now()}
        )


def sit(person, course, *, passed, number=1):
    now = timezone.now()
    return Attempt.objects.create(
        quiz=course.current.quiz,
        person=person,
        number=number,
        state=Attempt.State.CLOSED,
        started_at=now,
        closed_at=now,
        closed_by=Attempt.ClosedBy.PERSON,
        score=Decimal(2 if passed else 0),
        full=Decimal(2),
        passed=passed,
    )


def complete(person, course):
    return complete_course(person=person, version=course.current, at=timezone.now())


def test_the_test_opens_when_the_last_lesson_is_finished(org, cast):
    course = published_course(org.a1, lessons=2, questions=2)
    first, last = course.current.lessons.all()
    assert not can_take_test(cast.activist, course)
    finish(cast.activist, course, first)
    assert not can_take_test(cast.activist, course)
    assert standing(cast.activist, course.current).left == 1
    finish(cast.activist, course, last)
    assert can_take_test(cast.activist, course)
    assert not can_take_test(cast.league, course)


def test_opening_a_lesson_is_not_finishing_it(org, cast):
    course = published_course(org.a1, lessons=1, questions=1)
    lesson = course.current.lessons.get()
    LessonProgress.objects.create(person=cast.activist, course=course, lesson_key=lesson.key, spot=9999)
    assert not can_take_test(cast.activist, course)
    assert complete(cast.activist, course) is None


def test_no_test_no_lessons_or_withdrawn(org, cast):
    without_test = published_course(org.a1, lessons=1)
    finish(cast.activist, without_test)
    assert not can_take_test(cast.activist, without_test)
    empty = published_course(org.a1, lessons=0, questions=1)
    assert not can_take_test(cast.activist, empty)
    withdrawn = published_course(org.a1, lessons=1, questions=1)
    finish(cast.activist, withdrawn)
    withdrawn.withdrawn_at = timezone.now()
    assert not can_take_test(cast.activist, withdrawn)


def test_complete_means_all_lessons_and_a_passed_test(org, cast):
    course = published_course(org.a1, lessons=2, questions=2)
    sit(cast.activist, course, passed=True)
    assert complete(cast.activist, course) is None
    finish(cast.activist, course)
    completion = complete(cast.activist, course)
    assert (completion.version, completion.course, completion.branch_name) == (
        course.current,
        course,
        org.a1.name,
    )
    assert complete(cast.activist, course) == completion
    entry = AuditEntry.objects.get(action="learning.course_completed")
    assert (entry.actor, entry.branch_id) == (cast.activist, org.a1.pk)


def test_a_failed_test_completes_nothing(org, cast):
    course = published_course(org.a1, lessons=1, questions=1)
    finish(cast.activist, course)
    sit(cast.activist, course, passed=False)
    assert complete(cast.activist, course) is None
    sit(cast.activist, course, passed=True, number=2)
    assert complete(cast.activist, course) is not None


def test_without_a_test_the_lessons_suffice(org, cast):
    course = published_course(org.a1, lessons=2)
    finish(cast.activist, course)
    assert complete(cast.activist, course).version == course.current


def test_a_lesson_added_later_takes_nothing_away(org, cast):
    course = published_course(org.a1, lessons=1)
    finish(cast.activist, course)
    complete(cast.activist, course)
    LessonFactory(version=course.current, position=9)
    assert Completion.objects.filter(person=cast.activist, course=course).exists()
