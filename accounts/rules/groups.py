"""The talk groups of a branch as they are, and as they are proposed to become."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accounts.models import Branch, Membership, RoomAssignment, TalkGroup, TalkGroupMember, User
from accounts.roles import ACTIVISTS, MEMBERS, Stage
from accounts.rules.cultivation import ACTIVISTS_PER_CONTACT, can_lead_group
from accounts.rules.grouping import Circle, Member, affinity, arrange

LEAVES_SOON = timedelta(days=60)


@dataclass(frozen=True)
class Place:
    """A person in a planned group. ``change`` is kept, joined or moved; ``reason`` says in Chinese why there."""

    person: User
    change: str
    reason: str


@dataclass(frozen=True)
class PlannedGroup:
    """A group of the plan. ``group`` exists already; with ``handed_over`` it goes on under the new lead."""

    lead: User
    places: tuple[Place, ...]
    group: TalkGroup | None
    handed_over: bool

    @property
    def is_new(self) -> bool:
        return self.group is None

    @property
    def is_changed(self) -> bool:
        return self.is_new or self.handed_over or any(place.change != "kept" for place in self.places)


@dataclass(frozen=True)
class GroupPlan:
    """A proposal and how it differs from today; nothing is written.

    ``left`` are no longer part of a group, ``closing`` are groups nobody is left in or leads, ``unplaced`` found
    no group. ``notes`` are sentences for the secretary. ``state`` stands for everything the plan was made from:
    saving refuses a plan whose state is not today's.
    """

    branch: Branch
    groups: tuple[PlannedGroup, ...]
    left: tuple[TalkGroupMember, ...]
    closing: tuple[TalkGroup, ...]
    unplaced: tuple[User, ...]
    notes: tuple[str, ...]
    state: str

    @property
    def has_changes(self) -> bool:
        return bool(self.left or self.closing) or any(group.is_changed for group in self.groups)


def propose_groups(branch: Branch) -> GroupPlan:
    """How the activists of ``branch`` may be spread over talk groups 1 + 3. Reads only, in four queries."""
    people = {person.pk: person for person in _people(branch)}
    groups = list(TalkGroup.objects.filter(branch=branch, until=None).select_related("lead").order_by("pk"))
    rows = list(TalkGroupMember.objects.filter(group__in=groups, until=None).select_related("person"))
    activists = {pk for pk, person in people.items() if person.stage in ACTIVISTS}
    leads = {pk for pk, person in people.items() if can_lead_group(person)}
    circles = [_circle(group, rows, people, leads, activists) for group in groups]
    placed = {one.pk for circle in circles for one in circle.kept}
    newcomers = [_member(people[pk]) for pk in sorted(activists - placed)]
    arranged = arrange(_leads(people, leads), newcomers, circles)
    found = {one.pk for circle in arranged for one in circle.people}
    by_pk = {group.pk: group for group in groups}
    going_on = {circle.group for circle in arranged}
    return GroupPlan(
        branch=branch,
        groups=tuple(_planned(circle, people, by_pk) for circle in arranged),
        left=tuple(row for row in rows if row.person_id not in found),
        closing=tuple(group for group in groups if group.pk not in going_on),
        unplaced=tuple(people[pk] for pk in sorted(activists - found)),
        notes=tuple(_notes(arranged, activists, leads)),
        state=_state(people, groups, rows),
    )


def groups_without_lead_soon(branches, days: timedelta = LEAVES_SOON) -> QuerySet[TalkGroup]:
    """Open groups whose lead leaves within ``days``, or can no longer lead."""
    gone = Q(lead__left_on__lte=timezone.localdate() + days) | Q(lead__is_active=False)
    unfit = gone | ~Q(lead__stage__in=MEMBERS)
    return TalkGroup.objects.filter(unfit, branch__in=branches, until=None)


def _people(branch: Branch) -> QuerySet[User]:
    here = Membership.objects.current().filter(branch=branch, side=Membership.Side.PARTY)
    rooms = RoomAssignment.objects.current().filter(person=OuterRef("pk"))
    return (
        User.objects.active()
        .filter(pk__in=here.values("person"), stage__in=ACTIVISTS | MEMBERS)
        .annotate(building_id=Subquery(rooms.values("room__building")[:1]))
    )


def _member(person: User) -> Member:
    building = getattr(person, "building_id", None)
    rank = 0 if person.stage == Stage.FULL else 1
    return Member(person.pk, person.number, person.major, building, rank)


def _leads(people: dict[int, User], leads: set[int]) -> list[Member]:
    """Who may lead a new group: not those who are about to leave."""
    soon = timezone.localdate() + LEAVES_SOON
    return [_member(people[pk]) for pk in sorted(leads) if can_lead_group(people[pk], on=soon)]


def _circle(group: TalkGroup, rows, people: dict[int, User], leads: set[int], activists: set[int]) -> Circle:
    kept = [row.person_id for row in rows if row.group_id == group.pk and row.person_id in activists]
    lead = _member(people[group.lead_id]) if group.lead_id in leads else None
    return Circle(lead, group.pk, kept=[_member(people[pk]) for pk in kept])


def _planned(circle: Circle, people: dict[int, User], groups: dict[int, TalkGroup]) -> PlannedGroup:
    lead = circle.lead
    if lead is None:
        raise LookupError("an arranged group has a lead")
    places = [Place(people[one.pk], "kept", "保持原来的搭档") for one in circle.kept]
    places += [Place(people[one.pk], "moved", "原组长不再担任，整组交给新组长") for one in circle.followers]
    places += [Place(people[one.pk], "joined", _why(lead, one)) for one in circle.came]
    group = groups[circle.group] if circle.group else None
    return PlannedGroup(people[lead.pk], tuple(places), group, bool(circle.followers))


def _why(lead: Member, one: Member) -> str:
    return {3: "和组长同专业、同楼栋", 2: "和组长同专业", 1: "和组长同楼栋", 0: "这一组人数最少"}[
        affinity(lead, one)
    ]


def _notes(arranged: list[Circle], activists: set[int], leads: set[int]) -> list[str]:
    if not activists:
        return ["本支部现在没有入党积极分子或发展对象。"]
    if not leads:
        return ["本支部没有可以担任组长的党员，先请上级支部帮忙安排。"]
    largest = max((circle.size for circle in arranged), default=0)
    if largest > ACTIVISTS_PER_CONTACT:
        return [f"可以担任组长的党员只有 {len(leads)} 名，每组人数偏多（最多 {largest} 名）。"]
    return []


def _state(people: dict[int, User], groups: list[TalkGroup], rows: list[TalkGroupMember]) -> str:
    """A digest of everything that decides the plan."""
    facts = [
        timezone.localdate().isoformat(),
        sorted(
            (*vars(_member(person)).values(), person.stage, str(person.left_on)) for person in people.values()
        ),
        [(group.pk, group.lead_id) for group in groups],
        sorted((row.group_id, row.person_id) for row in rows),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
