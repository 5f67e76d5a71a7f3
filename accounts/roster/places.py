"""Where many people belonged on the day of a stage change, under the name the branch had then."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from accounts.models import Branch, BranchRecord, Membership, StageChange, User


class Places:
    """The stays of some people and the names of their branches over time; two queries for all."""

    def __init__(self, people: Iterable[User]) -> None:
        self.stays: dict[int, list[Membership]] = defaultdict(list)
        pks = [person.pk for person in people]
        stays = Membership.objects.filter(person__in=pks, voided_at=None).select_related("branch")
        for stay in stays.order_by("since", "pk"):
            self.stays[stay.person_id].append(stay)
        self.records: dict[int, list[BranchRecord]] = defaultdict(list)
        branches = {stay.branch_id for found in self.stays.values() for stay in found}
        for record in BranchRecord.objects.filter(branch__in=branches).order_by("since", "pk"):
            self.records[record.branch_id].append(record)

    def change(self, person: User, *, effective_on: date, **fields: Any) -> StageChange:
        """An unsaved stage change with the branch of that day."""
        branch = self._branch(person, effective_on)
        name = self._name(branch, effective_on) if branch else ""
        return StageChange(
            person=person, effective_on=effective_on, branch=branch, branch_name=name, **fields
        )

    def first_day(self, person: User) -> date | None:
        stays = self.stays[person.pk]
        return stays[0].since if stays else None

    def _branch(self, person: User, day: date) -> Branch | None:
        """The party branch of that day, else the branch that answers for the person now (``rules.home_of``)."""
        stays = self.stays[person.pk]
        party = [stay for stay in stays if stay.side == Membership.Side.PARTY and stay.holds_on(day)]
        if party:
            return party[0].branch
        best = max(
            stays,
            key=lambda stay: (stay.until is None, stay.side == Membership.Side.PARTY, stay.since),
            default=None,
        )
        return best.branch if best else None

    def _name(self, branch: Branch, day: date) -> str:
        names = [record.name for record in self.records[branch.pk] if record.holds_on(day)]
        return names[0] if names else branch.name
