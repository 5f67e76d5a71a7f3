"""How a person stands in the roster: one flat picture to compare, to apply and to restore."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from accounts.models import Branch, DormRoom, Membership, RoomAssignment, StageChange, User
from accounts.roles import Kind, Stage
from accounts.roster.columns import BY_KEY

FIELDS = ("name", "kind", "gender", "birth_month", "grade", "major", "class_name")
SIDES = ("party", "group", "league")
KEYS = (*FIELDS, *SIDES, "stage", "stage_on", "room", "bed")
LABELS = {key: column.label for key, column in BY_KEY.items()} | {"room": "寝室"}
EMPTY: dict[str, Any] = dict.fromkeys((*SIDES, "stage_on", "room", "bed"))

Picture = dict[str, Any]


def stand(people: Iterable[User]) -> None:
    """Attach to each person what the roster shows beside the person's own fields; four queries for all."""
    by_pk = {person.pk: person for person in people}
    for person in by_pk.values():
        person.__dict__.update(EMPTY)
    memberships = Membership.objects.current().filter(person__in=by_pk).select_related("branch")
    for membership in memberships.order_by("since", "pk"):
        setattr(by_pk[membership.person_id], membership.side, membership.branch)
    changes = StageChange.objects.filter(person__in=by_pk, voided_at=None)
    for change in changes.order_by("effective_on", "pk"):
        by_pk[change.person_id].__dict__["stage_on"] = change.effective_on
    beds = RoomAssignment.objects.current().filter(person__in=by_pk).select_related("room__building")
    for bed in beds:
        by_pk[bed.person_id].__dict__.update(room=bed.room, bed=bed.bed)


def picture(person: Any) -> Picture:
    """The plain values of a person on whom ``stand`` has been called, ready for JSON."""
    return {key: _plain(getattr(person, key)) for key in KEYS}


def difference(before: Picture, after: Picture) -> dict[str, list]:
    """What changes: key → value before and after."""
    return {key: [before.get(key), after[key]] for key in KEYS if not same(before.get(key), after[key])}


def same(one: Any, other: Any) -> bool:
    """Whether two plain values say the same; an empty text and nothing do."""
    return (one or None) == (other or None)


def _plain(value: Any) -> Any:
    if isinstance(value, Branch | DormRoom):
        return value.pk
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value


class Names:
    """Texts for the plain values of many pictures, by two queries for all."""

    def __init__(self, changes: Iterable[dict[str, list]]) -> None:
        found: dict[str, set] = {"branch": set(), "room": set()}
        for change in changes:
            for key, pair in change.items():
                if key in SIDES or key == "room":
                    found["room" if key == "room" else "branch"].update(filter(None, pair))
        self.branches = dict(Branch.objects.filter(pk__in=found["branch"]).values_list("pk", "name"))
        rooms = DormRoom.objects.filter(pk__in=found["room"]).select_related("building")
        self.rooms = {room.pk: str(room) for room in rooms}

    def text(self, key: str, value: Any) -> str:
        """What people read for ``value``; an empty string for nothing."""
        if value in (None, ""):
            return ""
        if key in SIDES:
            return self.branches.get(value, "")
        if key == "room":
            return self.rooms.get(value, "")
        return _WORDS.get(key, str)(value)


_WORDS: dict[str, Any] = {
    "kind": lambda value: str(Kind(value).label),
    "stage": lambda value: str(Stage(value).label),
    "gender": lambda value: str(User.Gender(value).label),
    "birth_month": lambda value: value[:7],
    "grade": lambda value: f"{value} 级",
    "bed": lambda value: f"{value} 号床",
}
