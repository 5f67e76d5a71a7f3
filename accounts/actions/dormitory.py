"""Who sleeps where."""

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import rules
from accounts.actions.locks import lock
from accounts.actions.relations import end_periods
from accounts.models import DormBuilding, DormRoom, RoomAssignment, User
from core.audit.log import record
from core.errors import Conflict, Invalid, Missing

_RESIDENTS = {User.Gender.MALE: DormBuilding.Residents.MEN, User.Gender.FEMALE: DormBuilding.Residents.WOMEN}


@transaction.atomic
def assign_bed(
    *, person: User, room: DormRoom, bed: int, by: User | None, since: date | None = None
) -> RoomAssignment:
    """Give ``person`` a bed from ``since`` (today); a bed he has elsewhere ends that day.

    Raises ``Missing`` for a foreign person, ``Invalid`` for a bed the room does not have, a room for the other
    gender or a day that does not fit, ``Conflict`` when somebody else sleeps there.
    """
    since = since or timezone.localdate()
    person = lock(person)
    room = lock(room)
    if by is not None and not rules.can_act_for(by, person, "accounts.change_dormitory"):
        raise Missing
    current = person.room_assignments.filter(until=None).first()
    if current and (current.room_id, current.bed) == (room.pk, bed):
        return current
    _check(person, room, bed, since, current)
    if current:
        RoomAssignment.objects.filter(pk=current.pk).update(until=since)
    assignment = _create(person, room, bed, since)
    record(by, "accounts.bed_assigned", person, branch=rules.home_of(person), changed=("room", "bed"))
    return assignment


@transaction.atomic
def leave_bed(*, person: User, by: User | None, on: date | None = None) -> None:
    """End the person's stay in his bed on a day (today). Without a bed nothing happens."""
    person = lock(person)
    if by is not None and not rules.can_act_for(by, person, "accounts.change_dormitory"):
        raise Missing
    if end_periods(RoomAssignment.objects.filter(person=person), on or timezone.localdate()):
        record(by, "accounts.bed_left", person, branch=rules.home_of(person), changed=("room", "bed"))


def _check(person: User, room: DormRoom, bed: int, since: date, current: RoomAssignment | None) -> None:
    if not 1 <= bed <= room.beds:
        raise Invalid(f"这间寝室只有 {room.beds} 个床位。", fields={"bed": ["没有这个床位。"]})
    if not person.gender:
        raise Invalid("先登记这位同志的性别，再安排床位。", fields={"person": ["性别未登记。"]})
    if _RESIDENTS[User.Gender(person.gender)] != room.residents:
        message = f"这是{room.get_residents_display()}寝室。"
        raise Invalid(message, fields={"room": [message]})
    if not person.is_active:
        raise Invalid("这位同志已经停用或离校。", fields={"person": ["已经停用或离校。"]})
    if since > timezone.localdate() or (current and since < current.since):
        raise Invalid("日期不能晚于今天，也不能早于现在的入住日期。", fields={"since": ["日期不合适。"]})


def _create(person: User, room: DormRoom, bed: int, since: date) -> RoomAssignment:
    try:
        with transaction.atomic():
            return RoomAssignment.objects.create(person=person, room=room, bed=bed, since=since)
    except IntegrityError as error:
        raise Conflict("这个床位已经有人了，请换一个。", code="bed_taken") from error
