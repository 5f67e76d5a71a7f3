"""Recording where a person stands on the way into the party, and voiding what was recorded wrongly."""

from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts import rules
from accounts.actions.locks import lock
from accounts.actions.relations import end_contacts, leave_groups
from accounts.models import Branch, StageChange, User
from accounts.roles import ACTIVISTS, MEMBERS, Stage
from core.audit.log import record
from core.errors import Conflict, Invalid, Missing, NotAllowed
from notifications.outbox import enqueue


@transaction.atomic
def record_stage(
    *,
    person: User,
    stage: str,
    effective_on: date,
    by: User | None,
    evidence: str,
    evidence_note: str = "",
) -> StageChange:
    """Record that ``person`` stands at ``stage`` from ``effective_on``, as a body of the party decided.

    The portal decides nothing: ``evidence`` and ``evidence_note`` say where the signed paper lies. The order of
    stages is kept against what is recorded before and after that day (``rules.why_not``). Recording the same
    twice is recording once. Contacts and talk groups that no longer fit end on ``effective_on``; the person is told.

    Raises ``Missing`` for a foreign person, ``NotAllowed`` for oneself, ``Invalid`` for a day to come, a step out
    of order or an application of a minor (D1, C19), ``Conflict`` for another record of the same day.
    """
    person = lock(person)
    _check_recorder(person, by)
    wanted = _check_values(person, stage, effective_on, evidence)
    valid = person.stage_changes.valid()
    if existing := valid.filter(effective_on=effective_on).first():
        return _same_or_conflict(existing, wanted)
    _remember_start(person, effective_on)
    _check_order(person, wanted, effective_on, evidence, evidence_note.strip())
    branch = rules.branch_of(person, on=effective_on) or rules.home_of(person)
    change = _create(person, wanted, effective_on, branch, by, evidence, evidence_note.strip())
    refresh_stage(person)
    record(by, "accounts.stage_recorded", person, branch=branch, changed=("stage",))
    enqueue(kind="stage_recorded", recipients=[person], key=str(change.pk), link="/me/")
    return change


@transaction.atomic
def void_stage_change(*, change: StageChange, by: User, reason: str) -> StageChange:
    """Void a record that should not have been made; the row stays, with who, when and why.

    The stage of today is told anew from what remains. Raises as ``record_stage`` does, ``Invalid`` without a
    reason, and ``Conflict`` when somebody voided it first.
    """
    person = lock(change.person)
    _check_recorder(person, by)
    reason = reason.strip()
    if not reason:
        raise Invalid("请写明为什么作废。", fields={"reason": ["请写明为什么作废。"]})
    still_valid = StageChange.objects.valid().filter(pk=change.pk)
    if not still_valid.update(voided_at=timezone.now(), voided_by=by, void_reason=reason):
        raise Conflict("这条记录刚才已经有人作废了。")
    change.refresh_from_db()
    refresh_stage(person)
    record(by, "accounts.stage_voided", person, branch=change.branch, changed=("stage",), reason=reason)
    enqueue(kind="stage_recorded", recipients=[person], key=f"{change.pk}:voided", link="/me/")
    return change


@transaction.atomic
def refresh_stage(person: User) -> None:
    """Make ``User.stage`` and what stands on it follow from the records that are effective today."""
    last = person.stage_changes.valid().filter(effective_on__lte=timezone.localdate()).last()
    stage = last.stage if last else Stage.LEAGUE_MEMBER
    if person.stage == stage:
        return
    User.objects.filter(pk=person.pk).update(stage=stage, version=F("version") + 1)
    person.stage = stage
    day = last.effective_on if last else timezone.localdate()
    end_contacts(person, day, accompanying=stage != Stage.FULL, accompanied=stage not in ACTIVISTS)
    leave_groups(person, day, leading=stage not in MEMBERS, joining=stage not in ACTIVISTS)


def _check_recorder(person: User, by: User | None) -> None:
    if by is None or rules.can_record_stage(by, person):
        return
    if by.pk == person.pk:
        raise NotAllowed("自己的发展阶段要由支部或上级组织登记。")
    raise Missing


def _check_values(person: User, stage: str, day: date, evidence: str) -> Stage:
    if stage not in Stage.values:
        raise Invalid("没有这个发展阶段。", fields={"stage": ["没有这个发展阶段。"]})
    if evidence not in StageChange.Evidence.values:
        raise Invalid("没有这种依据。", fields={"evidence": ["没有这种依据。"]})
    today = timezone.localdate()
    if day > today:
        raise Invalid("生效日期不能晚于今天。", fields={"effective_on": ["不能晚于今天。"]})
    outside = {Stage.MASS, Stage.LEAGUE_MEMBER}
    if rules.is_minor(person, today) and stage not in outside:
        raise Invalid("未满 18 周岁，还不能提出入党申请。", fields={"stage": ["未满 18 周岁。"]})
    return Stage(stage)


def _same_or_conflict(existing: StageChange, wanted: Stage) -> StageChange:
    if existing.stage == wanted:
        return existing
    raise Conflict("这一天已经有一条记录；如果登记错了，请先作废那一条。")


def _remember_start(person: User, day: date) -> None:
    """Keep where a person stood who came without any record, before the first one changes it."""
    if person.stage_changes.exists():
        return
    first = person.memberships.filter(voided_at=None).order_by("since").first()
    since = min(first.since if first else day, day - timedelta(days=1))
    branch = first.branch if first else None
    _create(person, Stage(person.stage), since, branch, None, StageChange.Evidence.ENROLMENT, "")


def _check_order(person: User, stage: Stage, day: date, evidence: str, note: str) -> None:
    valid = person.stage_changes.valid()
    before = valid.filter(effective_on__lt=day).last()
    if problem := rules.why_not(Stage(before.stage) if before else None, stage, evidence=evidence, note=note):
        raise Invalid(problem, fields={"stage": [problem]})
    after = valid.filter(effective_on__gt=day).first()
    if after and rules.why_not(stage, Stage(after.stage), evidence=after.evidence, note=after.evidence_note):
        message = (
            f"和 {after.effective_on:%Y-%m-%d} 的记录（{after.get_stage_display()}）接不上，请先作废那一条。"
        )
        raise Invalid(message, fields={"effective_on": [message]})


def _create(
    person: User,
    stage: Stage,
    day: date,
    branch: Branch | None,
    by: User | None,
    evidence: str,
    note: str,
) -> StageChange:
    try:
        with transaction.atomic():
            return StageChange.objects.create(
                person=person,
                stage=stage,
                effective_on=day,
                branch=branch,
                branch_name=branch.name_on(day) if branch else "",
                evidence=evidence,
                evidence_note=note,
                recorded_by=by,
            )
    except IntegrityError as error:
        raise Conflict("这一天已经有一条记录；如果登记错了，请先作废那一条。") from error
