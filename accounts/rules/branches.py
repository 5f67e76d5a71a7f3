"""The shape of the organisation tree, and what the field's rules say about a branch (``domain.md`` §4.1)."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import Branch, CultivationContact, Membership, Office, User
from accounts.rights import COMMITTEE
from accounts.roles import ACTIVISTS, Stage
from accounts.rules.findings import Finding, Severity, add_months

SMALLEST_BRANCH = 3  # full members, O-1
LARGEST_BRANCH = 50
COMMITTEE_FROM = 7  # full members, O-3
SMALLEST_COMMITTEE = 3
LARGEST_COMMITTEE = 7
TERM_MONTHS = 36  # O-5
REMIND_BEFORE_END_OF_TERM = timedelta(days=183)

_KIND = Branch.Kind
# The League is a tree of its own below the university; a college leads its League committee as well.
CHILDREN: dict[str | None, frozenset[str]] = {
    None: frozenset({_KIND.UNIVERSITY}),
    _KIND.UNIVERSITY: frozenset(
        {_KIND.OFFICE, _KIND.COLLEGE, _KIND.GENERAL, _KIND.BRANCH, _KIND.LEAGUE_COMMITTEE}
    ),
    _KIND.OFFICE: frozenset(),
    _KIND.COLLEGE: frozenset({_KIND.GENERAL, _KIND.BRANCH, _KIND.LEAGUE_COMMITTEE, _KIND.LEAGUE_GENERAL}),
    _KIND.GENERAL: frozenset({_KIND.BRANCH, _KIND.LEAGUE_GENERAL}),
    _KIND.BRANCH: frozenset({_KIND.GROUP}),
    _KIND.GROUP: frozenset(),
    _KIND.LEAGUE_COMMITTEE: frozenset({_KIND.LEAGUE_COMMITTEE, _KIND.LEAGUE_GENERAL, _KIND.LEAGUE_BRANCH}),
    _KIND.LEAGUE_GENERAL: frozenset({_KIND.LEAGUE_BRANCH}),
    _KIND.LEAGUE_BRANCH: frozenset(),
}


def may_stand_below(kind: str, parent: Branch | None) -> bool:
    """Whether a branch of ``kind`` may stand directly below ``parent`` (None: at the top)."""
    return kind in CHILDREN[parent.kind if parent else None]


def can_change_branch(user: User, *branches: Branch) -> bool:
    """Whether ``user`` may open, rename, move or close something in all these branches."""
    return all(user.has_right("accounts.change_branch", branch) for branch in branches)


def branch_findings(branch: Branch, on: date | None = None) -> list[Finding]:
    """What the rules say about a branch today: flags for its secretary and its college, never refusals."""
    return findings_of([branch], on)[branch.pk]


def findings_of(branches: Iterable[Branch], on: date | None = None) -> dict[int, list[Finding]]:
    """``branch_findings`` of many branches by their key, in three queries however many they are.

    Party branches answer for O-1, O-3, O-5 and D7; other kinds have no findings.
    """
    day = on or timezone.localdate()
    branches = list(branches)
    party = [branch for branch in branches if branch.kind == _KIND.BRANCH and branch.holds_on(day)]
    full, committees, alone = _full_members(party, day), _committees(party, day), _without_contact(party)
    found: dict[int, list[Finding]] = {branch.pk: [] for branch in branches}
    for branch in party:
        people, (posts, secretaries) = full.get(branch.pk, 0), committees.get(branch.pk, (0, 0))
        found[branch.pk] = [
            *_of_size(people),
            *_of_committee(people, posts, secretaries > 0),
            *_of_term(branch, day),
            *_of_contacts(alone.get(branch.pk, 0)),
        ]
    return found


def _of_size(full: int) -> list[Finding]:
    if full < SMALLEST_BRANCH:
        text = f"正式党员只有 {full} 名，不足 {SMALLEST_BRANCH} 名，应当建立联合党支部。"
        return [Finding("O-1", Severity.NONCONFORM, text)]
    if full > LARGEST_BRANCH:
        return [Finding("O-1", Severity.REMIND, f"正式党员 {full} 名，一般不超过 {LARGEST_BRANCH} 名。")]
    return []


def _of_committee(full: int, posts: int, has_secretary: bool) -> list[Finding]:
    found = []
    if not has_secretary:
        found.append(Finding("O-3", Severity.NONCONFORM, "还没有支部书记。"))
    if full >= COMMITTEE_FROM and posts < SMALLEST_COMMITTEE:
        text = f"正式党员 {full} 名，应当设立支委会（{SMALLEST_COMMITTEE} 至 5 人），现有 {posts} 人。"
        found.append(Finding("O-3", Severity.NONCONFORM, text))
    if posts > LARGEST_COMMITTEE:
        text = f"支委会 {posts} 人，一般不超过 {LARGEST_COMMITTEE} 人。"
        found.append(Finding("O-3", Severity.REMIND, text))
    return found


def _of_term(branch: Branch, day: date) -> list[Finding]:
    if branch.elected_on is None:
        return []
    end = add_months(branch.elected_on, TERM_MONTHS)
    if day >= end:
        return [Finding("O-5", Severity.NONCONFORM, f"本届已于 {end:%Y-%m-%d} 到期，应当换届。")]
    if day >= end - REMIND_BEFORE_END_OF_TERM:
        return [Finding("O-5", Severity.REMIND, f"本届 {end:%Y-%m-%d} 到期，请准备换届。")]
    return []


def _of_contacts(alone: int) -> list[Finding]:
    if not alone:
        return []
    return [Finding("D7", Severity.NONCONFORM, f"{alone} 名积极分子还没有培养联系人。")]


def _full_members(branches: list[Branch], day: date) -> dict[int, int]:
    people = User.objects.active().with_stage_on(day).filter(stage_then=Stage.FULL)
    rows = Membership.objects.on(day).filter(
        branch__in=branches, side=Membership.Side.PARTY, person__in=people
    )
    return dict(rows.order_by().values_list("branch").annotate(Count("pk")))


def _committees(branches: list[Branch], day: date) -> dict[int, tuple[int, int]]:
    """People on each committee, and how many of their offices are the secretary's."""
    rows = Office.objects.on(day).filter(branch__in=branches, kind__in=COMMITTEE).order_by()
    counts = rows.values_list("branch").annotate(
        Count("person", distinct=True), secretaries=Count("pk", filter=Q(kind="secretary"))
    )
    return {branch: (people, secretaries) for branch, people, secretaries in counts}


def _without_contact(branches: list[Branch]) -> dict[int, int]:
    contact = CultivationContact.objects.current().filter(activist=OuterRef("person"))
    rows = Membership.objects.current().filter(
        ~Exists(contact),
        Q(person__stage__in=ACTIVISTS, person__is_active=True),
        branch__in=branches,
        side=Membership.Side.PARTY,
    )
    return dict(rows.order_by().values_list("branch").annotate(Count("pk")))
