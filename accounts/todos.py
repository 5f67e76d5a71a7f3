"""What the organisation wants from its secretaries now. Everybody else has nothing to do here."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.urls import reverse
from django.utils import timezone

from accounts import rules
from accounts.models import Branch, Office, User
from core.todos import Todo

SECRETARIES = ("secretary", "deputy_secretary", "organization_officer")
OFFICE_ENDS_SOON = timedelta(days=30)
Gap = tuple[date, str, Branch, str]  # due, title, branch, note
_TITLES = {
    "O-1": "支部人数需要留意",
    "O-3": "支委会需要补齐",
    "O-5": "支部换届",
    "D7": "指定培养联系人",
}


def todos_for(user: User) -> list[Todo]:
    """Gaps in the branches whose secretary ``user`` is. No query for people without office, else five."""
    if not user.is_staff:
        return []
    offices = _offices_in_branches_of(user)
    branches = list({office.branch for office in offices})
    if not branches:
        return []
    gaps = [*_of_findings(branches), *_of_groups(branches), *_of_offices(offices)]
    return [_todo(*gap, named=len(branches) > 1) for gap in gaps]


def _offices_in_branches_of(secretary: User) -> list[Office]:
    """Everybody's offices: they name the branches, and those that end are to-dos themselves."""
    now = Office.objects.current()
    own = now.filter(person=secretary, kind__in=SECRETARIES, branch__until=None)
    return list(now.filter(branch__in=own.values("branch")).select_related("branch", "person"))


def _of_findings(branches: list[Branch]) -> Iterator[Gap]:
    found = rules.findings_of(branches)
    for branch in branches:
        for finding in found[branch.pk]:
            yield timezone.localdate(), _TITLES[finding.rule], branch, finding.text.removesuffix("。")


def _of_groups(branches: list[Branch]) -> Iterator[Gap]:
    for group in rules.groups_without_lead_soon(branches).select_related("branch", "lead"):
        day = group.lead.left_on or timezone.localdate()
        yield day, "谈话小组换组长", group.branch, f"{group.lead.name}不再担任组长"


def _of_offices(offices: list[Office]) -> Iterator[Gap]:
    soon = timezone.localdate() + OFFICE_ENDS_SOON
    for office in offices:
        if office.until and office.until <= soon:
            note = f"{office.person.name}的{office.get_kind_display()}到期"
            yield office.until, "职务即将到期", office.branch, note


def _todo(day: date, title: str, branch: Branch, note: str, *, named: bool) -> Todo:
    """``named``: the note begins with the branch, for those who have several."""
    due = timezone.make_aware(datetime.combine(day, time.max))
    url = reverse("admin:accounts_branch_change", args=[branch.pk])
    note = f"{branch.name}：{note}" if named else note
    return Todo(due=due, title=title, note=note, url=url, all_day=True)
