"""What the importing person may touch. Foreign and absent look the same (``reliability.md`` C2)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.utils import timezone

from accounts.models import Branch, Membership, User
from accounts.roster.text import squeezed
from accounts.rules import takes_people

OUTSIDE = "这一行不在你能导入的范围里：请核对学号和支部名称，或者请上级党组织来导入。"


class Scope:
    """The branches ``by`` may import into, by side and name, and the people who belong to them."""

    def __init__(self, by: User) -> None:
        self.by = by
        allowed = Branch.objects.where(by, "accounts.import_roster").current().select_related("parent")
        self.branches = {branch.pk: branch for branch in allowed}
        self._movable = self._where("accounts.move_person")
        self._housed = self._where("accounts.change_dormitory")
        self._names: dict[tuple[str, str], list[Branch]] = defaultdict(list)
        for branch in self.branches.values():
            for side in Membership.Side.values:
                if takes_people(branch, side):
                    self._names[side, squeezed(branch.name)].append(branch)
                    self._names[side, squeezed(f"{branch.parent}/{branch.name}")].append(branch)

    def _where(self, right: str) -> set[int]:
        return set(Branch.objects.where(self.by, right).values_list("pk", flat=True))

    def people(self, numbers: Iterable[str]) -> tuple[dict[str, User], set[str]]:
        """The people with these numbers whom ``by`` may change, and the numbers that are somebody else's."""
        everyone = {person.number: person for person in User.objects.filter(number__in=list(numbers))}
        if self.by.is_superuser:
            return everyone, set()
        homes = homes_of(person.pk for person in everyone.values())
        mine = {
            number: person for number, person in everyone.items() if homes.get(person.pk) in self.branches
        }
        return mine, everyone.keys() - mine.keys()

    def branch(self, side: str, text: str, parent: Branch | None = None) -> Branch:
        """The one branch of that name. Raises ``ValueError``: outside or absent alike, or several of the name."""
        found = self._names.get((side, squeezed(text)), [])
        if parent is not None:
            found = [branch for branch in found if branch.parent_id == parent.pk]
        if not found:
            raise ValueError(OUTSIDE)
        if len(found) > 1:
            places = "、".join(f"{branch.parent}/{branch.name}" for branch in found)
            raise ValueError(f"有 {len(found)} 个同名的：{places}。请照这样写上级。")
        return found[0]

    def may_move(self, *branches: Branch | None) -> bool:
        """Whether ``by`` may take a person out of and into these branches."""
        return all(branch is None or branch.pk in self._movable for branch in branches)

    def may_house(self, branch: Branch | None) -> bool:
        return branch is not None and branch.pk in self._housed

    @property
    def may_house_anybody(self) -> bool:
        return bool(self._housed)


def homes_of(people: Iterable[int]) -> dict[int, int]:
    """For many people what ``rules.home_of`` says of one: the branch that answers for them. One query."""
    today = timezone.localdate()
    stays = Membership.objects.filter(person__in=list(people), voided_at=None, since__lte=today)
    best: dict[int, tuple[tuple[bool, bool, date], int]] = {}
    for stay in stays:
        nearness = (stay.holds_on(today), stay.side == Membership.Side.PARTY, stay.since)
        if stay.person_id not in best or nearness > best[stay.person_id][0]:
            best[stay.person_id] = (nearness, stay.branch_id)
    return {person: branch for person, (_, branch) in best.items()}
