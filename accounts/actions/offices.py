"""Giving and ending offices, and the rights that follow from them."""

from datetime import date, datetime, time

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts import rules
from accounts.actions.locks import lock
from accounts.models import Branch, BranchRight, Office, User
from accounts.rights import OFFICES, codename
from core.audit.log import record
from core.errors import Conflict, Invalid, Missing, NotAllowed
from notifications.outbox import cancel, enqueue


@transaction.atomic
def give_office(
    *, person: User, kind: str, branch: Branch, by: User | None, since: date | None = None, reason: str = ""
) -> Office:
    """Give ``person`` an office in ``branch`` from ``since`` (today; a later day starts by itself).

    ``by`` is None for the first administrator, whom a command of the installation appoints. Giving an office a
    person holds already returns it. Raises ``Missing`` for a branch in which ``by`` appoints nobody of any kind,
    ``NotAllowed`` for a kind he may not give and for himself, ``Invalid`` when the office does not exist in such a
    branch or the person has left. Writes an audit entry, the rights, and a notice to the person.
    """
    since = since or timezone.localdate()
    person = lock(person)
    _check_appointer(person, kind, branch, by)
    _check_office(person, kind, branch, since)
    if held := person.offices.filter(kind=kind, branch=branch, until=None).first():
        return held
    office = _create(
        person=person,
        kind=kind,
        branch=branch,
        branch_name=branch.name,
        since=since,
        given_by=by,
        reason=reason,
    )
    refresh_rights(person)
    record(by, "accounts.office_given", office, branch=branch, changed=("kind", "since"), reason=reason)
    enqueue(
        kind="office_given", recipients=[person], key=str(office.pk), link="/me/", not_before=_start(since)
    )
    return office


@transaction.atomic
def end_office(*, office: Office, by: User | None, reason: str = "", on: date | None = None) -> Office:
    """End an office on a day (today); from that day it gives no rights, and today's sessions end.

    A planned office that has not begun yet is called off. Ending twice changes nothing. ``by`` is None when the
    office ends because its branch closes or its holder leaves. Raises ``Missing`` for an office in a foreign
    branch and ``NotAllowed`` for a kind ``by`` may not end.
    """
    if by is not None:
        _check_right(office.kind, office.branch, by)
    return _end(office, on or timezone.localdate(), by, reason)


@transaction.atomic
def refresh_rights(person: User) -> None:
    """Make the person's rights and ``is_staff`` follow from the offices he holds today. Harmless to repeat."""
    person = lock(person)
    wanted = _rights_of(person)
    existing = {
        (row.content_object_id, row.permission_id): row for row in BranchRight.objects.filter(user=person)
    }
    BranchRight.objects.filter(pk__in=[row.pk for key, row in existing.items() if key not in wanted]).delete()
    for key, until in wanted.items():
        if key in existing and existing[key].until != until:
            BranchRight.objects.filter(pk=existing[key].pk).update(until=until)
    BranchRight.objects.bulk_create(
        BranchRight(user=person, content_object_id=branch, permission_id=permission, until=until)
        for (branch, permission), until in wanted.items()
        if (branch, permission) not in existing
    )
    is_staff = person.is_superuser or (person.is_active and person.offices.current().exists())
    User.objects.filter(pk=person.pk).exclude(is_staff=is_staff).update(is_staff=is_staff)


def end_offices(*, offices: QuerySet[Office], by: User | None, reason: str) -> None:
    """End today every given office, because something else did (a branch, a stay); nobody's right is asked."""
    today = timezone.localdate()
    for office in offices.exclude(until__lte=today).select_related("person", "branch").order_by("person"):
        _end(office, today, by, reason)


def _check_appointer(person: User, kind: str, branch: Branch, by: User | None) -> None:
    if kind not in OFFICES:
        raise Invalid("没有这种职务。", fields={"kind": ["没有这种职务。"]})
    if by is None:
        return
    if by.pk == person.pk:
        raise NotAllowed("不能给自己安排职务，请由上级或其他管理员办理。")
    _check_right(kind, branch, by)


def _check_right(kind: str, branch: Branch, by: User) -> None:
    if rules.can_appoint(by, kind, branch):
        return
    if rules.kinds_to_give(by, branch) or by.has_right("accounts.view_office", branch):
        raise NotAllowed(f"“{OFFICES[kind].label}”不由你任免，请上级组织办理。")
    raise Missing


def _check_office(person: User, kind: str, branch: Branch, since: date) -> None:
    if not person.is_active:
        raise Invalid("这位同志已经停用或离校，不能安排职务。", fields={"person": ["已经停用或离校。"]})
    if not rules.office_fits(kind, branch):
        message = f"{branch.get_kind_display()}不设“{OFFICES[kind].label}”。"
        raise Invalid(message, fields={"kind": [message]})
    if not branch.holds_on(max(since, timezone.localdate())):
        raise Invalid("这个组织那天不存在或已经撤销。", fields={"branch": ["那天不存在或已经撤销。"]})


def _create(**fields) -> Office:
    try:
        with transaction.atomic():
            return Office.objects.create(**fields)
    except IntegrityError as error:
        raise Conflict("这位同志在这段时间里已经担任这个职务。") from error


def _rights_of(person: User) -> dict[tuple[int, int], date | None]:
    """(branch, permission) → the day it ends, over all offices held today; None when one of them is open."""
    if not person.is_active:
        return {}
    permissions = _permission_ids()
    ends: dict[tuple[int, int], date | None] = {}
    for office in person.offices.current():
        for right in OFFICES[office.kind].rights:
            key = (office.branch_id, permissions[codename(right)])
            ends[key] = _later(ends.get(key, office.until), office.until)
    return ends


def _permission_ids() -> dict[str, int]:
    rows = Permission.objects.filter(content_type=ContentType.objects.get_for_model(Branch))
    return dict(rows.values_list("codename", "pk"))


def _later(one: date | None, other: date | None) -> date | None:
    return None if one is None or other is None else max(one, other)


@transaction.atomic
def _end(office: Office, day: date, by: User | None, reason: str) -> Office:
    person = lock(office.person)
    office = Office.objects.select_related("branch").get(pk=office.pk)
    if office.until is not None and office.until <= day:
        return office
    until = office.until = max(day, office.since)
    office.save(update_fields=["until"])
    if until <= timezone.localdate():
        User.objects.filter(pk=person.pk).update(session_epoch=F("session_epoch") + 1)
    refresh_rights(person)
    record(by, "accounts.office_ended", office, branch=office.branch, changed=("until",), reason=reason)
    _announce_end(office, until, person)
    return office


def _announce_end(office: Office, until: date, person: User) -> None:
    """One notice, on the day of the end. Who never held the office hears nothing at all."""
    if office.since > timezone.localdate():
        cancel(kind="office_given", key=str(office.pk))
        return
    key = f"{office.pk}:{until}"
    enqueue(kind="office_ended", recipients=[person], key=key, link="/me/", not_before=_start(until))


def _start(day: date) -> datetime | None:
    """The first moment of a day to come, None for today and before."""
    if day <= timezone.localdate():
        return None
    return timezone.make_aware(datetime.combine(day, time.min))
