"""What writing and reviewing have in common: who may, and who is asked."""

from django.db.models import Q
from django.utils import timezone

from accounts.models import Branch, BranchRight, User
from accounts.rights import codename
from core.errors import Missing, NotAllowed

WRITE = "learning.write_content"
REVIEW = "learning.review_content"


def check_right(by: User | None, right: str, branch: Branch) -> None:
    """``by`` holds ``right`` in ``branch``; the portal itself (None) may.

    Raises ``NotAllowed`` for an editor of the branch who lacks this one, ``Missing`` for everybody else.
    """
    if by is None or by.has_right(right, branch):
        return
    other = REVIEW if right == WRITE else WRITE
    if by.has_right(other, branch):
        message = "审核由有审核权限的同志办理。" if right == REVIEW else "你可以审核这里的内容，不能修改。"
        raise NotAllowed(message)
    raise Missing


def people_asked(branch: Branch, right: str, *, besides=()) -> list[User]:
    """Active people who hold ``right`` on ``branch``, or on the nearest branch above where anybody does.

    Those in ``besides`` (primary keys) do not count: they wrote it themselves. Two queries.
    """
    upwards = [place.pk for place in reversed(list(branch.ancestors(include_self=True)))]
    held = BranchRight.objects.filter(
        Q(until=None) | Q(until__gt=timezone.localdate()),
        content_object__in=upwards,
        permission__codename=codename(right),
        user__is_active=True,
    ).exclude(user__in=besides)
    found: dict[int, set[User]] = {}
    for row in held.select_related("user"):
        found.setdefault(row.content_object_id, set()).add(row.user)
    nearest = next((found[pk] for pk in upwards if pk in found), set())
    return sorted(nearest, key=lambda person: person.number)
