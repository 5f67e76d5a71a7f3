"""Taking an applied roster back: what is still as it was written goes, what somebody touched since stays."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Model
from django.utils import timezone

from accounts.models import Membership, RoomAssignment, RosterImport, RosterRow, StageChange, User
from accounts.roster.person import FIELDS, KEYS, LABELS, SIDES, picture, same
from accounts.roster.writing import locked_people, save_all, value_of
from core.audit.log import unsaved
from core.audit.models import AuditEntry

REASON = "撤销名册导入"
# What belongs together: restored as one or not at all.
PARTS = (*((key,) for key in FIELDS), *((side,) for side in SIDES), ("stage", "stage_on"), ("room", "bed"))


class Undoer:
    """Restores the lines of one roster. ``undo`` takes them a chunk at a time."""

    def __init__(self, roster: RosterImport) -> None:
        self.roster, self.by = roster, roster.by

    def undo(self, rows: Sequence[RosterRow]) -> None:
        self.entries: list[AuditEntry] = []
        self.removed: dict[str, list[int]] = {"joined": [], "stage": [], "bed": []}
        self.reopened: dict[str, list[int]] = {"left": [], "old_bed": []}
        people = locked_people(row.number for row in rows)
        new = [row for row in rows if row.state == RosterRow.State.NEW]
        self._undo_new(new, people)
        self._undo_changed([row for row in rows if row.state == RosterRow.State.CHANGED], people)
        save_all(rows, ["outcome", "kept_because"])
        AuditEntry.objects.bulk_create(self.entries)

    # --- people who did not exist before -------------------------------------------------------------------

    def _undo_new(self, rows: Sequence[RosterRow], people: dict[str, User]) -> None:
        """Remove people whom nothing but this roster knows. Whoever was touched or used since stays."""
        untouched = [row for row in rows if self._is_as_written(row, people.get(row.number))]
        used = _used_elsewhere([people[row.number].pk for row in untouched], untouched)
        going = []
        for row in untouched:
            person = people[row.number]
            if person.pk in used or person.last_login:
                _keep(row, "这个人已经在使用平台，或者别处已经用到")
            else:
                going.append(person)
                row.outcome = RosterRow.Outcome.UNDONE
                self.entries.append(unsaved(self.by, "accounts.person_removed", person, reason=REASON))
        pks = [person.pk for person in going]
        for model in (Membership, StageChange, RoomAssignment):
            model.objects.filter(person__in=pks).delete()
        RosterRow.objects.filter(person__in=pks).update(person=None)
        User.objects.filter(pk__in=pks).delete()

    def _is_as_written(self, row: RosterRow, person: User | None) -> bool:
        if person is None:
            row.outcome = RosterRow.Outcome.UNDONE
            return False
        now = picture(person)
        wanted = {key: pair[1] for key, pair in row.changes.items()}
        touched = [key for key in KEYS if not same(now[key], wanted.get(key))]
        if touched or person.version:
            _keep(row, f"之后有人改过：{_labels(touched) or '资料'}")
            return False
        return True

    # --- people who were there -----------------------------------------------------------------------------

    def _undo_changed(self, rows: Sequence[RosterRow], people: dict[str, User]) -> None:
        changed: list[User] = []
        names: set[str] = set()
        for row in rows:
            person = people.get(row.number)
            if person is None:
                _keep(row, "这个人已经不在名册里")
                continue
            restored, kept = self._restore(row, person)
            row.outcome = RosterRow.Outcome.UNDONE if restored or not kept else RosterRow.Outcome.KEPT
            row.kept_because = f"之后有人改过：{_labels(kept)}" if kept else ""
            if restored:
                person.version += 1
                changed.append(person)
                names.update(key for key in restored if key in (*FIELDS, "stage"))
                self.entries.append(
                    unsaved(self.by, "accounts.person_restored", person, changed=restored, reason=REASON)
                )
        self._write_back()
        if changed:
            save_all(changed, [*sorted(names), "version"])

    def _restore(self, row: RosterRow, person: User) -> tuple[list[str], list[str]]:
        now, restored, kept = picture(person), [], []
        for part in PARTS:
            keys = [key for key in part if key in row.changes]
            if not keys:
                continue
            if any(not same(now[key], row.changes[key][1]) for key in keys) or not self._is_still_ours(
                row, person, part
            ):
                kept += keys
                continue
            restored += keys
            for key in keys:
                if key in (*FIELDS, "stage"):
                    setattr(person, key, value_of(key, row.changes[key][0]))
            self._collect(row, part)
        return restored, kept

    def _is_still_ours(self, row: RosterRow, person: User, part: tuple[str, ...]) -> bool:
        """Whether the dated row behind this part is the very one the roster wrote."""
        made = row.made
        if part[0] in SIDES and (pk := made.get("joined", {}).get(part[0])):
            return Membership.objects.filter(pk=pk, until=None, voided_at=None).exists()
        if part[0] == "stage" and (pk := made.get("stage")):
            last = StageChange.objects.valid().filter(person=person).order_by("-effective_on").first()
            return last is not None and last.pk == pk
        if part[0] == "room" and (pk := made.get("bed")):
            return RoomAssignment.objects.filter(pk=pk, until=None).exists()
        return True

    def _collect(self, row: RosterRow, part: tuple[str, ...]) -> None:
        made, first = row.made, part[0]
        if first in SIDES:
            self.removed["joined"] += _pk(made.get("joined", {}).get(first))
            self.reopened["left"] += _pk(made.get("left", {}).get(first))
        elif first == "stage":
            self.removed["stage"] += _pk(made.get("stage")) + _pk(made.get("start"))
        elif first == "room":
            self.removed["bed"] += _pk(made.get("bed"))
            self.reopened["old_bed"] += _pk(made.get("old_bed"))

    def _write_back(self) -> None:
        """Void what was recorded wrongly and let what it ended hold again; the history of both stays."""
        now = timezone.now()
        for membership in Membership.objects.filter(pk__in=self.removed["joined"]):
            membership.until = membership.since
            membership.voided_at, membership.void_reason = now, REASON
            membership.save(update_fields=["until", "voided_at", "void_reason"])
        StageChange.objects.filter(pk__in=self.removed["stage"]).update(
            voided_at=now, voided_by=self.by, void_reason=REASON
        )
        RoomAssignment.objects.filter(pk__in=self.removed["bed"]).delete()
        Membership.objects.filter(pk__in=self.reopened["left"]).update(until=None)
        RoomAssignment.objects.filter(pk__in=self.reopened["old_bed"]).update(until=None)


def _keep(row: RosterRow, reason: str) -> None:
    row.outcome, row.kept_because = RosterRow.Outcome.KEPT, reason


def _pk(value: int | None) -> list[int]:
    return [value] if value else []


def _labels(keys: list[str]) -> str:
    return "、".join(dict.fromkeys(LABELS[key] for key in keys))


def _used_elsewhere(people: list[int], rows: Sequence[RosterRow]) -> set[int]:
    """Which of these people are referred to by any row this roster did not write; one query per relation."""
    ours: dict[type[Model], set[Any]] = {
        Membership: {pk for row in rows for pk in row.made.get("joined", {}).values()},
        StageChange: {row.made["stage"] for row in rows if "stage" in row.made},
        RoomAssignment: {row.made["bed"] for row in rows if "bed" in row.made},
        RosterRow: {row.pk for row in rows},
    }
    used: set[int] = set()
    for relation in User._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and not relation.concrete and relation.related_model):
            continue
        field = getattr(relation, "field", None)
        if field is None or field.many_to_many:
            continue
        found = relation.related_model._base_manager.filter(**{f"{field.name}__in": people})
        if relation.related_model in ours:
            found = found.exclude(pk__in=ours[relation.related_model])
        used.update(found.values_list(field.attname, flat=True))
    return used
