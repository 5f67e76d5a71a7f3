"""Changing the organisation tree. A branch is never deleted; its records keep what it was called and where it stood."""

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import rules
from accounts.actions.locks import locked_rows
from accounts.actions.membership import move_person
from accounts.actions.offices import end_offices
from accounts.actions.relations import end_periods
from accounts.models import Branch, BranchRecord, Membership, TalkGroup, TalkGroupMember, User
from core.audit.log import record
from core.errors import Conflict, Invalid, Missing


@transaction.atomic
def open_branch(
    *,
    parent: Branch | None,
    name: str,
    kind: str,
    by: User | None,
    since: date | None = None,
    reason: str = "",
    **fields: Any,
) -> Branch:
    """Open a branch below ``parent`` from ``since`` (today or earlier).

    ``fields`` are ``subtype``, ``position``, ``elected_on`` and ``wecom_department_id``. ``by`` is None for the
    installation, which alone opens the university at the top. Raises ``Missing`` for a foreign parent, ``Invalid``
    for a kind that does not stand there or a day that does not fit, ``Conflict`` for a name that is taken there.
    """
    _lock_tree()
    if by is not None and not (parent and rules.can_change_branch(by, parent)):
        raise Missing
    since = since or timezone.localdate()
    _check_place(kind, parent, since)
    branch = _save(Branch(parent=parent, name=_name(name), kind=kind, since=since, **fields))
    _write_record(branch, since)
    record(by, "accounts.branch_opened", branch, branch=branch, reason=reason)
    return branch


@transaction.atomic
def rename_branch(
    *, branch: Branch, name: str, by: User | None, since: date | None = None, reason: str = ""
) -> Branch:
    """Call a branch by another name from ``since`` (today); what was recorded before keeps the old one."""
    branch, since = _prepare(branch, by, since)
    if branch.name == _name(name):
        return branch
    branch.name = _name(name)
    return _change(branch, since, by, "accounts.branch_renamed", "name", reason)


@transaction.atomic
def move_branch(
    *, branch: Branch, parent: Branch, by: User | None, since: date | None = None, reason: str = ""
) -> Branch:
    """Put a branch with all below it under another parent from ``since`` (today); rights follow at once.

    Raises ``Invalid`` when it cannot stand there or would stand below itself.
    """
    branch, since = _prepare(branch, by, since)
    if by is not None and not rules.can_change_branch(by, parent):
        raise Missing
    if branch.parent_id == parent.pk:
        return branch
    _check_place(branch.kind, parent, since)
    if Branch.objects.subtree(branch).filter(pk=parent.pk).exists():
        raise Invalid("不能移到自己或自己的下级里面。", fields={"parent": ["不能移到自己的下级里面。"]})
    branch.parent = parent
    return _change(branch, since, by, "accounts.branch_moved", "parent", reason)


@transaction.atomic
def close_branch(
    *, branch: Branch, by: User | None, reason: str, people_to: Branch | None = None, on: date | None = None
) -> Branch:
    """Close a branch on a day (today): its offices and talk groups end, nobody keeps a right in it.

    People inside go to ``people_to``, a branch of the same side; without it closing is refused while anybody is
    inside, and always while an open branch stands below. Closing twice changes nothing.
    """
    branch, day = _prepare(branch, by, on, allow_closed=True)
    if branch.until is not None:
        return branch
    if Branch.objects.filter(parent=branch, until=None).exists():
        raise Invalid("下面还有没撤销的组织，请先处理它们。")
    _empty(branch, people_to, by, day)
    end_offices(offices=branch.offices.all(), by=by, reason=f"组织撤销：{reason}")
    groups = TalkGroup.objects.filter(branch=branch, until=None)
    end_periods(TalkGroupMember.objects.filter(group__in=list(groups)), day)
    end_periods(groups, day)
    branch.until = day
    branch.save(update_fields=["until"])
    end_periods(branch.records.all(), day)
    record(by, "accounts.branch_closed", branch, branch=branch, changed=("until",), reason=reason)
    return branch


def _lock_tree() -> None:
    """One change of the tree at a time: two moves could otherwise put two branches below each other."""
    list(
        Branch.objects.without_tree_fields().select_for_update(no_key=True).filter(parent=None).order_by("pk")
    )


def _prepare(
    branch: Branch, by: User | None, day: date | None, *, allow_closed: bool = False
) -> tuple[Branch, date]:
    """The branch as it is now and the day of the change, when ``by`` may change it."""
    _lock_tree()
    branch = locked_rows(Branch, [branch.pk])[0]
    if by is not None and not rules.can_change_branch(by, branch):
        raise Missing
    day = day or timezone.localdate()
    if day > timezone.localdate() or day < branch.since:
        raise Invalid("日期不能晚于今天，也不能早于成立日期。", fields={"since": ["日期不合适。"]})
    if branch.until is not None and not allow_closed:
        raise Invalid("这个组织已经撤销。")
    return branch, day


def _check_place(kind: str, parent: Branch | None, day: date) -> None:
    if kind not in Branch.Kind.values or not rules.may_stand_below(kind, parent):
        where = parent.get_kind_display() if parent else "最上级"
        what = dict(Branch.Kind.choices).get(kind, kind)
        raise Invalid(f"{where}下面不能设“{what}”。", fields={"kind": [f"{where}下面不能设这种组织。"]})
    if day > timezone.localdate():
        raise Invalid("日期不能晚于今天。", fields={"since": ["不能晚于今天。"]})
    if parent and not parent.holds_on(day):
        raise Invalid("上级组织那天不存在或已经撤销。", fields={"parent": ["那天不存在或已经撤销。"]})


def _name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= 60:
        raise Invalid("名称要有 1 到 60 个字。", fields={"name": ["名称要有 1 到 60 个字。"]})
    return name


def _save(branch: Branch) -> Branch:
    try:
        with transaction.atomic():
            branch.save()
    except IntegrityError as error:
        raise Conflict(
            "同一个上级下面已经有这个名称，或者企业微信部门编号已被使用。", code="branch_taken"
        ) from error
    return branch


def _change(branch: Branch, day: date, by: User | None, action: str, field: str, reason: str) -> Branch:
    before = Branch.objects.get(pk=branch.pk)
    _close_record(before, day)
    _save(branch)
    _write_record(branch, day)
    record(by, action, branch, branch=branch, changed=(field,), reason=reason)
    return branch


def _close_record(before: Branch, day: date) -> None:
    """End what the branch was; a branch without any record gets one of the time until now."""
    if not before.records.exists():
        _write_record(before, before.since)
    if before.records.filter(until=None, since__gt=day).exists():
        raise Invalid("这一天之后已经有变更记录。", fields={"since": ["这一天之后已经有变更记录。"]})
    end_periods(before.records.all(), day)


def _write_record(branch: Branch, day: date) -> None:
    BranchRecord.objects.create(
        branch=branch, parent=branch.parent, name=branch.name, kind=branch.kind, since=day
    )


def _empty(branch: Branch, people_to: Branch | None, by: User | None, day: date) -> None:
    inside = Membership.objects.filter(branch=branch, until=None).select_related("person").order_by("person")
    if not inside:
        return
    if people_to is None:
        raise Invalid(
            f"里面还有 {len(inside)} 人，请先选好他们去哪个支部。", fields={"people_to": ["请选择支部。"]}
        )
    if people_to.pk == branch.pk or (by is not None and not by.has_right("accounts.move_person", people_to)):
        raise Missing
    for membership in inside:
        move_person(person=membership.person, branch=people_to, by=by, side=membership.side, since=day)
