"""Reminding those who have not done it, and nobody else (``domain.md`` S51, X6)."""

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.actions.locks import lock
from accounts.models import User
from core.audit.log import record
from core.errors import Conflict, Missing
from learning.actions.assignments import nudge_key
from learning.models import Assignee, Assignment, Nudge
from learning.rules import progress
from learning.rules.assignments import ASSIGN, in_words
from notifications.outbox import enqueue


@transaction.atomic
def nudge(*, assignment: Assignment, by: User) -> int:
    """Remind everybody in the branches of ``by`` who has not done it and may be reminded now; returns how many.

    At most twice a person and task, 48 hours apart, whoever reminds. Who it was and when is kept and shown to the
    person. Raises ``Missing`` for an assignment without people of his branches, and ``Conflict`` when it is over,
    withdrawn or not open yet, and when nobody can be reminded. Audited.
    """
    assignment = lock(assignment)
    everybody = Assignee.objects.in_branches_of(by, ASSIGN).filter(assignment=assignment)
    if not everybody.exists():
        raise Missing
    now = timezone.now()
    _check_time(assignment, now)
    rows = [row for row in progress.open_rows(assignment, by, ASSIGN) if not progress.why_not(row, by, now)]
    if not rows:
        raise Conflict("现在没有可以提醒的人。")
    _create(rows, by, now)
    enqueue(
        kind="study_nudge",
        recipients=[row.person for row in rows],
        key=nudge_key(assignment, now),
        link=reverse("learning:tasks"),
        words={"title": str(assignment), "due": in_words(assignment.due_at)},
        expires_at=assignment.due_at,
    )
    record(by, "learning.people_nudged", assignment, branch=assignment.branch, reason=f"{len(rows)} 人")
    return len(rows)


def _check_time(assignment: Assignment, now) -> None:
    if assignment.withdrawn_at:
        raise Conflict("这项学习已经取消了。")
    if assignment.is_over:
        raise Conflict("已经过了截止时间，不再提醒。")
    if not progress.has_begun(assignment, now):
        raise Conflict("测评还没有开放，开放时会自动通知。")


def _create(rows: list[Assignee], by: User, at) -> None:
    try:
        with transaction.atomic():
            Nudge.objects.bulk_create(
                Nudge(assignee=row, number=len(row.nudges.all()) + 1, by=by, at=at) for row in rows
            )
    except IntegrityError as error:
        raise Conflict("刚才有人提醒过，请刷新后再看。") from error
