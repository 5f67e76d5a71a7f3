"""Where a person belongs and who may act for him."""

from datetime import date

from django.utils import timezone

from accounts.models import Branch, Membership, User
from accounts.rules.offices import can_end_office

# Which kinds of branch have members of their own, by side.
TAKES_PEOPLE = {
    Membership.Side.PARTY: {Branch.Kind.BRANCH},
    Membership.Side.GROUP: {Branch.Kind.GROUP},
    Membership.Side.LEAGUE: {Branch.Kind.LEAGUE_BRANCH},
}


def takes_people(branch: Branch, side: str) -> bool:
    """Whether people can belong to ``branch`` itself on that side, not only to branches below it."""
    return branch.kind in TAKES_PEOPLE[Membership.Side(side)]


def branch_of(person: User, side: str = Membership.Side.PARTY, on: date | None = None) -> Branch | None:
    """The branch the person belongs to on a day (today), or None."""
    rows = person.memberships.on(on or timezone.localdate()).filter(side=side).select_related("branch")
    membership = rows.first()
    return membership.branch if membership else None


def home_of(person: User) -> Branch | None:
    """The branch that answers for a person: his own today, else the last one he belonged to."""
    rows = person.memberships.filter(voided_at=None, since__lte=timezone.localdate()).select_related("branch")
    today = [row for row in rows if row.holds_on(timezone.localdate())]
    best = max(today or rows, key=_nearness, default=None)
    return best.branch if best else None


def _nearness(membership: Membership) -> tuple[bool, date]:
    return membership.side == Membership.Side.PARTY, membership.since


def can_act_for(user: User, person: User, right: str) -> bool:
    """Whether ``user`` holds ``right`` where the person belongs (see ``home_of``)."""
    home = home_of(person)
    return user.has_right(right, home) if home else user.is_superuser


def can_move(user: User, person: User, branch: Branch) -> bool:
    """Whether ``user`` may move the person to ``branch``: the right is needed at both ends."""
    home = home_of(person)
    right = "accounts.move_person"
    return user.has_right(right, branch) and (home is None or user.has_right(right, home))


def can_change_identity(user: User, person: User) -> bool:
    """Whether ``user`` may change what a person signs in by, or shut him out.

    Not for people in offices that ``user`` could not end: a secretary with a college administrator among his
    members must not become or remove him that way.
    """
    offices = person.offices.filter(until=None).select_related("branch")
    return all(can_end_office(user, office) for office in offices)
