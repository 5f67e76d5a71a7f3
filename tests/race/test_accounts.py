import datetime as dt
from dataclasses import replace

import pytest
from django.utils import timezone

from accounts.actions.branches import move_branch, open_branch
from accounts.actions.contacts import assign_contact
from accounts.actions.dormitory import assign_bed
from accounts.actions.groups import propose_groups, save_groups
from accounts.actions.membership import move_person
from accounts.actions.offices import end_office, give_office
from accounts.actions.people import ChangedMeanwhile, change_person
from accounts.actions.stages import record_stage, void_stage_change
from accounts.models import (
    Branch,
    BranchRight,
    CultivationContact,
    DormBuilding,
    DormRoom,
    Membership,
    Office,
    RoomAssignment,
    StageChange,
    TalkGroupMember,
    User,
)
from accounts.rights import OFFICES
from accounts.roles import Stage
from core.audit.models import AuditEntry
from core.errors import Conflict, DomainError
from notifications.models import Message
from tests.factories import BranchFactory, MembershipFactory, UserFactory

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

COUNT = 20


def winners(outcomes):
    return [outcome for outcome in outcomes if not isinstance(outcome, DomainError)]


def audited(action):
    return AuditEntry.objects.filter(action=action).count()


@pytest.fixture
def cast(cast, org):
    cast.admin = UserFactory(kind="teacher", branch=org.a2)
    give_office(person=cast.admin, kind="college_admin", branch=org.college_a, by=None)
    return cast


@pytest.fixture
def room(transactional_db):
    building = DormBuilding.objects.create(name="桂苑 1 号楼", residents="women", floors=6)
    return DormRoom.objects.create(building=building, floor=1, name="101", beds=4, residents="women")


@pytest.fixture
def members(org):
    return UserFactory.create_batch(COUNT, stage=Stage.FULL, gender="female", branch=org.a1)


def test_the_last_contact_seat_is_given_once(cast, members, race):
    assign_contact(activist=cast.activist, contact=cast.member, by=None)
    outcomes = race(lambda n: assign_contact(activist=cast.activist, contact=members[n], by=None))
    assert len(winners(outcomes)) == 1
    assert {type(refusal) for refusal in outcomes if refusal not in winners(outcomes)} == {Conflict}
    seats = CultivationContact.objects.current().filter(activist=cast.activist).values_list("seat", flat=True)
    assert sorted(seats) == [1, 2]
    assert (
        audited("accounts.contact_assigned") == Message.objects.filter(kind="contact_assigned").count() == 2
    )


def test_a_person_moved_to_many_places_at_once_is_in_one(org, cast, race):
    branches = BranchFactory.create_batch(COUNT, parent=org.college_a)
    race(lambda n: move_person(person=cast.activist, branch=branches[n], by=None))
    stays = Membership.objects.filter(person=cast.activist)
    assert stays.filter(until=None).count() == 1
    assert stays.on(timezone.localdate()).count() == 1
    assert stays.on(timezone.localdate() - dt.timedelta(days=1)).get().branch == org.a1


def test_the_same_move_twice_is_one_move(org, cast, race):
    outcomes = race(lambda n: move_person(person=cast.activist, branch=org.a2, by=None))
    assert len({membership.pk for membership in winners(outcomes)}) == 1
    assert audited("accounts.person_moved") == 1


def test_a_bed_has_one_sleeper(members, room, race):
    outcomes = race(lambda n: assign_bed(person=members[n], room=room, bed=1, by=None))
    assert len(winners(outcomes)) == 1
    assert RoomAssignment.objects.filter(room=room, until=None).count() == 1


def test_an_office_given_many_times_is_given_once(org, cast, race):
    outcomes = race(lambda n: give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=None))
    assert len({office.pk for office in winners(outcomes)}) == 1
    assert AuditEntry.objects.filter(action="accounts.office_given", branch_id=org.a1.pk).count() == 1
    assert Message.objects.filter(kind="office_given").count() == 2  # his and the administrator's
    race(lambda n: end_office(office=winners(outcomes)[0], by=None))
    assert audited("accounts.office_ended") == Message.objects.filter(kind="office_ended").count() == 1
    assert not BranchRight.objects.filter(user=cast.teacher).exists()


def test_two_offices_given_and_ended_at_once_leave_the_right_rights(org, cast, race):
    offices = [
        give_office(person=cast.teacher, kind="counselor", branch=branch, by=None)
        for branch in BranchFactory.create_batch(COUNT, parent=org.college_a)
    ]
    race(lambda n: end_office(office=offices[n], by=None) if n % 2 else offices[n])
    held = set(Office.objects.current().filter(person=cast.teacher).values_list("branch", flat=True))
    assert len(held) == COUNT // 2
    assert set(BranchRight.objects.filter(user=cast.teacher).values_list("content_object", flat=True)) == held


def test_a_stage_recorded_many_times_is_recorded_once(cast, race):
    def record(_):
        return record_stage(
            person=cast.activist,
            stage="development_target",
            effective_on=timezone.localdate(),
            by=None,
            evidence="decision",
        )

    outcomes = race(record)
    assert len({change.pk for change in winners(outcomes)}) == 1
    assert audited("accounts.stage_recorded") == Message.objects.filter(kind="stage_recorded").count() == 1
    change = winners(outcomes)[0]
    voided = race(lambda n: void_stage_change(change=change, by=cast.admin, reason="录错"))
    assert len(winners(voided)) == 1
    assert audited("accounts.stage_voided") == 1


def test_only_the_first_of_many_editors_saves(cast, race):
    outcomes = race(lambda n: change_person(person=cast.activist, version=0, by=None, major=f"专业{n}"))
    assert len(winners(outcomes)) == 1
    assert sum(isinstance(outcome, ChangedMeanwhile) for outcome in outcomes) == COUNT - 1
    assert User.objects.get(pk=cast.activist.pk).version == 1


def test_one_plan_is_saved_once(org, cast, race):
    UserFactory.create_batch(6, stage=Stage.ACTIVIST, branch=org.a1)
    plan = propose_groups(org.a1)
    outcomes = race(lambda n: save_groups(branch=org.a1, plan=plan, by=None), 8)
    assert len(winners(outcomes)) == 1
    assert TalkGroupMember.objects.filter(until=None).count() == 7


def test_two_units_never_stand_below_each_other(org, race):
    one = open_branch(parent=org.university, name="甲团委", kind="league_committee", by=None)
    other = open_branch(parent=org.university, name="乙团委", kind="league_committee", by=None)
    pair = [(one, other), (other, one)]
    outcomes = race(lambda n: move_branch(branch=pair[n][0], parent=pair[n][1], by=None), 2)
    assert len(winners(outcomes)) == 1
    assert Branch.objects.get(pk=one.pk) in Branch.objects.subtree(org.university)


@pytest.mark.parametrize("case", ["seat", "stay", "bed", "office", "stage"])
def test_without_the_guards_the_race_does_happen(
    case, org, cast, members, room, race, unguarded, monkeypatch
):
    """If this fails, the tests above might be useless."""
    # an office without rights, whose rows would otherwise refuse the second one
    monkeypatch.setitem(OFFICES, "editor", replace(OFFICES["editor"], rights=frozenset()))
    today = timezone.localdate()
    cases = {
        "seat": (
            CultivationContact,
            "accounts.actions.contacts._create",
            lambda n: assign_contact(activist=cast.activist, contact=members[n], by=None),
        ),
        "stay": (
            Membership,
            "accounts.actions.membership._create",
            lambda n: move_person(person=members[0], branch=org.a2, by=None, side="party"),
        ),
        "bed": (
            RoomAssignment,
            "accounts.actions.dormitory._create",
            lambda n: assign_bed(person=members[n], room=room, bed=1, by=None),
        ),
        "office": (
            Office,
            "accounts.actions.offices._create",
            lambda n: give_office(person=members[0], kind="editor", branch=org.college_a, by=None),
        ),
        "stage": (
            StageChange,
            "accounts.actions.stages._create",
            lambda n: record_stage(
                person=cast.league,
                stage="applicant",
                effective_on=today,
                by=None,
                evidence="decision",
            ),
        ),
    }
    model, writer, action = cases[case]
    if case == "stay":
        Membership.objects.filter(person=members[0]).delete()
    if case == "stage":
        StageChange.objects.create(person=cast.league, stage="league_member", effective_on="2025-09-01")
    before = model.objects.count()
    unguarded(model._meta.db_table, writer, 4)
    outcomes = race(action, 4)
    assert model.objects.count() - before > 1, outcomes


def test_the_database_itself_refuses_overlaps(org, cast, room, refused_by_the_database):
    day = dt.date
    refused_by_the_database(
        lambda: MembershipFactory(
            person=cast.activist, branch=org.a2, since=day(2025, 8, 1), until=day(2025, 10, 1)
        ),
        "accounts_membership_no_overlap",
    )
    RoomAssignment.objects.create(person=cast.member, room=room, bed=1, since=day(2025, 9, 1))
    refused_by_the_database(
        lambda: RoomAssignment.objects.create(
            person=cast.league, room=room, bed=1, since=day(2025, 8, 1), until=day(2025, 9, 2)
        ),
        "accounts_bed_no_overlap",
    )
    RoomAssignment.objects.create(
        person=cast.league, room=room, bed=1, since=day(2025, 8, 1), until=day(2025, 9, 1)
    )
