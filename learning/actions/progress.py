"""How a person goes through the lessons of a course. The server decides what was opened and finished."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.errors import Conflict
from learning.actions.courses import complete_course
from learning.models import Completion, CourseVersion, Lesson, LessonProgress

LONGEST_SPOT = 24 * 60 * 60  # seconds; nobody's video is longer than a day


@transaction.atomic
def open_lesson(*, person: User, lesson: Lesson) -> LessonProgress:
    """Note that ``person`` has the lesson before him, the first time. Harmless to repeat."""
    return LessonProgress.objects.get_or_create(
        person=person, course_id=lesson.version.course_id, lesson_key=lesson.key
    )[0]


@transaction.atomic
def save_spot(*, person: User, lesson: Lesson, spot: int) -> bool:
    """Remember where to go on in an opened lesson (``domain.md`` S49). Proves nothing and finishes nothing."""
    rows = LessonProgress.objects.filter(
        person=person, course_id=lesson.version.course_id, lesson_key=lesson.key
    )
    return bool(rows.update(spot=min(max(spot, 0), LONGEST_SPOT)))


@transaction.atomic
def finish_lesson(*, person: User, lesson: Lesson) -> Completion | None:
    """The person says he is through with a lesson; returns the completion of the course when it was the last piece.

    Lessons may be read in any order. Finishing twice keeps the first time. Raises ``Conflict`` for a lesson that
    was never opened: a finished course is one that was at least seen.
    """
    version: CourseVersion = lesson.version
    rows = LessonProgress.objects.filter(person=person, course=version.course_id, lesson_key=lesson.key)
    row = rows.select_for_update(no_key=True).first()
    if row is None:
        raise Conflict("先打开这一节看一看，再点“学完了”。")
    if row.finished_at is None:
        row.finished_at = timezone.now()
        row.save(update_fields=["finished_at"])
    return complete_course(person=person, version=version, at=timezone.now())
