"""The way into the party as a question of order and dates (``domain.md`` §2.3, D1, D12, D39)."""

from collections.abc import Sequence
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Branch, StageChange, User
from accounts.roles import Stage
from accounts.rules.findings import Finding, Severity, add_months
from accounts.rules.people import can_act_for

AGE_OF_APPLICATION = 18

_RANK = {
    Stage.MASS: 0,
    Stage.LEAGUE_MEMBER: 0,
    Stage.APPLICANT: 1,
    Stage.ACTIVIST: 2,
    Stage.TARGET: 3,
    Stage.PROBATIONARY: 4,
    Stage.FULL: 5,
}
# Besides leaving the way altogether, which is possible from every stage.
_STEPS_BACK = {(Stage.TARGET, Stage.ACTIVIST), (Stage.ACTIVIST, Stage.APPLICANT)}
_OF_OLD = {StageChange.Evidence.PAPER, StageChange.Evidence.ENROLMENT}


def can_record_stage(user: User, person: User) -> bool:
    """Whether ``user`` may record and void stages of ``person``; nobody may for himself."""
    return user.pk != person.pk and can_act_for(user, person, "accounts.record_stage")


def stage_on(person: User, day: date) -> Stage | None:
    """Where the person stood on ``day`` as it is known now; None before the first record."""
    then = User.objects.filter(pk=person.pk).with_stage_on(day).values_list("stage_then", flat=True).get()
    return Stage(then) if then else None


def people_by_stage(branch: Branch, on: date | None = None) -> QuerySet[User]:
    """The people of a branch and everything below it on a day (today), each with ``stage_then``."""
    day = on or timezone.localdate()
    return User.objects.in_branches(Branch.objects.subtree(branch), on=day).with_stage_on(day)


def why_not(before: Stage | None, after: Stage, *, evidence: str, note: str) -> str:
    """Why the step from ``before`` to ``after`` cannot be recorded, or an empty string.

    One step forward needs a decision; several at once are possible only for what is taken over from paper; a step
    back says where and why it was decided.
    """
    if before is None or {before, after} == {Stage.MASS, Stage.LEAGUE_MEMBER}:
        return ""
    steps = _RANK[after] - _RANK[before]
    if before == after:
        return f"这位同志那时已经是{after.label}。"
    if steps > 1 and evidence not in _OF_OLD:
        return f"从{before.label}到{after.label}要逐步登记；补录历史材料请把依据选为“纸质材料”。"
    if steps < 0 and _RANK[after] > 0 and (before, after) not in _STEPS_BACK:
        return f"{before.label}不能退回{after.label}。"
    if steps < 0 and not note:
        return "退回以前的阶段要写明决定和材料位置。"
    return ""


def is_minor(person: User, day: date) -> bool:
    """Whether the person is certainly under 18 on ``day``; of the birth only the month is known (D1)."""
    return person.birth_month is not None and day < add_months(person.birth_month, AGE_OF_APPLICATION * 12)


def stage_findings(person: User, changes: Sequence[StageChange]) -> list[Finding]:
    """What the rules say about a person's valid changes, given oldest first."""
    first = {Stage(change.stage): change.effective_on for change in reversed(changes)}
    found = []
    applied = first.get(Stage.APPLICANT)
    if applied and is_minor(person, applied):
        found.append(Finding("D1", Severity.NONCONFORM, "申请入党时未满 18 周岁。"))
    if _sooner(first, Stage.ACTIVIST, Stage.TARGET):
        found.append(Finding("D12", Severity.NONCONFORM, "列为发展对象时培养教育考察不满一年。"))
    if _sooner(first, Stage.PROBATIONARY, Stage.FULL):
        found.append(Finding("D39", Severity.NONCONFORM, "转为正式党员时预备期不满一年。"))
    return found


def _sooner(first: dict[Stage, date], start: Stage, end: Stage) -> bool:
    """Whether less than a year lies between two stages that are both recorded."""
    return start in first and end in first and first[end] < add_months(first[start], 12)
