"""Who has to study what until when: set, kept true, marked as done (``domain.md`` S51, ``reliability.md`` B10)."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone

from accounts.actions.locks import lock
from accounts.models import Audience, Branch, User
from core.audit.log import record
from core.errors import Conflict, Invalid, Missing, NotAllowed
from learning.models import Assignee, Assignment, Attempt, Completion, Course, Nudge, Quiz
from learning.rules.assignments import ASSIGN, can_assign_to, courses_to_assign, in_words
from notifications.models import Recipient
from notifications.outbox import cancel, cancel_for, enqueue

ROWS_PER_INSERT = 2000
DUE_SOON = timedelta(days=2)
# What is said to the people of an assignment. Keys are its primary key, those of nudges go on behind a colon.
SAID = ("study_assigned", "course_due", "quiz_open", "quiz_last_day", "study_nudge")


@transaction.atomic
def assign(
    *,
    by: User | None,
    branch: Branch,
    audience: Audience,
    due_at: datetime,
    course: Course | None = None,
    quiz: Quiz | None = None,
) -> Assignment:
    """Let everybody in ``audience`` study ``course``, or take ``quiz``, until ``due_at``.

    ``by`` is None for the month-end quiz, which the portal sets itself. Who has completed the course before, in
    whatever version, is done at once. A course is told to the others at once (``study_assigned``); a quiz when
    it opens. Raises ``Missing`` for a branch where ``by`` does not assign study and for a course he cannot see,
    ``NotAllowed`` for an audience that goes beyond his branches, ``Invalid`` for a moment that is over and for an
    audience of nobody, ``Conflict`` when the same course is set for the same people already. Audited.
    """
    if by is not None:
        _check(by, branch, audience, course)
    if due_at <= timezone.now():
        raise Invalid("截止时间要在以后。", fields={"due_at": ["截止时间要在以后。"]})
    assignment = _create(
        branch=branch, audience=audience, due_at=due_at, course=course, quiz=quiz, created_by=by
    )
    _enter(assignment)
    record(by, "learning.study_assigned", assignment, branch=branch, changed=("audience", "due_at"))
    if course:
        tell(assignment, "study_assigned")
    return assignment


@transaction.atomic
def refresh_assignees(assignment: Assignment) -> None:
    """Make the list follow the audience: who joined is added, who left and is not done is taken off.

    Who comes back counts again; who is done stays. People who have done it without being marked (because they
    finished in the moment of the assignment) are marked. Those who are new hear of a course. Over or withdrawn
    assignments stay as they are. Harmless to repeat; a fixed number of queries per 2,000 new people.
    """
    assignment = lock(assignment)
    if assignment.withdrawn_at or assignment.is_over:
        return
    rows = assignment.assignees.all()
    inside = assignment.audience.people().values("pk")
    gone = rows.filter(removed_at=None, done_at=None).exclude(person__in=inside)
    people = list(gone.values_list("person", flat=True))
    gone.update(removed_at=timezone.now())
    cancel_for(people=people, kinds=SAID, key=str(assignment.pk))
    rows.filter(person__in=inside).exclude(removed_at=None).update(removed_at=None)
    _enter(assignment)
    if assignment.course_id:
        tell(assignment, "study_assigned")


@transaction.atomic
def withdraw_assignment(*, assignment: Assignment, by: User) -> Assignment:
    """Nobody has to do it any more; what waits to be said is not said. Who is done stays done.

    Raises ``Missing`` where ``by`` does not assign study and ``Conflict`` for a quiz, which is withdrawn as a whole
    (``actions.quizzes.withdraw_quiz``). Withdrawing twice changes nothing. Audited.
    """
    assignment = lock(assignment)
    if not by.has_right(ASSIGN, assignment.branch):
        raise Missing
    if assignment.quiz_id:
        raise Conflict("月末测评不能单独取消，可以撤下整个测评。")
    if assignment.withdrawn_at is None:
        call_off(assignment)
        record(by, "learning.assignment_withdrawn", assignment, branch=assignment.branch)
    return assignment


@transaction.atomic(savepoint=False)
def mark_done(*, person: User, at: datetime, course: Course | None = None, quiz: Quiz | None = None) -> int:
    """``person`` has completed ``course`` or handed in ``quiz``: he is done wherever he was told to.

    The first moment stays and is never taken back. Reminders that wait for him are called off
    (``reliability.md`` B10). Returns how many assignments that were; one query when there are none.
    """
    task = {"assignment__course": course} if course else {"assignment__quiz": quiz}
    rows = dict(Assignee.objects.filter(person=person, done_at=None, **task).values_list("pk", "assignment"))
    if not rows:
        return 0
    Assignee.objects.filter(pk__in=rows, done_at=None).update(done_at=at)
    for assignment in set(rows.values()):
        cancel_for(people=[person.pk], kinds=SAID, key=str(assignment))
    return len(rows)


def call_off(assignment: Assignment) -> None:
    """Withdraw a locked assignment with everything that waits to be said about it."""
    assignment.withdrawn_at = timezone.now()
    assignment.save(update_fields=["withdrawn_at"])
    for kind in SAID[:-1]:
        cancel(kind=kind, key=str(assignment.pk))
    for at in Nudge.objects.filter(assignee__assignment=assignment).values_list("at", flat=True).distinct():
        cancel(kind="study_nudge", key=nudge_key(assignment, at))


def tell(assignment: Assignment, kind: str, *, listed_until: datetime | None = None) -> int:
    """Say ``kind`` to those who still have to do it and have not heard it; returns how many that were.

    ``listed_until`` leaves out who came on the list later. What nobody got before it is due is dropped.
    """
    key = str(assignment.pk)
    told = Recipient.objects.filter(message__kind=kind, message__key=key).values("person")
    rows = assignment.assignees.filter(removed_at=None, done_at=None, person__is_active=True)
    if listed_until:
        rows = rows.filter(added_at__lte=listed_until)
    people = list(rows.exclude(person__in=told).values_list("person", flat=True))
    if people:
        enqueue(
            kind=kind,
            recipients=(User(pk=person) for person in people),
            key=key,
            link=address(assignment),
            words={"title": str(assignment), "due": in_words(assignment.due_at)},
            expires_at=assignment.due_at,
        )
    return len(people)


def remind_of_courses() -> int:
    """Two days before a course is due: once to those who have not finished, as they are now.

    Who was told of the course within these two days is not reminded of it again. Returns how many were told.
    """
    now = timezone.now()
    due = Assignment.objects.standing().filter(
        course__isnull=False, due_at__gt=now, due_at__lte=now + DUE_SOON
    )
    return sum(
        tell(assignment, "course_due", listed_until=assignment.due_at - DUE_SOON)
        for assignment in due.select_related("course__current")
    )


def refresh_all() -> None:
    """Let every standing assignment that is not over follow its audience, each in a transaction of its own."""
    for assignment in Assignment.objects.standing().filter(due_at__gt=timezone.now()):
        refresh_assignees(assignment)


def nudge_key(assignment: Assignment, at: datetime) -> str:
    """The message key of the nudges that were sent together at this moment."""
    return f"{assignment.pk}:{at.timestamp()}"


def address(assignment: Assignment) -> str:
    """Where a learner does it."""
    if assignment.quiz_id:
        return reverse("learning:quiz", args=[assignment.quiz_id])
    return reverse("learning:course", args=[assignment.course_id])


def _check(by: User, branch: Branch, audience: Audience, course: Course | None) -> None:
    if not by.has_right(ASSIGN, branch):
        raise Missing
    if course is None or not courses_to_assign(by).filter(pk=course.pk).exists():
        raise Missing
    if not can_assign_to(by, audience):
        raise NotAllowed("只能布置给你负责的组织。")
    if not audience.people().exists():
        raise Invalid("这个范围里现在没有人。", fields={"audience": ["这个范围里现在没有人。"]})


def _create(**fields) -> Assignment:
    try:
        with transaction.atomic():
            return Assignment.objects.create(**fields)
    except IntegrityError as error:
        raise Conflict("这项学习已经布置给这些人了。要改截止时间，请先取消原来的。") from error


def _enter(assignment: Assignment) -> None:
    """Add who is in the audience and not on the list, and mark who has done it."""
    listed = assignment.assignees.values("person")
    new = assignment.audience.people().exclude(pk__in=listed).order_by("pk")
    for chunk in _chunks(new.values_list("pk", flat=True)):
        Assignee.objects.bulk_create(
            [Assignee(assignment=assignment, person_id=person) for person in chunk], ignore_conflicts=True
        )
    open_rows = assignment.assignees.filter(done_at=None)
    done = _done(assignment)
    open_rows.filter(Exists(done)).update(done_at=Subquery(done.values("at")[:1]))


def _done(assignment: Assignment):
    """When the person of an ``Assignee`` did it, the first time first."""
    if assignment.course_id:
        rows = Completion.objects.filter(course=assignment.course_id, person=OuterRef("person"))
        moment = "completed_at"
    else:
        rows = Attempt.objects.counted().filter(quiz=assignment.quiz_id, person=OuterRef("person"))
        moment = "closed_at"
    return rows.order_by(moment).values(at=F(moment))


def _chunks(keys: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(list(keys))
    while chunk := list(islice(rest, ROWS_PER_INSERT)):
        yield chunk
