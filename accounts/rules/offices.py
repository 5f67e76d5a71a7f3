"""Who may give which office (``domain.md`` §1.8)."""

from accounts.models import Branch, Office, User
from accounts.rights import OFFICES


def office_fits(kind: str, branch: Branch) -> bool:
    """Whether an office of this kind exists in branches of that kind."""
    return branch.kind in OFFICES[kind].places


def can_appoint(user: User, kind: str, branch: Branch) -> bool:
    """Whether ``user`` may give and end an office of ``kind`` in ``branch``."""
    return kind in OFFICES and user.has_right(OFFICES[kind].appointed_with, branch)


def can_end_office(user: User, office: Office) -> bool:
    return can_appoint(user, office.kind, office.branch)


def kinds_to_give(user: User, branch: Branch) -> list[str]:
    """The kinds of office ``user`` may give in ``branch``, in the order of the table."""
    held = {right for right in _APPOINTING if user.has_right(right, branch)}
    return [
        kind
        for kind, office in OFFICES.items()
        if office.appointed_with in held and office_fits(kind, branch)
    ]


_APPOINTING = frozenset(office.appointed_with for office in OFFICES.values())
