"""Adding people, changing what is written about them, and letting them go."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts import rules
from accounts.actions.locks import lock
from accounts.actions.membership import begin_membership, end_memberships
from accounts.actions.offices import end_offices, refresh_rights
from accounts.actions.relations import end_contacts, end_periods, leave_groups
from accounts.models import Branch, Membership, RoomAssignment, StageChange, User
from accounts.roles import Stage
from core.audit.log import record
from core.errors import Conflict, Invalid, Missing, NotAllowed

IDENTITY = {"number", "kind"}
CHANGEABLE = IDENTITY | {"name", "gender", "birth_month", "grade", "major", "class_name", "left_on"}


class ChangedMeanwhile(Conflict):
    """Somebody saved the person first. ``theirs`` and ``yours`` hold the fields that differ, for the page."""

    code = "changed_meanwhile"
    message = "你打开之后有人改过这位同志的资料，请对照后再保存。"

    def __init__(self, theirs: Mapping[str, Any], yours: Mapping[str, Any]) -> None:
        super().__init__()
        self.theirs = theirs
        self.yours = yours


@transaction.atomic
def add_person(
    *,
    number: str,
    name: str,
    branch: Branch,
    by: User | None,
    side: str = Membership.Side.PARTY,
    since: date | None = None,
    stage: str = Stage.LEAGUE_MEMBER,
    **fields: Any,
) -> User:
    """Add a person who belongs to ``branch`` from ``since`` (today) and stands at ``stage`` on that day.

    ``fields`` are those of ``CHANGEABLE``. ``by`` is None when the portal itself acts. Raises ``Missing`` for a
    foreign branch, ``Invalid`` for an unknown field or a branch without members, ``Conflict`` when the number is
    taken. The person has no password and signs in through WeCom.
    """
    since = since or timezone.localdate()
    if by is not None and not by.has_right("accounts.change_person", branch):
        raise Missing
    _check_fields(fields)
    if stage not in Stage.values:
        raise Invalid("没有这个发展阶段。", fields={"stage": ["没有这个发展阶段。"]})
    person = _create(number=number.strip(), name=name.strip(), stage=stage, **_clean(fields))
    membership = begin_membership(person, branch, side, since)
    StageChange.objects.create(
        person=person,
        stage=stage,
        effective_on=since,
        branch=branch,
        branch_name=membership.branch_name,
        evidence=StageChange.Evidence.ENROLMENT,
        recorded_by=by,
    )
    record(by, "accounts.person_added", person, branch=branch)
    return person


@transaction.atomic
def change_person(*, person: User, version: int, by: User | None, **fields: Any) -> User:
    """Change what is written about a person; ``version`` is the one the editor looked at.

    Whoever saves second gets ``ChangedMeanwhile`` with both values. Raises ``Missing`` for a foreign person,
    ``NotAllowed`` when number or kind of somebody in a higher office are touched, ``Conflict`` for a taken number.
    Saving what is there already changes nothing, not even the version.
    """
    _check_fields(fields)
    person = lock(person)
    if by is not None and not rules.can_act_for(by, person, "accounts.change_person"):
        raise Missing
    fields = _clean(fields)
    changed = sorted(name for name, value in fields.items() if getattr(person, name) != value)
    if not changed:
        return person
    if person.version != version:
        raise ChangedMeanwhile(
            theirs={name: getattr(person, name) for name in changed},
            yours={name: fields[name] for name in changed},
        )
    if by is not None and IDENTITY & set(changed) and not rules.can_change_identity(by, person):
        raise NotAllowed("这位同志担任的职务不由你任免，学号、工号和类别请上级修改。")
    _save(person, {name: fields[name] for name in changed})
    record(by, "accounts.person_changed", person, branch=rules.home_of(person), changed=changed)
    return person


@transaction.atomic
def deactivate(*, person: User, by: User | None, reason: str, left_on: date | None = None) -> User:
    """Shut a person out at once: sessions and offices end, and nothing more is sent to him.

    With ``left_on`` (today or earlier) he also leaves the school: his memberships, talk groups, contacts and bed
    end on that day. Without it he keeps his place, as during a suspension of studies. ``by`` is None when the
    planned day of leaving has come.

    Raises ``Missing`` for a foreign person and ``NotAllowed`` for oneself or somebody in a higher office.
    """
    person = lock(person)
    _check_departure(person, by, left_on)
    branch = rules.home_of(person)
    end_offices(offices=person.offices.all(), by=by, reason=reason)
    if left_on:
        _depart(person, left_on)
    User.objects.filter(pk=person.pk).update(
        is_active=False,
        left_on=left_on or person.left_on,
        session_epoch=F("session_epoch") + 1,
        version=F("version") + 1,
    )
    person.refresh_from_db()
    refresh_rights(person)
    record(by, "accounts.person_deactivated", person, branch=branch, changed=("is_active",), reason=reason)
    return person


@transaction.atomic
def reactivate(*, person: User, by: User, reason: str) -> User:
    """Let a person in again. Offices, memberships and groups do not come back by themselves."""
    person = lock(person)
    if not rules.can_act_for(by, person, "accounts.change_person"):
        raise Missing
    if person.is_active:
        return person
    User.objects.filter(pk=person.pk).update(is_active=True, left_on=None, version=F("version") + 1)
    person.refresh_from_db()
    record(
        by,
        "accounts.person_reactivated",
        person,
        branch=rules.home_of(person),
        changed=("is_active",),
        reason=reason,
    )
    return person


def _check_fields(fields: Mapping[str, Any]) -> None:
    unknown = set(fields) - CHANGEABLE
    if unknown:
        raise Invalid("有不能修改的项目。", fields={name: [f"“{name}”不能修改。"] for name in unknown})


def _check_departure(person: User, by: User | None, left_on: date | None) -> None:
    if left_on and left_on > timezone.localdate():
        raise Invalid(
            "离校日期还没到；请填在资料里，到那天自动停用。", fields={"left_on": ["不能晚于今天。"]}
        )
    if by is None:
        return
    if by.pk == person.pk:
        raise NotAllowed("不能停用自己的账号。")
    if not rules.can_act_for(by, person, "accounts.change_person"):
        raise Missing
    if not rules.can_change_identity(by, person):
        raise NotAllowed("这位同志担任的职务不由你任免，请上级办理。")


def _clean(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Field values as they are stored: text without blanks around it, the month of birth on its first day."""
    clean: dict[str, Any] = {
        name: value.strip() if isinstance(value, str) else value for name, value in fields.items()
    }
    if clean.get("birth_month"):
        clean["birth_month"] = clean["birth_month"].replace(day=1)
    return clean


def _create(**fields: Any) -> User:
    person = User(**fields)
    person.set_unusable_password()
    if not person.number or not person.name:
        raise Invalid("学号（工号）和姓名都要填。")
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("这个学号或工号已经有人了。", code="number_taken") from error
    return person


def _save(person: User, values: dict[str, Any]) -> None:
    values["version"] = person.version + 1
    for name, value in values.items():
        setattr(person, name, value)
    try:
        with transaction.atomic():
            person.save(update_fields=list(values))
    except IntegrityError as error:
        raise Conflict("这个学号或工号已经有人了。", code="number_taken") from error


def _depart(person: User, day: date) -> None:
    leave_groups(person, day)
    end_contacts(person, day)
    end_memberships(person, day)
    end_periods(RoomAssignment.objects.filter(person=person), day)
