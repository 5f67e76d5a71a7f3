"""Suggestions, complaints and corrections: received → assigned → answered → closed (``domain.md`` C1, C23)."""

from django.db import transaction
from django.utils import timezone

from accounts.models import Branch, Feedback, Membership, User
from core.audit.log import record
from core.calendar import add_working_days
from core.errors import Conflict, Invalid, NotAllowed, TooMany

WORKING_DAYS_TO_ANSWER = 15
OPEN_AT_ONCE = 5


@transaction.atomic
def send_feedback(*, by: User, kind: str, text: str) -> Feedback:
    """Hand in what ``by`` wrote. ``kind`` is one of ``Feedback.Kind``, ``text`` 1 to 1000 characters.

    Raises ``Invalid``, or ``TooMany`` when five of the person's are still open. Writes one audit entry.
    """
    text = text.strip()
    if kind not in Feedback.Kind.values or not 1 <= len(text) <= 1000:
        raise Invalid
    User.objects.select_for_update().get(pk=by.pk)
    if Feedback.objects.open().filter(person=by).count() >= OPEN_AT_ONCE:
        raise TooMany("你还有几条没有答复，等答复了再写新的。")
    feedback = Feedback.objects.create(
        person=by,
        branch=_where_answered(by, kind),
        kind=kind,
        text=text,
        answer_by=add_working_days(timezone.localdate(), WORKING_DAYS_TO_ANSWER),
    )
    record(by, "accounts.feedback_sent", feedback, branch=feedback.branch)
    return feedback


def _where_answered(person: User, kind: str) -> Branch | None:
    """The person's party branch, else the league branch; nobody answers a complaint about himself."""
    memberships = person.memberships.on(timezone.localdate()).select_related("branch__parent")
    by_side = {membership.side: membership.branch for membership in memberships}
    branch = by_side.get(Membership.Side.PARTY) or by_side.get(Membership.Side.LEAGUE)
    if branch and kind == Feedback.Kind.COMPLAINT:
        return branch.parent or branch
    return branch


@transaction.atomic
def take_feedback(*, feedback: Feedback, by: User) -> Feedback:
    """``by`` will deal with it. Raises ``NotAllowed``, or ``Conflict`` when it is taken or answered already."""
    feedback = _locked(feedback, by)
    if feedback.state != Feedback.State.RECEIVED:
        raise Conflict("已经有人在办了。")
    feedback.state, feedback.assigned_to = Feedback.State.ASSIGNED, by
    feedback.save(update_fields=["state", "assigned_to"])
    record(by, "accounts.feedback_taken", feedback, branch=feedback.branch)
    return feedback


@transaction.atomic
def answer_feedback(*, feedback: Feedback, answer: str, by: User) -> Feedback:
    """Answer the person who wrote. Raises ``NotAllowed``, ``Invalid`` or, when it was answered, ``Conflict``."""
    answer = answer.strip()
    if not 1 <= len(answer) <= 1000:
        raise Invalid("答复要写 1 到 1000 个字。")
    feedback = _locked(feedback, by)
    if not feedback.is_open:
        raise Conflict("这一条已经答复过了。")
    feedback.state, feedback.answer = Feedback.State.ANSWERED, answer
    feedback.answered_by, feedback.answered_at = by, timezone.now()
    feedback.save(update_fields=["state", "answer", "answered_by", "answered_at"])
    record(by, "accounts.feedback_answered", feedback, branch=feedback.branch)
    return feedback


@transaction.atomic
def close_feedback(*, feedback: Feedback, by: User) -> Feedback:
    """The person who wrote is satisfied. Closing twice is closing once."""
    feedback = Feedback.objects.select_for_update().get(pk=feedback.pk)
    if feedback.person_id != by.pk:
        raise NotAllowed
    if feedback.state == Feedback.State.CLOSED:
        return feedback
    if feedback.state != Feedback.State.ANSWERED:
        raise Conflict("还没有答复，暂时不能办结。")
    feedback.state = Feedback.State.CLOSED
    feedback.save(update_fields=["state"])
    record(by, "accounts.feedback_closed", feedback, branch=feedback.branch)
    return feedback


def _locked(feedback: Feedback, by: User) -> Feedback:
    feedback = Feedback.objects.select_for_update().get(pk=feedback.pk)
    answering = Branch.objects.where(by, "accounts.answer_feedback")
    if feedback.person_id == by.pk or not answering.filter(pk=feedback.branch_id).exists():
        raise NotAllowed
    return feedback
