"""Read the whole directory. Many calls over the network: never inside a transaction or a web request."""

from dataclasses import dataclass, field, replace

from django.conf import settings

from wecom.client import directory, portal
from wecom.contacts import Department, Member
from wecom.errors import WeComError


@dataclass
class Snapshot:
    """The directory as it was just now. Members by userid in lower case, departments by id.

    ``unseen`` counts members that exist although the app may not see them; None when nobody could tell.
    """

    departments: dict[int, Department] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    unseen: int | None = None


def read() -> Snapshot:
    """Every department and member the app sees. Order and repetitions do not matter. Raises ``WeComError``.

    One failed page fails the reading: half a directory looks like people who left.
    """
    wecom = portal()
    snapshot = Snapshot(departments={department.id: department for department in wecom.departments()})
    for department_id in snapshot.departments:
        for member in wecom.members(department_id):
            userid = member.userid.lower()
            known = snapshot.members.get(userid, member)
            departments = tuple(dict.fromkeys((*known.departments, *member.departments, department_id)))
            snapshot.members[userid] = replace(member, userid=userid, departments=departments)
    snapshot.unseen = _unseen(snapshot)
    return snapshot


def _unseen(snapshot: Snapshot) -> int | None:
    """The contact-sync secret knows all ids, whatever the app may see. It is optional."""
    if not settings.WECOM_CONTACT_SECRET:
        return None
    try:
        ids = {userid.lower() for userid in directory().member_ids()}
    except WeComError:
        return None
    return len(ids - snapshot.members.keys())
