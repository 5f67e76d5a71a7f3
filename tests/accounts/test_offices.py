import datetime as dt

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import rules
from accounts.actions.offices import end_office, give_office, refresh_rights
from accounts.models import Branch, BranchRight, Office
from accounts.rights import OFFICES, RIGHTS, codename
from core.audit.models import AuditEntry
from core.errors import Invalid, Missing, NotAllowed
from notifications.models import Recipient
from tests.factories import BranchFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(org):
    """The college administrator of college A."""
    person = UserFactory(name="范学院", kind="teacher", number="T1001", branch=org.a2)
    give_office(person=person, kind="college_admin", branch=org.college_a, by=None)
    return person


def rights(person, branch):
    return {right for right in RIGHTS if Branch.objects.where(person, right).filter(pk=branch.pk).exists()}


def test_an_office_gives_its_rights_there_and_below(org, cast, admin):
    give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=admin)
    assert rights(cast.teacher, org.a1) == OFFICES["secretary"].rights
    assert rights(cast.teacher, org.a2) == set()
    assert rights(admin, org.a1) == OFFICES["college_admin"].rights
    cast.teacher.refresh_from_db()
    assert cast.teacher.is_staff


def test_giving_is_audited_and_told_once(org, cast, admin):
    office = give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=admin, reason="换届")
    again = give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=admin)
    assert again == office
    entry = AuditEntry.objects.get(action="accounts.office_given", subject_id=str(office.pk))
    assert (entry.actor, entry.branch_id, entry.reason) == (admin, org.a1.pk, "换届")
    told = Recipient.objects.filter(person=cast.teacher).values_list("message__kind", flat=True)
    assert list(told) == ["office_given"]


def test_nobody_gives_himself_an_office(org, admin):
    with pytest.raises(NotAllowed):
        give_office(person=admin, kind="secretary", branch=org.a1, by=admin)
    with pytest.raises(IntegrityError), transaction.atomic():
        Office.objects.create(
            person=admin, kind="secretary", branch=org.a1, branch_name="x", given_by=admin, since="2026-01-01"
        )


def test_foreign_branches_do_not_exist_for_the_appointer(org, cast, admin):
    with pytest.raises(Missing):
        give_office(person=cast.stranger, kind="secretary", branch=org.b1, by=admin)


def test_a_kind_above_ones_own_is_refused(org, cast, admin):
    with pytest.raises(NotAllowed, match="学院管理员"):
        give_office(person=cast.teacher, kind="college_admin", branch=org.college_a, by=admin)
    secretary = cast.teacher
    give_office(person=secretary, kind="secretary", branch=org.a1, by=admin)
    assert rules.kinds_to_give(secretary, org.a1) == [
        "deputy_secretary",
        "organization_officer",
        "publicity_officer",
        "discipline_officer",
    ]
    with pytest.raises(NotAllowed):
        give_office(person=cast.member, kind="secretary", branch=org.a1, by=secretary)


def test_people_without_office_appoint_nobody(org, cast):
    with pytest.raises(Missing):
        give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=cast.member)


@pytest.mark.parametrize(("kind", "place"), [("secretary", "college_a"), ("college_admin", "a1")])
def test_an_office_exists_only_in_its_kind_of_branch(org, cast, kind, place):
    with pytest.raises(Invalid):
        give_office(person=cast.teacher, kind=kind, branch=getattr(org, place), by=None)


def test_inactive_people_and_closed_branches_get_no_office(org, cast):
    cast.member.is_active = False
    cast.member.save()
    with pytest.raises(Invalid):
        give_office(person=cast.member, kind="secretary", branch=org.a1, by=None)
    org.a1.until = timezone.localdate()
    org.a1.save()
    with pytest.raises(Invalid):
        give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=None)


def test_two_offices_with_one_right_lose_it_only_together(org, cast):
    one = give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=None)
    other = give_office(person=cast.teacher, kind="organization_officer", branch=org.a1, by=None)
    end_office(office=one, by=None)
    assert rights(cast.teacher, org.a1) == OFFICES["organization_officer"].rights
    end_office(office=other, by=None)
    assert rights(cast.teacher, org.a1) == set()
    cast.teacher.refresh_from_db()
    assert not cast.teacher.is_staff


def test_ending_an_office_ends_sessions_and_access_at_once(org, cast, client):
    office = give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=None)
    cast.teacher.refresh_from_db()
    client.force_login(cast.teacher, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/me/").status_code == 200
    end_office(office=office, by=None)
    assert client.get("/me/").status_code == 302
    assert not cast.teacher.has_right("accounts.view_person")


def test_a_planned_office_starts_and_ends_by_itself(org, cast):
    with time_machine.travel("2026-03-02 09:00+08:00", tick=False):
        office = give_office(
            person=cast.teacher, kind="secretary", branch=org.a1, by=None, since=dt.date(2026, 3, 5)
        )
        assert not cast.teacher.has_right("accounts.view_person")
        message = Recipient.objects.get(person=cast.teacher).message
        assert timezone.localtime(message.not_before).date() == dt.date(2026, 3, 5)
    with time_machine.travel("2026-03-05 00:10+08:00", tick=False):
        refresh_rights(cast.teacher)
        assert cast.teacher.has_right("accounts.view_person", org.a1)
        end_office(office=office, by=None, on=dt.date(2026, 4, 1))
        assert cast.teacher.has_right("accounts.view_person", org.a1)
    with time_machine.travel("2026-04-01 00:01+08:00", tick=False):
        assert not cast.teacher.has_right("accounts.view_person")


def test_a_planned_office_that_is_called_off_was_never_held(org, cast):
    since = timezone.localdate() + dt.timedelta(days=10)
    office = give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=None, since=since)
    office = end_office(office=office, by=None)
    assert office.until == office.since == since
    assert Recipient.objects.get(person=cast.teacher).state == "cancelled"


def test_only_the_appointer_ends_an_office(org, cast, admin):
    office = give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=admin)
    with pytest.raises(Missing):
        end_office(office=office, by=cast.stranger)
    deputy = give_office(person=cast.member, kind="deputy_secretary", branch=org.a1, by=cast.teacher)
    with pytest.raises(NotAllowed):
        end_office(office=office, by=cast.member)
    end_office(office=deputy, by=cast.teacher)
    end_office(office=office, by=admin)
    assert not Office.objects.current().filter(branch=org.a1).exists()


def test_nothing_remains_when_the_audit_entry_cannot_be_written(org, cast, monkeypatch):
    monkeypatch.setattr("accounts.actions.offices.record", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=None)
    assert not Office.objects.exists()
    assert not BranchRight.objects.exists()


def test_refreshing_again_changes_nothing(org, cast, django_assert_num_queries):
    give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=None)
    before = set(BranchRight.objects.values_list("pk", flat=True))
    refresh_rights(cast.teacher)
    assert set(BranchRight.objects.values_list("pk", flat=True)) == before


def test_every_right_is_unmistakable_by_its_codename():
    assert len({codename(right) for right in RIGHTS}) == len(RIGHTS)
    for office in OFFICES.values():
        assert office.rights <= set(RIGHTS)
        assert office.appointed_with in RIGHTS


def test_the_first_administrator_is_appointed_from_the_command_line(org, cast, capsys):
    call_command("appoint", "T2001", "university_admin")
    office = Office.objects.get()
    assert (office.person, office.branch, office.given_by) == (cast.teacher, org.university, None)
    assert "学校管理员" in capsys.readouterr().out
    with pytest.raises(CommandError, match="没有学号"):
        call_command("appoint", "nobody", "university_admin")
    with pytest.raises(CommandError, match="不设"):
        call_command("appoint", "T2001", "secretary")


@pytest.mark.parametrize("count", [3, 300])
def test_branches_of_a_person_cost_one_query(org, cast, count, django_assert_num_queries):
    give_office(person=cast.teacher, kind="college_admin", branch=org.college_a, by=None)
    BranchFactory.create_batch(count, parent=org.college_a)
    with django_assert_num_queries(1):
        assert len(Branch.objects.where(cast.teacher, "accounts.view_person")) == count + 3


@pytest.mark.parametrize("count", [1, 3])
def test_people_one_may_see_cost_one_query(org, cast, count, django_assert_num_queries):
    from accounts.models import User

    give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=None)
    UserFactory.create_batch(count, branch=org.a1)
    with django_assert_num_queries(1):
        assert len(User.objects.visible_to(cast.teacher)) == 5 + count
