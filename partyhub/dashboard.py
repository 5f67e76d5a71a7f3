"""The first page of the back office: this month, my branches.

Each number is what somebody has to look after and leads to the list of exactly those rows. Branches stand in the
order of the tree, never by result. The number of queries does not depend on the number of branches.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.models import Branch, Membership, Office, User
from accounts.roles import Stage
from accounts.rules.groups import groups_without_lead_soon
from notifications.models import Recipient, State

SOON = dt.timedelta(days=60)
FEWEST, MOST, COMMITTEE = 3, 50, 7  # full members of a branch (``domain.md`` O-1, O-3)
COMMITTEE_OFFICES = ["organization_officer", "publicity_officer", "discipline_officer"]


@dataclass(frozen=True)
class Number:
    """A count with the list behind it."""

    label: str
    count: int
    url: str


@dataclass
class BranchMonth:
    """One branch of the page: who is there, what is to be done, what the rules say."""

    branch: Branch
    url: str
    people: list[Number]
    duties: list[Number]
    findings: list[str] = field(default_factory=list)


def dashboard(request, context):
    """What unfold calls for the index page: adds ``months``, and ``unreachable`` messages of all branches."""
    months = branch_months(request.user)
    context["months"] = months
    context["today"] = timezone.localdate()
    context["unreachable"] = _unreachable(request.user) if months else 0
    return context


def branch_months(user) -> list[BranchMonth]:
    """One entry for every open branch with people in which ``user`` may see them, in tree order."""
    seen = Branch.objects.where(user, "accounts.view_person").filter(kind=Branch.Kind.BRANCH, until=None)
    branches = list(seen.with_tree_fields())
    scope = [branch.pk for branch in branches]
    stages = _stages(scope)
    counts = {
        "contact": _people_by_branch(scope, User.objects.without_contact()),
        "group": _people_by_branch(scope, User.objects.without_group()),
        "lead": _by_branch(groups_without_lead_soon(scope)),
        "office": _by_branch(_ending_offices(scope)),
    }
    committees = _by_branch(Office.objects.current().filter(branch__in=scope, kind__in=COMMITTEE_OFFICES))
    return [_month(branch, stages[branch.pk], counts, committees[branch.pk]) for branch in branches]


def _month(branch, stages, counts, committee) -> BranchMonth:
    people = [
        Number(stage.label, stages[stage], _list("user", branch, stage__exact=stage))
        for stage in reversed(Stage)
        if stages[stage]
    ]
    duties = [
        Number("没有培养联系人", counts["contact"][branch.pk], _list("user", branch, lacks="contact")),
        Number("没有谈话小组", counts["group"][branch.pk], _list("user", branch, lacks="group")),
        Number("小组要换组长", counts["lead"][branch.pk], _list("talkgroup", branch, state="lead_leaving")),
        Number("职务 60 天内到期", counts["office"][branch.pk], _list("office", branch, term="ending")),
    ]
    return BranchMonth(
        branch=branch,
        url=reverse("admin:accounts_branch_change", args=[branch.pk]),
        people=people,
        duties=[number for number in duties if number.count],
        findings=list(_findings(stages[Stage.FULL], committee)),
    )


def _findings(full_members: int, committee: int):
    """What the national rules say about the size of a branch (O-1, O-3)."""
    if full_members < FEWEST:
        yield f"正式党员 {full_members} 名，不足 {FEWEST} 名，应当考虑联合支部。"
    if full_members > MOST:
        yield f"正式党员 {full_members} 名，超过 {MOST} 名，应当考虑分设。"
    if full_members >= COMMITTEE and not committee:
        yield f"正式党员 {full_members} 名，应当设支部委员会，现在没有登记委员。"


def _stages(scope) -> dict[int, dict[str, int]]:
    rows = _memberships(scope).values_list("branch", "person__stage").order_by().annotate(Count("person"))
    found: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for branch, stage, count in rows:
        found[branch][stage] = count
    return found


def _people_by_branch(scope, people) -> dict[int, int]:
    return _by_branch(_memberships(scope).filter(person__in=people))


def _by_branch(rows) -> dict[int, int]:
    return defaultdict(int, rows.values_list("branch").order_by().annotate(Count("pk")))


def _memberships(scope):
    here = Membership.objects.current().filter(branch__in=scope, side=Membership.Side.PARTY)
    return here.filter(person__is_active=True)


def _ending_offices(scope):
    return Office.objects.current().filter(branch__in=scope, until__lte=timezone.localdate() + SOON)


def _unreachable(user) -> int:
    """Messages of the last 30 days that WeCom could not bring to people of these branches."""
    people = User.objects.in_branches(Branch.objects.where(user, "accounts.view_person"))
    since = timezone.now() - dt.timedelta(days=30)
    rows = Recipient.objects.filter(state=State.UNREACHABLE, person__in=people, shown_from__gte=since)
    return rows.count()


def _list(model: str, branch, **filters) -> str:
    query = urlencode({"branch": branch.pk} | {name: str(value) for name, value in filters.items()})
    return f"{reverse(f'admin:accounts_{model}_changelist')}?{query}"
