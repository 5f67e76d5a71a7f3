"""Where people belong: moving them, and putting right what was recorded wrongly."""

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import rules
from accounts.actions.locks import lock
from accounts.actions.offices import end_offices
from accounts.actions.relations import end_periods, leave_groups
from accounts.models import Branch, Membership, User
from core.audit.log import record
from core.errors import Conflict, Invalid, Missing
from notifications.outbox import enqueue


@transaction.atomic
def move_person(
    *,
    person: User,
    branch: Branch,
    by: User | None,
    side: str = Membership.Side.PARTY,
    since: date | None = None,
) -> Membership:
    """Let ``person`` belong to ``branch`` from ``since`` (today); that day belongs to the new branch.

    This is for what became true; ``correct_membership`` is for what was recorded wrongly. On the party side the
    talk groups, the offices and the party group of the branch he leaves end with it; his cultivation contacts
    stay and are listed for the secretary. Moving to where he is changes nothing. ``by`` is None when the portal
    itself acts.

    Raises ``Missing`` for a foreign branch or person, ``Invalid`` for a branch without members of its own or a day
    that does not fit, ``Conflict`` when somebody moved him at the same moment.
    """
    since = since or timezone.localdate()
    person = lock(person)
    if by is not None and not rules.can_move(by, person, branch):
        raise Missing
    _check(person, branch, side, since)
    current = person.memberships.filter(side=side, until=None).first()
    if current and current.branch_id == branch.pk:
        return current
    membership = _replace(current, person, branch, side, since)
    if current:
        _leave(person, current.branch, branch, side, since, by)
    record(by, "accounts.person_moved", person, branch=branch, changed=("branch",))
    if person.is_active:
        enqueue(kind="branch_changed", recipients=[person], key=str(membership.pk), link="/me/")
    return membership


@transaction.atomic
def correct_membership(
    *,
    membership: Membership,
    by: User,
    reason: str,
    branch: Branch | None = None,
    since: date | None = None,
) -> Membership:
    """Put right a period that was recorded wrongly: another branch, another first day, or both.

    The wrong row stays as voided with ``reason``; the new one tells since when it is known by ``recorded_at``.
    The row before is made to end where the corrected one begins. Raises as ``move_person`` does, and ``Invalid``
    without a reason or when the new day lies inside an earlier stay.
    """
    person = lock(membership.person)
    wrong = Membership.objects.select_related("branch").get(pk=membership.pk)
    branch, since = branch or wrong.branch, since or wrong.since
    if not (rules.can_move(by, person, branch) and by.has_right("accounts.move_person", wrong.branch)):
        raise Missing
    if not reason.strip():
        raise Invalid("请写明为什么更正。", fields={"reason": ["请写明为什么更正。"]})
    if wrong.voided_at:
        raise Conflict("这条记录已经作废了。")
    _check(person, branch, wrong.side, since)
    if wrong.until is not None and since > wrong.until:
        raise Invalid("开始日期晚于结束日期。", fields={"since": ["开始日期晚于结束日期。"]})
    until, before = wrong.until, _stay_before(wrong)
    _void(wrong, reason)
    if before and since <= before.since:
        raise Invalid(
            "开始日期早于前一个组织的开始日期，请先更正前一条。", fields={"since": ["早于前一条记录。"]}
        )
    if before and (before.until == wrong.since or (before.until or since) > since):
        before.until = since
        before.save(update_fields=["until"])
    right = _create(person, branch, wrong.side, since, until)
    changed = [name for name in ("branch_id", "since") if getattr(right, name) != getattr(wrong, name)]
    record(by, "accounts.membership_corrected", person, branch=branch, changed=changed, reason=reason)
    return right


def end_memberships(person: User, day: date) -> None:
    """Let the person belong nowhere from ``day``: he leaves the school."""
    end_periods(Membership.objects.filter(person=person), day)


def begin_membership(person: User, branch: Branch, side: str, since: date) -> Membership:
    """The first stay of a person who belongs nowhere on that side; for actions that checked the right."""
    _check(person, branch, side, since)
    return _create(person, branch, side, since, None)


def _check(person: User, branch: Branch, side: str, since: date) -> None:
    if side not in Membership.Side.values:
        raise Invalid("没有这种组织关系。", fields={"side": ["没有这种组织关系。"]})
    if since > timezone.localdate():
        raise Invalid("日期不能晚于今天。", fields={"since": ["日期不能晚于今天。"]})
    if not rules.takes_people(branch, side):
        message = f"“{branch}”是{branch.get_kind_display()}，人员不能直接编在这里。"
        raise Invalid(message, fields={"branch": [message]})
    if not branch.holds_on(since):
        raise Invalid("这个组织那天不存在或已经撤销。", fields={"branch": ["那天不存在或已经撤销。"]})
    if person.left_on and since >= person.left_on:
        raise Invalid("这位同志那天已经离校。", fields={"since": ["这位同志那天已经离校。"]})


def _replace(current: Membership | None, person: User, branch: Branch, side: str, since: date) -> Membership:
    if current:
        if since < current.since:
            message = "日期早于现在这段关系的开始；如果是登记错了，请用“更正”。"
            raise Invalid(message, fields={"since": [message]})
        if not Membership.objects.filter(pk=current.pk, until=None).update(until=since):
            raise Conflict
    return _create(person, branch, side, since, None)


def _create(person: User, branch: Branch, side: str, since: date, until: date | None) -> Membership:
    try:
        with transaction.atomic():
            return Membership.objects.create(
                person=person,
                branch=branch,
                branch_name=branch.name_on(since),
                side=side,
                since=since,
                until=until,
            )
    except IntegrityError as error:
        raise Conflict("这段时间和已有的组织关系重叠。") from error


def _leave(person: User, old: Branch, new: Branch, side: str, day: date, by: User | None) -> None:
    """End what stood on belonging to ``old``."""
    if side == Membership.Side.PARTY:
        leave_groups(person, day)
        groups = person.memberships.filter(side=Membership.Side.GROUP).exclude(branch__parent=new)
        end_periods(groups, day)
        held = person.offices.filter(branch__in=Branch.objects.subtree(old))
        end_offices(offices=held, by=by, reason="已离开这个支部")


def _stay_before(membership: Membership) -> Membership | None:
    rows = membership.person.memberships.filter(side=membership.side, voided_at=None, until__isnull=False)
    return rows.filter(since__lt=membership.since).order_by("-since").first()


def _void(membership: Membership, reason: str) -> None:
    still_valid = Membership.objects.filter(pk=membership.pk, voided_at=None)
    if not still_valid.update(until=membership.since, voided_at=timezone.now(), void_reason=reason):
        raise Conflict
