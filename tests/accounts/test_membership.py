import datetime as dt

import pytest
from django.db.utils import IntegrityError
from django.utils import timezone

from accounts import rules
from accounts.actions.membership import correct_membership, move_person
from accounts.actions.offices import give_office
from accounts.models import Office
from core.audit.models import AuditEntry
from core.errors import Conflict, Invalid, Missing
from notifications.models import Recipient
from tests.factories import BranchFactory, MembershipFactory, UserFactory

TODAY = timezone.localdate


@pytest.fixture
def admin(org):
    person = UserFactory(name="范学院", kind="teacher", number="T1001", branch=org.a2)
    give_office(person=person, kind="college_admin", branch=org.college_a, by=None)
    return person


def test_moving_closes_the_old_stay_on_the_day_of_the_new_one(org, cast, admin):
    membership = move_person(person=cast.activist, branch=org.a2, by=admin)
    old = cast.activist.memberships.get(branch=org.a1)
    assert old.until == membership.since == TODAY()
    assert rules.branch_of(cast.activist) == org.a2
    assert rules.branch_of(cast.activist, on=TODAY() - dt.timedelta(days=1)) == org.a1
    assert AuditEntry.objects.get(action="accounts.person_moved").branch_id == org.a2.pk
    assert Recipient.objects.get(person=cast.activist).message.kind == "branch_changed"


def test_moving_to_where_one_is_changes_nothing(org, cast, admin):
    before = cast.activist.memberships.get()
    assert move_person(person=cast.activist, branch=org.a1, by=admin) == before
    assert cast.activist.memberships.count() == 1
    assert not AuditEntry.objects.filter(action="accounts.person_moved").exists()


def test_the_right_is_needed_at_both_ends(org, cast, admin):
    give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=admin)
    for person, branch, by in [
        (cast.activist, org.b1, admin),
        (cast.stranger, org.a1, admin),
        (cast.activist, org.a2, cast.teacher),
    ]:
        with pytest.raises(Missing):
            move_person(person=person, branch=branch, by=by)
    assert rules.branch_of(cast.activist) == org.a1


@pytest.mark.parametrize("days", [1, -2000])
def test_days_that_do_not_fit_are_refused(org, cast, admin, days):
    with pytest.raises(Invalid):
        move_person(person=cast.activist, branch=org.a2, by=admin, since=TODAY() + dt.timedelta(days=days))
    assert cast.activist.memberships.count() == 1


def test_people_stand_only_in_branches_that_have_members(org, cast, admin):
    with pytest.raises(Invalid, match="不能直接编在这里"):
        move_person(person=cast.activist, branch=org.college_a, by=admin)
    with pytest.raises(Invalid):
        move_person(person=cast.activist, branch=org.a2, by=admin, side="league")


def test_who_leaves_a_branch_leaves_its_offices_and_party_group(org, cast, admin):
    group = BranchFactory(name="第一党小组", kind="party_group", parent=org.a1)
    move_person(person=cast.member, branch=group, by=admin, side="group")
    give_office(person=cast.member, kind="deputy_secretary", branch=org.a1, by=admin)
    move_person(person=cast.member, branch=org.a2, by=admin)
    assert rules.branch_of(cast.member, side="group") is None
    assert not Office.objects.current().filter(person=cast.member).exists()
    assert not cast.member.has_right("accounts.view_person", org.a1)


def test_a_wrong_record_is_voided_and_replaced_not_overwritten(org, cast, admin):
    wrong = move_person(person=cast.activist, branch=org.a2, by=admin)
    earlier = TODAY() - dt.timedelta(days=5)
    right = correct_membership(membership=wrong, by=admin, since=earlier, reason="日期记错")
    wrong.refresh_from_db()
    assert (wrong.until, wrong.void_reason) == (wrong.since, "日期记错")
    assert (right.since, right.until, right.branch) == (earlier, None, org.a2)
    assert cast.activist.memberships.get(branch=org.a1).until == earlier
    entry = AuditEntry.objects.get(action="accounts.membership_corrected")
    assert (entry.changed, entry.reason) == (["since"], "日期记错")
    with pytest.raises(Conflict):
        correct_membership(membership=wrong, by=admin, since=earlier, reason="再来一次")


def test_a_correction_says_why_and_stays_behind_the_stay_before(org, cast, admin):
    wrong = move_person(person=cast.activist, branch=org.a2, by=admin)
    with pytest.raises(Invalid):
        correct_membership(membership=wrong, by=admin, since=TODAY(), reason=" ")
    with pytest.raises(Invalid, match="前一"):
        correct_membership(membership=wrong, by=admin, since=dt.date(2025, 9, 1), reason="记错")
    wrong.refresh_from_db()
    assert wrong.voided_at is None


def test_the_database_itself_refuses_two_open_stays(org, cast):
    with pytest.raises(IntegrityError):
        MembershipFactory(person=cast.activist, branch=org.a2)
