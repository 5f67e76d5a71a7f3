"""What would have to change so that roster and directory agree. Reads our tables, writes nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from django.conf import settings

from accounts.directory.reading import Snapshot
from accounts.models import Branch, DirectoryChange, DirectorySync, User, WeComIdentity
from wecom.contacts import Member

Kind = DirectoryChange.Kind

MOST_VANISHING = 0.05
HOPELESS = 0.2
MOST_VANISHING_DEPARTMENTS = 2


class Difference:
    """Roster and directory within ``scope`` (a branch with everything below it)."""

    def __init__(self, scope: Branch, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.branches = list(Branch.objects.subtree(scope).current().order_by("pk"))
        self.people = {
            person.pk: person
            for person in User.objects.active().in_branches(self.branches).order_by("number")
        }
        bound = WeComIdentity.objects.filter(corp_id=settings.WECOM_CORP_ID, unbound_at=None)
        self.owner = dict(bound.values_list("userid", "person_id"))
        self.account = {person: userid for userid, person in self.owner.items() if person in self.people}
        self.by_number = self._by_number()

    def changes(self) -> list[DirectoryChange]:
        """All lines, people first."""
        return [*self._people(), *self._strangers(), *self._departments()]

    def refusal(self) -> str:
        """Why this directory cannot be the whole one; empty when it can."""
        if not self.snapshot.departments or not self.snapshot.members:
            return "企业微信没有给出任何部门或成员。请检查应用的可见范围，然后再核对。"
        unseen = self.snapshot.unseen or 0
        if unseen > MOST_VANISHING * (unseen + len(self.snapshot.members)):
            return f"还有 {unseen} 名成员不在应用的可见范围里，这次读到的不完整。请把可见范围设为全校。"
        if len(self._vanished()) > HOPELESS * len(self.account):
            return "企业微信只给出了一部分成员，和上次相差太多，没有采用。请检查应用的可见范围。"
        return ""

    def is_braked(self) -> bool:
        """Whether so much would vanish that approving needs a second look."""
        gone = [branch for branch in self.branches if self._is_gone(branch)]
        too_many = len(self._vanished()) > MOST_VANISHING * len(self.account)
        return too_many or len(gone) > MOST_VANISHING_DEPARTMENTS

    def _vanished(self) -> list[int]:
        return [person for person, userid in self.account.items() if userid not in self.snapshot.members]

    def _by_number(self) -> dict[str, list[Member]]:
        """Members by student or staff number; an account that is itself the number counts too."""
        found: dict[str, list[Member]] = defaultdict(list)
        for member in self.snapshot.members.values():
            for number in {member.number.lower() or member.userid}:
                found[number].append(member)
        return found

    def _people(self) -> Iterator[DirectoryChange]:
        for person in self.people.values():
            userid = self.account.get(person.pk)
            yield from self._bound(person, userid) if userid else self._unbound(person)

    def _bound(self, person: User, userid: str) -> Iterator[DirectoryChange]:
        member = self.snapshot.members.get(userid)
        if member is None:
            yield self._line(Kind.UNBIND, person, userid, note="企业微信里已经没有这个账号。")
        elif member.number and member.number.lower() != person.number.lower():
            yield self._line(
                Kind.CONFLICT, person, userid, member.name, "账号在企业微信里是另一个学号或工号。"
            )
        elif not member.active:
            yield self._line(Kind.INACTIVE, person, userid, member.name)

    def _unbound(self, person: User) -> Iterator[DirectoryChange]:
        found = self.by_number.get(person.number.lower(), [])
        if not found:
            yield self._line(Kind.MISSING, person)
            return
        member = found[0]
        reason = self._doubt(person, found)
        kind = Kind.CONFLICT if reason else Kind.BIND
        yield self._line(kind, person, member.userid, member.name, reason)

    def _doubt(self, person: User, found: list[Member]) -> str:
        """Why a member with the right number is not bound without a person looking at it."""
        member = found[0]
        if len(found) > 1:
            return f"有 {len(found)} 个账号填了同一个学号或工号。"
        if member.userid in self.owner:
            return "这个账号已经绑定了别人。"
        if member.name and member.name != person.name:
            return "学号或工号相同，姓名不同。"
        return ""

    def _strangers(self) -> Iterator[DirectoryChange]:
        """Members of departments that are ours without being on the roster. Other members are nobody's business."""
        ours = {branch.wecom_department_id for branch in self.branches} - {None}
        numbers = {person.number.lower() for person in self.people.values()}
        for member in self.snapshot.members.values():
            is_known = member.userid in self.owner or {member.number.lower(), member.userid} & numbers
            if not is_known and ours.intersection(member.departments):
                yield DirectoryChange(kind=Kind.UNKNOWN, userid=member.userid, name=member.name[:100])

    def _departments(self) -> Iterator[DirectoryChange]:
        linked = {branch.pk: branch.wecom_department_id for branch in self.branches}
        taken = set(
            Branch.objects.exclude(wecom_department_id=None).values_list("wecom_department_id", flat=True)
        )
        for branch in self.branches:
            if self._is_gone(branch):
                yield DirectoryChange(
                    kind=Kind.UNLINK, branch=branch, department_id=branch.wecom_department_id
                )
            elif branch.wecom_department_id is None:
                found = self._namesakes(branch, linked.get(branch.parent_id)) - taken
                if len(found) == 1:
                    linked[branch.pk] = found.pop()
                    taken.add(linked[branch.pk])
                    yield DirectoryChange(kind=Kind.LINK, branch=branch, department_id=linked[branch.pk])

    def _namesakes(self, branch: Branch, above: int | None) -> set[int]:
        """Departments of the same name; when several share it, those below the parent's department."""
        same = [found for found in self.snapshot.departments.values() if found.name.strip() == branch.name]
        below = [found for found in same if found.parent_id == above]
        return {found.id for found in (below if len(same) > 1 else same)}

    def _is_gone(self, branch: Branch) -> bool:
        number = branch.wecom_department_id
        return number is not None and number not in self.snapshot.departments

    def _line(
        self, kind: Kind, person: User, userid: str = "", name: str = "", note: str = ""
    ) -> DirectoryChange:
        return DirectoryChange(kind=kind, person=person, userid=userid, name=name[:100], note=note)


def summary(sync: DirectorySync) -> dict[str, int]:
    """How many lines of each kind a comparison has, acting kinds first."""
    counts = Counter(sync.changes.order_by().values_list("kind", flat=True))
    return {kind: counts[kind] for kind in Kind.values if counts[kind]}
