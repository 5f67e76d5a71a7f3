"""What stands on the first page of 学习 besides lists: the course to go on with and the quizzes that are open."""

from datetime import datetime, timedelta
from operator import attrgetter

from django.db.models import Count, F, OuterRef, Subquery
from django.utils import timezone

from accounts.models import User
from learning.models import Attempt, Lesson, LessonProgress, Quiz
from learning.rules.overview import Row


def to_continue(rows: list[Row]) -> Row | None:
    """The course opened last of those never completed, else the first one that has to be done."""
    left = [row for row in rows if row.completion is None and row.total]
    begun = [row for row in left if row.is_begun]
    if begun:
        return max(begun, key=attrgetter("last_opened"))
    return min((row for row in left if row.due), key=attrgetter("due"), default=None)


def next_lesson(person: User, row: Row) -> Lesson | None:
    """Where ``person`` goes on in a course: the lesson opened last, else the first that is not finished. One query."""
    mine = LessonProgress.objects.filter(person=person, course=row.course, lesson_key=OuterRef("key"))
    lessons = Lesson.objects.filter(version=row.course.current_id).defer("body")
    lessons = lessons.annotate(
        opened_at=Subquery(mine.values("opened_at")[:1]), finished_at=Subquery(mine.values("finished_at")[:1])
    )
    return lessons.filter(finished_at=None).order_by(F("opened_at").desc(nulls_last=True), "position").first()


def open_quizzes(person: User) -> list[Quiz]:
    """The month-end quizzes ``person`` can take now, the first to close first, with what he has done of them.

    Each has ``asked`` questions from ``item_count`` items, ``open_attempt`` and ``last_attempt`` (keys or None) and
    ``taken``, the number of sittings that counted. One query.
    """
    mine = Attempt.objects.filter(quiz=OuterRef("pk"), person=person).order_by("-number")
    counted = mine.counted().order_by().values("quiz").annotate(count=Count("pk")).values("count")
    quizzes = Quiz.objects.open().visible_to(person).filter(kind=Quiz.Kind.MONTH_END)
    return list(
        quizzes.annotate(
            asked=Count("questions", distinct=True),
            item_count=Count("questions__item", distinct=True),
            open_attempt=Subquery(mine.open().values("pk")[:1]),
            last_attempt=Subquery(mine.counted().values("pk")[:1]),
            taken=Subquery(counted),
        ).order_by("closes_at", "pk")
    )


def time_left(until: datetime) -> str:
    """How long it is until a moment, in words: “还剩 2 天”, “还剩 5 小时”, “还剩不到 1 小时”."""
    left = until - timezone.now()
    if left >= timedelta(days=1):
        return f"还剩 {left.days} 天"
    hours = int(left.total_seconds()) // 3600
    return f"还剩 {hours} 小时" if hours else "还剩不到 1 小时"
