import pytest
from django.utils import timezone

from accounts.actions.dormitory import assign_bed, leave_bed
from accounts.actions.offices import give_office
from accounts.models import DormBuilding, DormRoom, RoomAssignment
from core.errors import Conflict, Invalid, Missing
from tests.factories import UserFactory


@pytest.fixture
def building(db):
    return DormBuilding.objects.create(name="桂苑 3 号楼", residents="mixed", floors=6)


@pytest.fixture
def room(building):
    return DormRoom.objects.create(building=building, floor=2, name="201", beds=4, residents="women")


@pytest.fixture
def admin(org):
    person = UserFactory(kind="teacher", branch=org.a2)
    give_office(person=person, kind="college_admin", branch=org.college_a, by=None)
    return person


@pytest.fixture
def student(org):
    return UserFactory(gender="female", branch=org.a1)


def test_a_bed_is_given_moved_and_left_with_its_history(building, room, admin, student):
    other = DormRoom.objects.create(building=building, floor=2, name="202", beds=4, residents="women")
    first = assign_bed(person=student, room=room, bed=1, by=admin)
    assert assign_bed(person=student, room=room, bed=1, by=admin) == first
    second = assign_bed(person=student, room=other, bed=2, by=admin)
    leave_bed(person=student, by=admin)
    leave_bed(person=student, by=admin)
    rows = RoomAssignment.objects.filter(person=student).order_by("pk")
    assert [(row.pk, row.until) for row in rows] == [
        (first.pk, timezone.localdate()),
        (second.pk, timezone.localdate()),
    ]


def test_a_bed_that_is_taken_missing_or_for_others_is_refused(org, room, admin, student):
    assign_bed(person=student, room=room, bed=1, by=admin)
    with pytest.raises(Conflict):
        assign_bed(person=UserFactory(gender="female", branch=org.a1), room=room, bed=1, by=admin)
    for gender, bed in [("female", 5), ("female", 0), ("male", 2), ("", 2)]:
        with pytest.raises(Invalid):
            assign_bed(person=UserFactory(gender=gender, branch=org.a1), room=room, bed=bed, by=admin)
    assert RoomAssignment.objects.count() == 1


def test_foreign_people_do_not_exist(org, cast, room, admin, student):
    cast.stranger.gender = "female"
    cast.stranger.save()
    with pytest.raises(Missing):
        assign_bed(person=cast.stranger, room=room, bed=1, by=admin)
    with pytest.raises(Missing):
        leave_bed(person=student, by=cast.member)
