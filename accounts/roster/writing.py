"""Writing checked lines into the roster, a set at a time: the rows that the single actions would have written.

Called by ``accounts.actions.roster`` inside one transaction; nothing here commits or decides who may.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db.models import Model, Q
from django.utils import timezone

from accounts.actions.offices import end_offices
from accounts.actions.relations import end_contacts, leave_groups
from accounts.models import (
    Branch,
    DormRoom,
    Membership,
    Office,
    RoomAssignment,
    RosterImport,
    RosterRow,
    StageChange,
    User,
)
from accounts.roles import ACTIVISTS, MEMBERS, Stage
from accounts.roster.person import FIELDS, SIDES, picture, same, stand
from accounts.roster.places import Places
from accounts.roster.resource import UNDATED
from accounts.roster.scope import Scope
from accounts.rules import can_change_identity
from core.audit.log import unsaved
from core.audit.models import AuditEntry
from core.errors import Conflict

CHUNK = 1000  # lines
IN_GROUPS = Q(leads_talk_groups__isnull=False, leads_talk_groups__until=None) | Q(
    talk_group_memberships__isnull=False, talk_group_memberships__until=None
)
IN_CONTACTS = Q(contacts__isnull=False, contacts__until=None) | Q(
    cultivates__isnull=False, cultivates__until=None
)


def locked_people(numbers: Iterable[str]) -> dict[str, User]:
    """The people with these numbers, locked in the order of their keys and with their standing attached."""
    people = User.objects.select_for_update(no_key=True).filter(number__in=list(numbers)).order_by("pk")
    found = {person.number: person for person in people}
    stand(found.values())
    return found


def save_all(rows: Sequence[Model], fields: Sequence[str]) -> None:
    """Save these fields of rows that exist and are locked. An upsert: many times cheaper than ``bulk_update``."""
    type(rows[0])._default_manager.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=fields
    )


class Writer:
    """Writes the lines of one roster. ``write`` takes them a chunk at a time."""

    def __init__(self, roster: RosterImport) -> None:
        self.roster, self.by, self.today = roster, roster.by, timezone.localdate()
        self.scope = Scope(roster.by)
        self.moved: list[User] = []  # people who change branch and should hear of it

    def free_beds(self, rows: Iterable[RosterRow]) -> None:
        """End the old beds of everybody who moves, so that people may swap beds within one file."""
        movers = [row.person_id for row in rows if row.person_id and _moves_bed(row)]
        ended = RoomAssignment.objects.current().filter(person__in=movers)
        self.ended_beds = dict(ended.values_list("person", "pk"))
        self.old_beds = {bed.person_id: bed for bed in ended}
        ended.update(until=self.today)

    def write(self, rows: Sequence[RosterRow]) -> None:
        """Write these lines. Raises ``Conflict`` when one of them is no longer what the preview showed."""
        self.made: dict[int, dict[str, Any]] = defaultdict(dict)
        self.entries: list[AuditEntry] = []
        people = locked_people(row.number for row in rows)
        self._put_back_beds(people.values())
        self._look_again(rows, people)
        self._write_people(rows, people)
        self._write_memberships(rows, people)
        self._write_stages(rows, people)
        self._write_beds(rows, people)
        for row in rows:
            row.person, row.made, row.outcome = (
                people[row.number],
                self.made[row.pk],
                RosterRow.Outcome.APPLIED,
            )
        save_all(rows, ["person", "made", "outcome"])
        AuditEntry.objects.bulk_create(self.entries)

    def _put_back_beds(self, people: Iterable[User]) -> None:
        """In the picture of a mover the bed that ``free_beds`` has just ended still counts."""
        for person in people:
            if bed := self.old_beds.get(person.pk):
                person.__dict__.update(room=bed.room, bed=bed.bed)

    def _look_again(self, rows: Sequence[RosterRow], people: dict[str, User]) -> None:
        mine, foreign = self.scope.people([row.number for row in rows])
        for row in rows:
            person = people.get(row.number)
            is_new = row.state == RosterRow.State.NEW
            if row.number in foreign or (person is None) != is_new or (person and row.number not in mine):
                raise Conflict
            if person and not _still(picture(person), row.changes):
                raise Conflict
            if not self._covers(row, person):
                raise Conflict
            if person and "kind" in row.changes and not can_change_identity(self.by, person):
                raise Conflict

    def _covers(self, row: RosterRow, person: User | None) -> bool:
        """Whether the branches of the line are still open, and still the business of the importing person."""
        for side in SIDES:
            old, new = row.changes.get(side, [None, None])
            if new is not None and new not in self.scope.branches:
                return False
            moves = person and old and new and side != "group"
            if moves and not self.scope.may_move(getattr(person, side), self.scope.branches[new]):
                return False
        return True

    def _write_people(self, rows: Sequence[RosterRow], people: dict[str, User]) -> None:
        new = [_new_person(row) for row in rows if row.state == RosterRow.State.NEW]
        for person in User.objects.bulk_create(new):
            people[person.number] = person
        changed, names = [], set()
        for row in rows:
            person = people[row.number]
            keys = [key for key in (*FIELDS, "stage") if key in row.changes]
            if row.state == RosterRow.State.NEW:
                self._note("accounts.person_added", row, person, keys)
                continue
            for key in keys:
                setattr(person, key, value_of(key, row.changes[key][1]))
            person.version += 1
            changed.append(person)
            names.update(keys)
            if fields := [key for key in keys if key != "stage"]:
                self._note("accounts.person_changed", row, person, fields)
        if changed:
            save_all(changed, [*sorted(names), "version"])

    def _write_memberships(self, rows: Sequence[RosterRow], people: dict[str, User]) -> None:
        leaving, joining = self._moves(rows, people)
        self._end_memberships(leaving)
        self._leave_branches([people[row.number] for row, side, _ in leaving if side == "party"])
        places = [(row, side) for row, side, _ in joining]
        created = Membership.objects.bulk_create([membership for _, _, membership in joining])
        for (row, side), membership in zip(places, created, strict=True):
            self.made[row.pk].setdefault("joined", {})[side] = membership.pk

    def _moves(self, rows: Sequence[RosterRow], people: dict[str, User]):
        leaving: list[tuple[RosterRow, str, int]] = []
        joining: list[tuple[RosterRow, str, Membership]] = []
        for row in rows:
            person = people[row.number]
            for side in SIDES:
                old, new = row.changes.get(side, [None, None])
                if old:
                    leaving.append((row, side, person.pk))
                if new:
                    branch = self.scope.branches[new]
                    membership = Membership(
                        person=person, branch=branch, side=side, branch_name=branch.name, since=self.today
                    )
                    joining.append((row, side, membership))
                if (old or new) and row.state != RosterRow.State.NEW:
                    self._note("accounts.person_moved", row, person, [side])
        return leaving, joining

    def _end_memberships(self, leaving: list[tuple[RosterRow, str, int]]) -> None:
        people = {person for _, _, person in leaving}
        held = Membership.objects.current().filter(person__in=people)
        keys = {(person, side): pk for pk, person, side in held.values_list("pk", "person", "side")}
        ended = []
        for row, side, person in leaving:
            pk = keys[person, side]
            ended.append(pk)
            self.made[row.pk].setdefault("left", {})[side] = pk
        Membership.objects.filter(pk__in=ended).update(until=self.today)

    def _leave_branches(self, movers: list[User]) -> None:
        """End what stood on belonging to the old branch, for the few who lead something there."""
        for person in User.objects.filter(IN_GROUPS, pk__in=[person.pk for person in movers]).distinct():
            leave_groups(person, self.today)
        old = Branch.objects.subtree(*{person.party for person in movers})  # type: ignore[attr-defined]
        held = Office.objects.filter(person__in=movers, branch__in=old)
        end_offices(offices=held, by=self.by, reason="已离开这个支部")
        self.moved += [person for person in movers if person.is_active]

    def _write_stages(self, rows: Sequence[RosterRow], people: dict[str, User]) -> None:
        dated = [row for row in rows if row.changes.get("stage_on", [None, None])[1]]
        places = Places(people[row.number] for row in dated)
        starts = {row.pk: self._start_of(row, people[row.number], places) for row in dated}
        self._keep("start", dated, starts, StageChange)
        changes = {row.pk: self._stage_change(row, people[row.number], places) for row in dated}
        self._keep("stage", dated, changes, StageChange)
        for row in dated:
            self._note("accounts.stage_recorded", row, people[row.number], ["stage"])
        self._end_relations([people[row.number] for row in dated if row.state == RosterRow.State.CHANGED])

    def _keep(self, name: str, rows: Sequence[RosterRow], made: dict[int, Any], model: type[Any]) -> None:
        """Insert what was made for these lines and remember the keys."""
        wanted = [(row.pk, made[row.pk]) for row in rows if made[row.pk] is not None]
        for (pk, _), created in zip(
            wanted, model.objects.bulk_create([item for _, item in wanted]), strict=True
        ):
            self.made[pk][name] = created.pk

    def _stage_change(self, row: RosterRow, person: User, places: "Places") -> StageChange:
        is_start = row.state == RosterRow.State.NEW and person.stage in UNDATED
        return places.change(
            person,
            stage=person.stage,
            effective_on=date.fromisoformat(row.changes["stage_on"][1]),
            evidence=StageChange.Evidence.ENROLMENT if is_start else StageChange.Evidence.PAPER,
            evidence_note="" if is_start else "名册导入",
            recorded_by=self.by,
        )

    def _start_of(self, row: RosterRow, person: User, places: "Places") -> StageChange | None:
        """Where a person stood who came without any record, as ``actions.stages`` keeps it."""
        before = row.changes.get("stage", [None])[0]
        if row.state == RosterRow.State.NEW or row.changes["stage_on"][0] or not before:
            return None
        day = date.fromisoformat(row.changes["stage_on"][1]) - timedelta(days=1)
        first = places.first_day(person)
        return places.change(
            person,
            stage=before,
            effective_on=min(first, day) if first else day,
            evidence=StageChange.Evidence.ENROLMENT,
            recorded_by=None,
        )

    def _end_relations(self, people: list[User]) -> None:
        """Contacts and talk groups that no longer fit the stage, for the few who have any."""
        for person in User.objects.filter(
            IN_GROUPS | IN_CONTACTS, pk__in=[one.pk for one in people]
        ).distinct():
            stage = person.stage
            end_contacts(
                person, self.today, accompanying=stage != Stage.FULL, accompanied=stage not in ACTIVISTS
            )
            leave_groups(person, self.today, leading=stage not in MEMBERS, joining=stage not in ACTIVISTS)

    def _write_beds(self, rows: Sequence[RosterRow], people: dict[str, User]) -> None:
        moving = [row for row in rows if _moves_bed(row)]
        rooms = DormRoom.objects.in_bulk({self._bed(row, people)[0] for row in moving})
        assignments = []
        for row in moving:
            room, bed = self._bed(row, people)
            person = people[row.number]
            assignments.append(RoomAssignment(person=person, room=rooms[room], bed=bed, since=self.today))
            self._note("accounts.bed_assigned", row, person, ["room", "bed"])
        for row, assignment in zip(moving, RoomAssignment.objects.bulk_create(assignments), strict=True):
            self.made[row.pk]["bed"] = assignment.pk
            if old := self.ended_beds.get(people[row.number].pk):
                self.made[row.pk]["old_bed"] = old

    def _bed(self, row: RosterRow, people: dict[str, User]) -> tuple[int, int]:
        person = people[row.number]
        room = row.changes["room"][1] if "room" in row.changes else person.room.pk  # type: ignore[attr-defined]
        bed = row.changes["bed"][1] if "bed" in row.changes else person.bed  # type: ignore[attr-defined]
        return room, bed

    def _branch_of(self, row: RosterRow, person: User) -> Branch | None:
        """The branch in which this line leaves the person: party side first."""
        for side in ("party", "league"):
            new = row.changes.get(side, [None, None])[1]
            if new:
                return self.scope.branches[new]
            if current := getattr(person, side, None):
                return current
        return None

    def _note(self, action: str, row: RosterRow, person: User, changed: list[str]) -> None:
        branch = self._branch_of(row, person)
        self.entries.append(unsaved(self.by, action, person, branch=branch, changed=changed))


def value_of(key: str, value: Any) -> Any:
    """The value of a field from its plain form in ``RosterRow.changes``."""
    return date.fromisoformat(value) if key == "birth_month" and value else value


def _new_person(row: RosterRow) -> User:
    fields = {key: value_of(key, row.changes[key][1]) for key in (*FIELDS, "stage") if key in row.changes}
    return User(number=row.number, password=make_password(None), **fields)


def _moves_bed(row: RosterRow) -> bool:
    return bool(row.changes.keys() & {"room", "bed"})


def _still(now: dict, changes: dict[str, list]) -> bool:
    return all(same(now[key], before) for key, (before, _) in changes.items())
