"""How far a person has come in a course, and what is still missing (``domain.md`` §1.9 course and self-test)."""

from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from core.audit.models import AuditEntry
from learning.models import Attempt, Completion, Course, CourseVersion, Lesson, LessonProgress, Media
from learning.richtext import plain_text
from learning.rules.drawing import problems_of_blueprint

# The kinds of file a lesson of a kind may hold.
FILES: dict[str, tuple[str, ...]] = {
    Lesson.Kind.VIDEO: (Media.Kind.VIDEO, Media.Kind.AUDIO),
    Lesson.Kind.PDF: (Media.Kind.PDF,),
}
# What a list of lessons shows of each.
LISTED = ("version", "key", "chapter", "position", "kind", "title", "minutes", "media__pages")
WROTE = ("learning.course_drafted", "learning.course_changed")


@dataclass(frozen=True)
class Standing:
    """One person in one version: its lessons in order, what was opened and finished."""

    lessons: list[Lesson]
    progress: dict[UUID, LessonProgress]

    @property
    def total(self) -> int:
        return len(self.lessons)

    @property
    def finished(self) -> int:
        return sum(self.is_finished(lesson) for lesson in self.lessons)

    @property
    def left(self) -> int:
        return self.total - self.finished

    @property
    def next_lesson(self) -> Lesson | None:
        """Where to go on: the lesson opened last that is not finished, else the first that is not finished."""
        unfinished = [lesson for lesson in self.lessons if not self.is_finished(lesson)]
        begun = [lesson for lesson in unfinished if lesson.key in self.progress]
        if begun:
            return max(begun, key=lambda lesson: self.progress[lesson.key].opened_at)
        return unfinished[0] if unfinished else None

    def is_finished(self, lesson: Lesson) -> bool:
        row = self.progress.get(lesson.key)
        return row is not None and row.finished_at is not None

    def is_begun(self, lesson: Lesson) -> bool:
        return lesson.key in self.progress


def standing(person: User, version: CourseVersion) -> Standing:
    """Where ``person`` stands in ``version``. Two queries, however many lessons there are."""
    rows = LessonProgress.objects.filter(person=person, course=version.course_id)
    # by position alone: the order of the model would join the version and its course
    lessons = version.lessons.select_related("media").order_by("position")
    return Standing(
        lessons=list(lessons.only(*LISTED)),
        progress={row.lesson_key: row for row in rows},
    )


def completions_of(person: User, course: Course) -> list[Completion]:
    """The versions of ``course`` that ``person`` has completed, the newest first."""
    rows = Completion.objects.filter(person=person, course=course).select_related("version")
    return list(rows.order_by("-version__number").only("version__number", "completed_at", "confirmed_at"))


def has_finished_lessons(person: User, version: CourseVersion) -> bool:
    """Whether ``person`` has finished every lesson of ``version``; False for a version without lessons."""
    finished = LessonProgress.objects.filter(
        person=person, course=version.course_id, finished_at__isnull=False
    )
    lessons = version.lessons.all()
    return lessons.exists() and not lessons.exclude(key__in=finished.values("lesson_key")).exists()


def has_passed_test(person: User, version: CourseVersion) -> bool:
    """Whether ``person`` has passed the self-test of ``version`` in any sitting."""
    return Attempt.objects.counted().filter(person=person, quiz__course_version=version, passed=True).exists()


def can_take_test(person: User, course: Course) -> bool:
    """Whether ``person`` may start the self-test of the course as it is published now: all its lessons are finished."""
    version = course.current
    if version is None or course.withdrawn_at is not None or not version.test_draw:
        return False
    return has_finished_lessons(person, version)


def is_complete(person: User, version: CourseVersion) -> bool:
    """All lessons are finished and the self-test, if the version has one, is passed (``domain.md`` §1.9)."""
    return has_finished_lessons(person, version) and (
        not version.test_draw or has_passed_test(person, version)
    )


def writers_of(version: CourseVersion) -> set[int]:
    """The keys of everybody who wrote in a version: its author, and whom the log names. One query."""
    entries = AuditEntry.objects.filter(
        action__in=WROTE,
        subject_type=version._meta.label_lower,
        subject_id=str(version.pk),
        actor__isnull=False,
    )
    return {version.author_id, *entries.values_list("actor", flat=True)}


def has_written(version: CourseVersion, person: User) -> bool:
    """Whether ``person`` wrote or changed any of it: then somebody else reviews (``domain.md`` D26)."""
    return person.pk in writers_of(version)


def edition(version: CourseVersion) -> int:
    """How often the version was changed or sent to review, as the log counts. What a reviewer has read is one of them."""
    entries = AuditEntry.objects.filter(
        action__in=("learning.course_changed", "learning.course_submitted"),
        subject_type=version._meta.label_lower,
        subject_id=str(version.pk),
    )
    return entries.count()


def problems_of(version: CourseVersion) -> list[str]:
    """What stops the review of a version, as sentences for its author; its self-test included."""
    lessons = list(version.lessons.select_related("media"))
    problems = [] if lessons else ["还没有课节。"]
    for lesson in lessons:
        problems += [f"“{lesson.title}”：{sentence}" for sentence in problems_of_lesson(lesson)]
    return problems + problems_of_blueprint(version, waiting=True)


def problems_of_lesson(lesson: Lesson) -> list[str]:
    """What a lesson still lacks."""
    problems = []
    if lesson.kind == Lesson.Kind.TEXT and not plain_text(lesson.body):
        problems.append("还没有正文。")
    if lesson.kind == Lesson.Kind.LINK and not lesson.url:
        problems.append("还没有链接。")
    if lesson.kind in FILES and (lesson.media is None or lesson.media.kind not in FILES[lesson.kind]):
        problems.append("还没有视频。" if lesson.kind == Lesson.Kind.VIDEO else "还没有 PDF。")
    if lesson.kind == Lesson.Kind.VIDEO and not plain_text(lesson.body):
        problems.append("视频要有文字稿：听不到声音的人读它。")
    return problems
