"""All courses a person has before him, with how far he has come in each: a few statements, however many there are."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, Subquery

from accounts.models import User
from learning.models import Assignee, Completion, Course, Lesson, LessonProgress


@dataclass
class Row:
    """One course as its reader sees it in a list. ``due`` is the nearest time by which it has to be done.

    ``is_required``: it was assigned to him, whether he is done or not.
    """

    course: Course
    total: int = 0
    finished: int = 0
    last_opened: datetime | None = None
    due: datetime | None = None
    is_required: bool = False
    completion: Completion | None = None

    @property
    def is_complete(self) -> bool:
        """The published version is complete; an older one alone is not."""
        return self.completion is not None and self.completion.version_id == self.course.current_id

    @property
    def is_begun(self) -> bool:
        return self.last_opened is not None


def courses_of(person: User) -> list[Row]:
    """The courses ``person`` may see, in the order of the college. Four statements."""
    courses = Course.objects.visible_to(person).select_related("current__cover", "topic")
    rows = {course.current_id: Row(course) for course in courses}
    opened = LessonProgress.objects.filter(
        person=person, lesson_key=OuterRef("key"), course=OuterRef("version__course")
    )
    finished = opened.filter(finished_at__isnull=False)
    counted = Lesson.objects.filter(version__in=rows).values("version").order_by()
    for found in counted.annotate(
        total=Count("pk"),
        done=Count("pk", filter=Exists(finished)),
        last=Max(Subquery(opened.values("opened_at")[:1])),
    ):
        row = rows[found["version"]]
        row.total, row.finished, row.last_opened = found["total"], found["done"], found["last"]
    _add_dues(person, rows.values())
    _add_completions(person, rows.values())
    return list(rows.values())


def due_of(person: User, course: Course) -> datetime | None:
    """The nearest time by which ``person`` has to complete ``course``, None when nobody asked for it."""
    standing = Assignee.objects.outstanding().filter(person=person, assignment__course=course)
    return standing.aggregate(due=Min("assignment__due_at"))["due"]


def _add_dues(person, rows) -> None:
    assigned = Assignee.objects.standing().filter(person=person, assignment__course__isnull=False)
    due = Min("assignment__due_at", filter=Q(done_at=None))
    dues = dict(
        assigned.values("assignment__course").annotate(due=due).values_list("assignment__course", "due")
    )
    for row in rows:
        row.is_required = row.course.pk in dues
        row.due = dues.get(row.course.pk)


def _add_completions(person, rows) -> None:
    """The newest completion of each course."""
    latest = {}
    mine = Completion.objects.filter(person=person).select_related("version")
    for completion in mine.order_by("version__number"):
        latest[completion.course_id] = completion
    for row in rows:
        row.completion = latest.get(row.course.pk)
