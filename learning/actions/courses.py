"""What happens to a course: from its first draft to the day a person completes it (``domain.md`` §1.9, S45–S53, D26)."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.actions.locks import lock
from accounts.models import Audience, Branch, User
from accounts.rules import home_of
from core.audit.log import record
from core.errors import Conflict, Invalid, NotAllowed
from learning.actions.assignments import call_off, mark_done
from learning.actions.editing import REVIEW, WRITE, check_right, people_asked
from learning.actions.questions import approve_question, submit_question
from learning.models import (
    Assignment,
    Completion,
    Correction,
    Course,
    CourseVersion,
    Media,
    QuestionVersion,
    Quiz,
    Topic,
)
from learning.rules.courses import edition, has_written, is_complete, problems_of, writers_of
from learning.rules.drawing import problems_of_blueprint
from notifications.outbox import enqueue

CHANGEABLE = {"title", "summary", "cover", "test_draw", "test_pass", "blueprint", "same_order"}
OPEN = (CourseVersion.State.DRAFT, CourseVersion.State.IN_REVIEW)

State = CourseVersion.State


@transaction.atomic
def add_course(
    *,
    by: User,
    branch: Branch,
    title: str,
    audience: Audience | None = None,
    series: str = Course.Series.NONE,
    topic: Topic | None = None,
    position: int = 0,
    **fields: Any,
) -> CourseVersion:
    """Begin a course of ``branch``: its first version, a draft. ``fields`` are those of ``CHANGEABLE``.

    ``audience`` is by default everybody in the branch. Raises ``Missing`` for a foreign branch, ``Invalid`` for
    values that do not fit. Audited.
    """
    check_right(by, WRITE, branch)
    course = Course(branch=branch)
    _place(course, by, audience or Audience.objects.obtain([branch]), series, topic, position)
    course.save()
    version = CourseVersion(course=course, author=by)
    _write(version, by, fields | {"title": title})
    version.save()
    record(by, "learning.course_drafted", version, branch=branch)
    return version


@transaction.atomic
def place_course(
    *, course: Course, by: User, audience: Audience, series: str, topic: Topic | None, position: int
) -> Course:
    """Say for whom a course is and where it stands. Once it is published that is a reviewer's decision."""
    course = lock(course)
    check_right(by, REVIEW if course.current_id else WRITE, course.branch)
    _place(course, by, audience, series, topic, position)
    course.save()
    record(
        by,
        "learning.course_placed",
        course,
        branch=course.branch,
        changed=("audience", "series", "topic", "position"),
    )
    return course


@transaction.atomic
def change_draft(*, version: CourseVersion, by: User | None, **fields: Any) -> CourseVersion:
    """Change what an open version says. What was in review is a draft again.

    Raises ``Conflict`` for a version that is published or replaced: that takes a new version.
    """
    version = open_version(version, by)
    changed = _write(version, by, fields)
    if changed:
        version.save()
        note_change(version, by, *changed)
    return version


@transaction.atomic
def submit_course(*, version: CourseVersion, by: User) -> CourseVersion:
    """Ask for review. The course's unfinished questions go along, and the nearest reviewers are told.

    Raises ``Invalid`` with every sentence of ``rules.courses.problems_of``.
    """
    version = _locked(version)
    check_right(by, WRITE, version.course.branch)
    _expect(version, State.DRAFT)
    if problems := problems_of(version):
        raise Invalid(" ".join(problems), problems=problems)
    for asked in _questions_in(version, QuestionVersion.State.DRAFT):
        submit_question(version=asked, by=by)
    version.state, version.review_note = State.IN_REVIEW, ""
    version.save(update_fields=["state", "review_note"])
    entry = record(by, "learning.course_submitted", version, branch=version.course.branch)
    enqueue(
        kind="review_asked",
        recipients=people_asked(version.course.branch, REVIEW, besides=writers_of(version)),
        key=f"course:{entry.pk}",
        link=_page(version),
        words={"title": version.title},
    )
    return version


@transaction.atomic
def approve_course(*, version: CourseVersion, by: User, seen: int | None = None) -> CourseVersion:
    """Approve a version with its questions in review, and publish it: it replaces the one before.

    The self-test of the version is made with it. A sitting of the old self-test may be finished; completions stay.
    A withdrawn course is open again. ``seen`` is the ``rules.courses.edition`` the reviewer has read. Raises
    ``NotAllowed`` for whoever wrote any of it, ``Conflict`` unless it is in review, still what was read, and its
    self-test can be drawn. Audited.
    """
    version = _locked(version)
    course = version.course
    check_right(by, REVIEW, course.branch)
    if has_written(version, by):
        raise NotAllowed("自己写的或改过的课程，要由另一位同志审核。")
    _expect(version, State.IN_REVIEW)
    if seen is not None and seen != edition(version):
        raise Conflict("这一版刚才改过了，请重新看一遍再审核。")
    for asked in _questions_in(version, QuestionVersion.State.IN_REVIEW):
        approve_question(version=asked, by=by)
    if problems := [*problems_of(version), *problems_of_blueprint(version)]:
        raise Conflict(" ".join(dict.fromkeys(problems)))
    _publish(version, by)
    record(by, "learning.course_published", version, branch=course.branch)
    return version


@transaction.atomic
def return_course(*, version: CourseVersion, by: User, note: str) -> CourseVersion:
    """Give a version in review back to its writers with a ``note``; they are told."""
    version = _locked(version)
    branch = version.course.branch
    check_right(by, REVIEW, branch)
    _expect(version, State.IN_REVIEW)
    note = _reason(note, "note", "请写一句要改什么。")
    version.state, version.review_note = State.DRAFT, note
    version.save(update_fields=["state", "review_note"])
    entry = record(by, "learning.course_returned", version, branch=branch, reason=note)
    enqueue(
        kind="content_returned",
        recipients=User.objects.active().filter(pk__in=writers_of(version)),
        key=f"course:{entry.pk}",
        link=_page(version),
        words={"title": version.title},
    )
    return version


@transaction.atomic
def new_version(*, course: Course, by: User) -> CourseVersion:
    """Begin the next version as a copy of the published one. Lessons keep their keys, and with them progress.

    Raises ``Conflict`` when one is being written already or nothing has been published yet.
    """
    course = lock(course)
    check_right(by, WRITE, course.branch)
    old = course.current
    if old is None or course.versions.filter(state__in=OPEN).exists():
        raise Conflict("这门课已经有一个没发布的版本，请接着改那一版。")
    lessons = list(old.lessons.prefetch_related("images"))
    number = course.versions.latest("number").number + 1
    version = CourseVersion.objects.create(
        course=course, number=number, author=by, **{name: getattr(old, name) for name in CHANGEABLE}
    )
    for lesson in lessons:
        images = list(lesson.images.all())
        lesson.pk, lesson.version = None, version
        lesson._state.adding = True
        lesson.save(force_insert=True)
        lesson.images.set(images)
    record(by, "learning.course_drafted", version, branch=course.branch)
    return version


@transaction.atomic
def withdraw_course(*, course: Course, by: User, reason: str) -> Course:
    """Take a course back. Those who completed it keep that and read the ``reason``; tasks to study it end.

    Editors and reviewers of the branch may.
    """
    course = lock(course)
    branch = course.branch
    check_right(by, REVIEW if by.has_right(REVIEW, branch) else WRITE, branch)
    if course.current_id is None or course.withdrawn_at is not None:
        raise Conflict("这门课没有发布，或者已经撤下了。")
    reason = _reason(reason, "reason", "请写明撤下的原因，学过的人会看到。")
    course.withdrawn_at, course.withdrawn_by, course.withdraw_reason = timezone.now(), by, reason
    course.save(update_fields=["withdrawn_at", "withdrawn_by", "withdraw_reason"])
    for assignment in Assignment.objects.standing().filter(course=course).select_for_update(no_key=True):
        call_off(assignment)
    record(by, "learning.course_withdrawn", course, branch=branch, reason=reason)
    return course


@transaction.atomic
def complete_course(*, person: User, version: CourseVersion, at: datetime) -> Completion | None:
    """Write down that ``person`` has completed ``version``, once; None as long as something is missing.

    Called whenever the last piece may have been done: a lesson finished, a self-test passed. It counts for the
    version it was done in, also when a newer one has been published meanwhile, and is never taken away. Whoever had set the
    course as a task finds it done. Writes an audit entry.
    """
    person = lock(person)
    if found := Completion.objects.filter(person=person, version=version).first():
        return found
    if not is_complete(person, version):
        return None
    branch = home_of(person)
    completion = Completion.objects.create(
        person=person,
        course_id=version.course_id,
        version=version,
        branch_name=branch.name if branch else "",
        completed_at=at,
    )
    mark_done(person=person, at=at, course=version.course)
    record(person, "learning.course_completed", completion, branch=branch)
    return completion


def open_version(version: CourseVersion, by: User | None) -> CourseVersion:
    """The version, locked, for somebody who is about to write in it. Called inside the caller's transaction."""
    version = _locked(version)
    check_right(by, WRITE, version.course.branch)
    _expect(version, *OPEN)
    return version


def note_change(version: CourseVersion, by: User | None, *changed: str) -> None:
    """Something in an open version is different now: it needs a review of its own, and the log says whose words."""
    if version.state == State.IN_REVIEW:
        version.state = State.DRAFT
        version.save(update_fields=["state"])
    record(by, "learning.course_changed", version, branch=version.course.branch, changed=changed)


def own_media(by: User | None, branch: Branch):
    """Files that may be put into content of ``branch``: those kept where ``by`` writes."""
    branches = Branch.objects.where(by, WRITE) if by else [branch]
    return Media.objects.filter(branch__in=branches)


def _locked(version: CourseVersion) -> CourseVersion:
    """The version as it is now, behind the lock of its course: one thing at a time happens to a course."""
    course = Course.objects.select_for_update(no_key=True).get(pk=version.course_id)
    version = CourseVersion.objects.select_related("author").get(pk=version.pk)
    version.course = course
    return version


def _expect(version: CourseVersion, *states: str) -> None:
    if version.state not in states:
        raise Conflict(f"这一版现在是“{version.get_state_display()}”，不能这样做。请刷新后再看。")


def _publish(version: CourseVersion, by: User) -> None:
    course, now = version.course, timezone.now()
    course.versions.filter(state=State.PUBLISHED).update(state=State.REPLACED)
    version.state, version.reviewer, version.reviewed_at, version.published_at = State.PUBLISHED, by, now, now
    version.review_note = ""
    version.save()
    course.current = version
    course.withdrawn_at, course.withdrawn_by, course.withdraw_reason = None, None, ""
    course.save()
    if version.test_draw:
        Quiz.objects.create(
            kind=Quiz.Kind.SELF_TEST,
            branch=course.branch,
            course_version=version,
            title=f"{version.title[:50]}课后自测",
            attempts=0,
            pass_percent=version.test_pass,
            same_order=version.same_order,
            is_demo=course.is_demo,
        )


def _questions_in(version: CourseVersion, state: str) -> list[QuestionVersion]:
    """The questions of the course in that state; a correction of a key is decided on its own page."""
    rows = QuestionVersion.objects.filter(
        question__course=version.course_id, question__retired_at=None, state=state
    )
    rows = rows.exclude(pk__in=Correction.objects.values("fixed"))
    return list(rows.select_related("question").order_by("question"))


def _place(course: Course, by, audience: Audience, series: str, topic: Topic | None, position: int) -> None:
    problems = {}
    covered = set(audience.branches.values_list("pk", flat=True))
    if by is not None and covered - set(Branch.objects.where(by, WRITE).values_list("pk", flat=True)):
        problems["audience"] = ["开放对象里有不由你负责的组织，请重新选。"]
    places = course.branch.ancestors(include_self=True)
    if topic is not None and not places.filter(pk=topic.branch_id).exists():
        problems["topic"] = ["请选本组织或上级组织的专题。"]
    if series not in Course.Series.values:
        problems["series"] = ["没有这个系列。"]
    if problems:
        raise Invalid(
            " ".join(sentence for group in problems.values() for sentence in group), fields=problems
        )
    course.audience, course.series, course.topic, course.position = audience, series, topic, position


def _write(version: CourseVersion, by: User | None, fields: dict[str, Any]) -> list[str]:
    """Set the fields, checked; returns the names of those that are different now."""
    if unknown := fields.keys() - CHANGEABLE:
        raise Invalid(f"这些内容不能修改：{'、'.join(sorted(unknown))}。")
    fields = {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}
    changed = [name for name, value in fields.items() if getattr(version, name) != value]
    for name in changed:
        setattr(version, name, fields[name])
    problems: dict[str, list[str]] = {}
    try:
        version.clean_fields(exclude={field.name for field in version._meta.fields} - CHANGEABLE | {"cover"})
    except ValidationError as error:
        problems |= error.message_dict
    if version.test_pass > 100:
        problems["test_pass"] = ["合格线是百分数，最多 100。"]
    if sentence := _blueprint_problem(version.blueprint):
        problems["blueprint"] = [sentence]
    cover = version.cover if "cover" in changed else None
    if cover and not own_media(by, version.course.branch).filter(pk=cover.pk, kind=Media.Kind.IMAGE).exists():
        problems["cover"] = ["封面要用本组织上传的图片。"]
    if problems:
        raise Invalid(
            " ".join(sentence for group in problems.values() for sentence in group), fields=problems
        )
    return changed


def _blueprint_problem(lines: object) -> str:
    """What is wrong with a blueprint as data; whether the questions suffice is asked before publishing."""
    if not isinstance(lines, list) or len(lines) > 60:
        return "抽题方案最多 60 行。"
    for line in lines:
        if not isinstance(line, dict) or line.keys() != {"category", "difficulty", "count"}:
            return "抽题方案每行是分类、难度和题数。"
        if not isinstance(line["category"], str) or line["difficulty"] not in (1, 2, 3):
            return "难度是 1 到 3。"
        if not isinstance(line["count"], int) or not 0 < line["count"] <= 200:
            return "题数是 1 到 200。"
    if len({(line["category"], line["difficulty"]) for line in lines}) < len(lines):
        return "同一个分类和难度请合成一行。"
    return ""


def _reason(text: str, field: str, sentence: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise Invalid(sentence, fields={field: [sentence]})
    return text[:200]


def _page(version: CourseVersion) -> str:
    return reverse("admin:learning_courseversion_change", args=[version.pk])
