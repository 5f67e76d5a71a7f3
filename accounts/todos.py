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
_TITLES = {
    "O-1": "支部人数需要留意",
    "O-3": "支委会需要补齐",
    "O-5": "支部换届",
    "D7": "指定培养联系人",
}


def todos_for(user: User) -> list[Todo]:
    """Gaps in the branches whose secretary ``user`` is. No query for people without office, else seven."""
    if not user.is_staff:
        return []
    offices = Office.objects.current().filter(person=user, kind__in=SECRETARIES, branch__until=None)
    branches = list({office.branch for office in offices.select_related("branch")})
    if not branches:
        return []
    return [*_of_findings(branches), *_of_groups(branches), *_of_offices(branches)]


def _of_findings(branches: list[Branch]) -> Iterator[Todo]:
    found = rules.findings_of(branches)
    for branch in branches:
        for finding in found[branch.pk]:
            yield _todo(timezone.localdate(), _TITLES[finding.rule], branch, finding.text)


def _of_groups(branches: list[Branch]) -> Iterator[Todo]:
    for group in rules.groups_without_lead_soon(branches).select_related("branch", "lead"):
        day = group.lead.left_on or timezone.localdate()
        yield _todo(day, "谈话小组换组长", group.branch, f"{group.lead.name}不再担任组长")


def _of_offices(branches: list[Branch]) -> Iterator[Todo]:
    soon = timezone.localdate() + OFFICE_ENDS_SOON
    ending = Office.objects.current().filter(branch__in=branches, until__lte=soon)
    for office in ending.select_related("branch", "person"):
        note = f"{office.person.name}的{office.get_kind_display()}到期"
        yield _todo(office.until or soon, "职务即将到期", office.branch, note)


def _todo(day: date, title: str, branch: Branch, note: str) -> Todo:
    due = timezone.make_aware(datetime.combine(day, time.max))
    url = reverse("admin:accounts_branch_change", args=[branch.pk])
    return Todo(due=due, title=title, note=f"{branch.name}：{note}", url=url, all_day=True)
