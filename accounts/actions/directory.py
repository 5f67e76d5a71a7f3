"""Bringing roster and WeCom directory together: compare, let a person decide, then apply line by line."""

import structlog
from celery import current_app
from django.db import transaction
from django.utils import timezone

from accounts.actions import identities
from accounts.directory.difference import Difference
from accounts.directory.reading import Snapshot, read
from accounts.models import Branch, DirectoryChange, DirectorySync, User, WeComIdentity
from core.audit.log import record
from core.errors import Conflict, DomainError, Missing
from wecom.errors import Temporary, WeComError

RIGHT = "accounts.sync_directory"
State = DirectorySync.State
Kind = DirectoryChange.Kind

log = structlog.get_logger(__name__)


class NeedsConfirmation(Conflict):
    code = "needs_confirmation"
    message = "这次有很多人或部门会消失。请先在企业微信里核实，确认无误再勾选“我已核实”。"


@transaction.atomic
def ask_for_check(*, scope: Branch, by: User | None) -> DirectorySync:
    """Have the branch and everything below it compared soon. Asking again before that changes nothing.

    ``by`` is None for the portal itself. Raises ``Missing`` for a branch where ``by`` may not compare.
    """
    if by is not None and not by.has_right(RIGHT, scope):
        raise Missing
    sync, is_new = DirectorySync.objects.get_or_create(
        scope=scope, state=State.NEEDED, defaults={"asked_by": by}
    )
    if is_new:
        record(by, "accounts.directory_check_asked", sync, branch=scope)
    if by is not None:
        transaction.on_commit(_wake_up, robust=True)
    return sync


def ask_for_check_of_everything() -> None:
    """What the schedule and WeCom's own news ask for: every tree of the organisation, from its top."""
    for top in Branch.objects.current().filter(parent=None):
        ask_for_check(scope=top, by=None)


def run_check(sync: DirectorySync) -> DirectorySync:
    """Read the directory and store the difference. Leaves the comparison waiting when WeCom does not answer now.

    Speaks to the network: call it from a task, outside any transaction.
    """
    try:
        snapshot = read()
    except Temporary as error:
        log.warning("directory_check_postponed", sync=sync.pk, errcode=error.errcode)
        return sync
    except WeComError as error:
        return _settle(sync, State.REFUSED, str(error))
    return _store(sync, snapshot)


@transaction.atomic
def approve(*, sync: DirectorySync, by: User, confirmed: bool = False) -> DirectorySync:
    """Accept a comparison; its lines are then applied by a task. Approving twice is approving once.

    Raises ``Missing`` out of ``by``'s reach, ``NeedsConfirmation`` when much would vanish and ``confirmed`` is
    false, ``Conflict`` when the comparison is outdated or was decided otherwise.
    """
    sync = _locked(sync, by)
    if sync.state in {State.APPROVED, State.DONE}:
        return sync
    if sync.state != State.OPEN:
        raise Conflict("这次核对已经过时，请看最新的一次。")
    if sync.is_braked and not confirmed:
        raise NeedsConfirmation
    _decide(sync, State.APPROVED, by)
    transaction.on_commit(_wake_up, robust=True)
    return sync


@transaction.atomic
def discard(*, sync: DirectorySync, by: User) -> DirectorySync:
    """Set a comparison aside; nothing is changed. Raises as ``approve`` does."""
    sync = _locked(sync, by)
    if sync.state == State.DISCARDED:
        return sync
    if sync.state not in {State.OPEN, State.NEEDED}:
        raise Conflict("这次核对已经处理过了。")
    _decide(sync, State.DISCARDED, by)
    return sync


def apply(sync: DirectorySync) -> DirectorySync:
    """Carry out an approved comparison, each line in its own transaction; what was interrupted is resumed."""
    pending = sync.changes.filter(kind__in=DirectoryChange.ACTING, state=DirectoryChange.State.PROPOSED)
    for change in pending.select_related("person", "branch").order_by("pk"):
        _apply_line(change, sync.decided_by)
    DirectorySync.objects.filter(pk=sync.pk, state=State.APPROVED).update(state=State.DONE)
    sync.refresh_from_db()
    return sync


def _apply_line(change: DirectoryChange, by: User | None) -> None:
    state, note = DirectoryChange.State.APPLIED, change.note
    try:
        with transaction.atomic():
            _carry_out(change, by)
    except DomainError as error:
        state, note = DirectoryChange.State.SKIPPED, str(error)
    DirectoryChange.objects.filter(pk=change.pk).update(state=state, note=note)


def _carry_out(change: DirectoryChange, by: User | None) -> None:
    if change.person and change.kind == Kind.BIND:
        origin = WeComIdentity.Origin.DIRECTORY
        identities.bind(person=change.person, userid=change.userid, origin=origin, by=by)
    elif change.person and change.kind == Kind.UNBIND:
        _unbind(change.person, change.userid, by)
    elif change.branch:
        _set_department(change.branch, change.department_id if change.kind == Kind.LINK else None, by)


def _unbind(person: User, userid: str, by: User | None) -> None:
    origin, reason = WeComIdentity.Origin.DIRECTORY, "企业微信里已经没有这个账号。"
    for identity in person.wecom_identities.filter(userid=userid, unbound_at=None):
        identities.unbind(identity=identity, by=by, origin=origin, reason=reason)


def _set_department(branch: Branch, department_id: int | None, by: User | None) -> None:
    branch = Branch.objects.select_for_update(no_key=True).get(pk=branch.pk)
    taken = Branch.objects.filter(wecom_department_id=department_id, until=None).exclude(pk=branch.pk)
    if department_id is not None and taken.exists():
        raise Conflict("这个部门已经对应了别的组织。")
    if by is not None and not by.has_right(RIGHT, branch):
        raise Missing
    Branch.objects.filter(pk=branch.pk).update(wecom_department_id=department_id)
    record(by, "accounts.department_linked", branch, branch=branch, changed=["wecom_department_id"])


@transaction.atomic
def _store(sync: DirectorySync, snapshot: Snapshot) -> DirectorySync:
    sync = DirectorySync.objects.select_for_update().select_related("scope").get(pk=sync.pk)
    if sync.state != State.NEEDED:
        return sync
    difference = Difference(sync.scope, snapshot)
    sync.members, sync.departments = len(snapshot.members), len(snapshot.departments)
    if refusal := difference.refusal():
        return _settle(sync, State.REFUSED, refusal)
    changes = difference.changes()
    for change in changes:
        change.sync = sync
    DirectoryChange.objects.bulk_create(changes, batch_size=500)
    DirectorySync.objects.filter(scope=sync.scope, state=State.OPEN).update(
        state=State.DISCARDED, note="已有更新的核对。"
    )
    sync.is_braked = difference.is_braked()
    return _settle(sync, State.OPEN if changes else State.DONE, "" if changes else "名册和企业微信一致。")


def _settle(sync: DirectorySync, state: str, note: str) -> DirectorySync:
    sync.state, sync.note, sync.read_at = state, note[:200], timezone.now()
    sync.save()
    return sync


def _locked(sync: DirectorySync, by: User) -> DirectorySync:
    sync = DirectorySync.objects.select_for_update(of=("self",)).select_related("scope").get(pk=sync.pk)
    if not by.has_right(RIGHT, sync.scope):
        raise Missing
    return sync


def _decide(sync: DirectorySync, state: str, by: User) -> None:
    sync.state, sync.decided_by, sync.decided_at = state, by, timezone.now()
    sync.save(update_fields=["state", "decided_by", "decided_at"])
    record(by, f"accounts.directory_{state}", sync, branch=sync.scope)


def _wake_up() -> None:
    """Start the worker early. The queue may be down: the schedule looks by itself anyway."""
    current_app.send_task("accounts.tasks.tend_directory", retry=False)
