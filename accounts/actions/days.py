"""What a new day brings by itself: offices that begin or end, people who leave, stages that become effective.

Each person is a transaction of his own, so that one who cannot be settled does not hold up the others.
"""

from collections.abc import Callable, Iterable

import structlog
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.actions.offices import refresh_rights
from accounts.actions.people import deactivate
from accounts.actions.stages import refresh_stage
from accounts.models import BranchRight, Office, User
from accounts.rights import OFFICES
from core.errors import DomainError

_WITH_RIGHTS = [kind for kind, office in OFFICES.items() if office.rights]

log = structlog.get_logger(__name__)


def begin() -> int:
    """Settle everybody for whom today is different from what is stored; returns how many people that were."""
    settled = _each(
        _leaving(),
        lambda person: deactivate(person=person, by=None, reason="到了离校日期", left_on=person.left_on),
    )
    settled += _each(_with_other_offices(), refresh_rights)
    return settled + _each(_at_other_stages(), refresh_stage)


def _leaving() -> QuerySet[User]:
    return User.objects.filter(is_active=True, left_on__lte=timezone.localdate())


def _with_other_offices() -> QuerySet[User]:
    """People whose rights or entry to the back office do not follow from the offices of today."""
    granted = BranchRight.objects.filter(user=OuterRef("person"), content_object=OuterRef("branch"))
    lacking = Office.objects.current().filter(~Exists(granted), kind__in=_WITH_RIGHTS)
    ended = BranchRight.objects.filter(until__lte=timezone.localdate())
    holds = Exists(Office.objects.current().filter(person=OuterRef("pk")))
    idle = Q(~holds, is_staff=True, is_superuser=False)
    waiting = Q(holds, is_staff=False, is_active=True)
    unlike = Q(pk__in=lacking.values("person"), is_active=True) | Q(pk__in=ended.values("user"))
    return User.objects.filter(unlike | idle | waiting)


def _at_other_stages() -> QuerySet[User]:
    people = User.objects.with_stage_on(timezone.localdate())
    return people.exclude(stage_then=None).exclude(stage_then=F("stage"))


def _each(people: Iterable[User], settle: Callable[[User], object]) -> int:
    settled = 0
    for person in list(people):
        try:
            settle(person)
        except DomainError:
            log.exception("day_not_begun", person=person.pk)
        else:
            settled += 1
    return settled
