"""How a branch's activists are spread over its members (``domain.md`` §1.9, S64): plain data in, plain data out.

Who talks to whom already stays together. Newcomers go to the smallest group, and among the smallest to the one
where they share most with the lead: the major counts before the dormitory building. So a fresh arrangement is
balanced within one, and arranging again what is arranged changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

TARGET_SIZE = 3
LARGEST_SIZE = 4  # of a group that takes newcomers in before another is opened


@dataclass(frozen=True)
class Member:
    """What counts about a person. ``rank`` orders leads who are equal otherwise, lower first."""

    pk: int
    number: str
    major: str = ""
    building: int | None = None
    rank: int = 0


@dataclass
class Circle:
    """A talk group in the making. ``group`` is the one that exists, ``lead`` None when nobody leads it any more.

    ``kept`` were in it under this lead, ``followers`` under one who is gone, ``came`` are new to it.
    """

    lead: Member | None
    group: int | None = None
    kept: list[Member] = field(default_factory=list)
    followers: list[Member] = field(default_factory=list)
    came: list[Member] = field(default_factory=list)

    @property
    def people(self) -> list[Member]:
        return [*self.kept, *self.followers, *self.came]

    @property
    def size(self) -> int:
        return len(self.people)


def arrange(leads: Sequence[Member], newcomers: Sequence[Member], circles: Sequence[Circle]) -> list[Circle]:
    """The groups as they should be, in the order they exist, new ones behind.

    ``leads`` are all who may lead a new group, ``newcomers`` the activists without group, ``circles`` the groups
    that exist with those of their members who still belong there. Groups nobody is left in are not returned; with
    no lead at all nobody is placed.
    """
    busy = {circle.lead.pk for circle in circles if circle.lead}
    free = [lead for lead in leads if lead.pk not in busy]
    waiting = list(newcomers)
    result = [circle for circle in circles if circle.lead and circle.kept]
    result += _hand_over([circle for circle in circles if not circle.lead], free, waiting)
    spare = [circle for circle in circles if circle.lead and not circle.kept]
    result += _open(result, spare, free, waiting)
    _place(result, waiting)
    return result


def affinity(one: Member, other: Member) -> int:
    """2 for the same major, 1 for the same building, both add up."""
    same_major = bool(one.major) and one.major == other.major
    same_building = one.building is not None and one.building == other.building
    return 2 * same_major + same_building


def _hand_over(orphans: list[Circle], free: list[Member], waiting: list[Member]) -> list[Circle]:
    """Give groups whose lead is gone a new one, together; without one their members wait with the newcomers."""
    adopted = []
    for circle in sorted(orphans, key=lambda orphan: -orphan.size):
        if circle.kept and free:
            lead = _best_lead(free, circle.kept)
            adopted.append(Circle(lead, circle.group, followers=circle.kept))
        else:
            waiting += circle.kept
    return adopted


def _open(
    existing: list[Circle], spare: list[Circle], free: list[Member], waiting: list[Member]
) -> list[Circle]:
    """As many more groups of about three as the newcomers need who find no room in the groups that exist."""
    room = sum(max(0, LARGEST_SIZE - circle.size) for circle in existing)
    homeless = max(0, len(waiting) - room)
    wanted = max(homeless > 0, (homeless + 1) // TARGET_SIZE)
    opened: list[Circle] = []
    while len(opened) < wanted and (spare or free):
        opened.append(spare.pop(0) if spare else Circle(_best_lead(free, waiting)))
    return opened


def _best_lead(free: list[Member], people: Sequence[Member]) -> Member:
    best = min(free, key=lambda lead: (-sum(affinity(lead, one) for one in people), lead.rank, lead.number))
    free.remove(best)
    return best


def _place(circles: list[Circle], waiting: list[Member]) -> None:
    rest = sorted(waiting, key=lambda one: one.number)
    while rest and circles:
        smallest = min(circle.size for circle in circles)
        pairs = [(circle, one) for circle in circles if circle.size == smallest for one in rest]
        circle, one = max(pairs, key=_fit)
        circle.came.append(one)
        rest.remove(one)


def _fit(pair: tuple[Circle, Member]) -> int:
    circle, one = pair
    return affinity(circle.lead, one) if circle.lead else 0
