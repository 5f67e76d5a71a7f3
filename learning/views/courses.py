"""Courses and their lessons, for the person who studies them."""

from dataclasses import dataclass
from itertools import groupby

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from core.errors import Missing, Unreadable
from learning.actions.progress import finish_lesson, open_lesson, save_spot
from learning.models import Assignee, Completion, Course, Lesson
from learning.richtext import shown
from learning.rules.courses import Standing, completions_of, standing
from learning.rules.overview import courses_of


@require_GET
def courses(request):
    """All courses open to this person: what is due first, then the party school, then the others."""
    rows = courses_of(request.user)
    required = sorted((row for row in rows if row.due), key=lambda row: row.due)
    school = [row for row in rows if row.course.series == Course.Series.PARTY_SCHOOL]
    others = [row for row in rows if not row.due and row not in school]
    context = {
        "required": required,
        "school": school,
        "school_complete": sum(row.completion is not None for row in school),
        "others": others,
    }
    return render(request, "learning/courses.html", context)


@require_GET
def course(request, pk):
    """One course: its chapters, the self-test, and the one button that goes on."""
    row = _course(request.user, pk)
    version = row.current
    where = standing(request.user, version)
    completions = completions_of(request.user, row)
    assigned = Assignee.objects.standing().filter(person=request.user, assignment__course=row)
    next_lesson = where.next_lesson
    context = {
        "course": row,
        "version": version,
        "standing": where,
        "chapters": _chapters(where, next_lesson),
        "minutes": sum(lesson.minutes for lesson in where.lessons),
        "required": assigned.select_related("assignment").order_by("done_at", "assignment__due_at").first(),
        "next_lesson": next_lesson,
        "completion": next((one for one in completions if one.version_id == version.pk), None),
        "earlier": next((one for one in completions if one.version_id != version.pk), None),
        "quiz": getattr(version, "quiz", None),
    }
    return render(request, "learning/course.html", context)


@require_GET
def lesson(request, pk, key):
    """One lesson. Having it sent to him is what the server notes as opened."""
    found = _lesson(request.user, pk, key)
    version = found.version
    where = standing(request.user, version)
    progress = where.progress.get(found.key) or open_lesson(person=request.user, lesson=found)
    lessons = where.lessons
    place = lessons.index(found)
    chapter = [one for one in lessons if one.chapter == found.chapter]
    context = {
        "version": version,
        "lesson": found,
        "body": shown(found.body),
        "progress": progress,
        "place": chapter.index(found) + 1,
        "previous": lessons[place - 1] if place else None,
        "next": lessons[place + 1] if place + 1 < len(lessons) else None,
        "standing": where,
    }
    return render(request, "learning/lesson.html", context)


@require_POST
def finish(request, pk, key):
    """学完了. Leads on to the next lesson, behind the last one to the course with its self-test."""
    found = _lesson(request.user, pk, key)
    completion = finish_lesson(person=request.user, lesson=found)
    following = found.version.lessons.filter(position__gt=found.position).first()
    if completion is None and following is not None:
        messages.success(request, "已记下")
        return redirect("learning:lesson", pk, following.key)
    messages.success(request, "课程学完了" if completion else "已记下")
    return redirect("learning:course", pk)


@require_POST
def spot(request, pk, key):
    """Where the video stands, to go on from there."""
    seconds = request.POST.get("spot", "")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 10):
        raise Unreadable
    found = _lesson(request.user, pk, key)
    if not save_spot(person=request.user, lesson=found, spot=int(seconds)):
        raise Missing
    return HttpResponse(status=204)


@require_GET
def record(request):
    """我的学习: what I have completed, and what I have begun."""
    completions = Completion.objects.filter(person=request.user).select_related("version", "course")
    rows = courses_of(request.user)
    begun = [row for row in rows if row.is_begun and not row.is_complete and not row.course.withdrawn_at]
    context = {
        "completions": completions,
        "begun": sorted(begun, key=lambda row: row.last_opened, reverse=True),
        "school": [row for row in rows if row.course.series == Course.Series.PARTY_SCHOOL],
    }
    return render(request, "learning/record.html", context)


@dataclass(frozen=True)
class Chapter:
    """Lessons under one heading, as a part of the page that opens and closes."""

    title: str
    lessons: list[tuple[Lesson, str, int]]
    finished: int
    is_open: bool

    @property
    def is_finished(self) -> bool:
        return self.finished == len(self.lessons)


def _chapters(where: Standing, next_lesson: Lesson | None) -> list[Chapter]:
    """The chapters in order; the one to go on in is open, and the only one of a course without chapters."""
    chapters = []
    groups = [list(lessons) for _, lessons in groupby(where.lessons, key=lambda lesson: lesson.chapter)]
    for lessons in groups:
        chapters.append(
            Chapter(
                title=lessons[0].chapter,
                lessons=[(one, _state(where, one), _spot(where, one)) for one in lessons],
                finished=sum(where.is_finished(one) for one in lessons),
                is_open=len(groups) == 1 or next_lesson in lessons,
            )
        )
    return chapters


def _state(where: Standing, lesson: Lesson) -> str:
    if where.is_finished(lesson):
        return "finished"
    return "begun" if where.is_begun(lesson) else "new"


def _spot(where: Standing, lesson: Lesson) -> int:
    return where.progress[lesson.key].spot if where.is_begun(lesson) else 0


def _course(user, pk) -> Course:
    return get_object_or_404(Course.objects.visible_to(user).select_related("current__quiz"), pk=pk)


def _lesson(user, pk, key) -> Lesson:
    """A lesson of the published version of a course that stands and that ``user`` may see."""
    open_courses = Course.objects.visible_to(user).filter(withdrawn_at=None)
    lessons = Lesson.objects.filter(version__current_of__in=open_courses, version__course=pk, key=key)
    return get_object_or_404(lessons.select_related("version__quiz", "media"))
