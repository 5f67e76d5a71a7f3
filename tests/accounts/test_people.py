import datetime as dt

import pytest
from django.utils import timezone

from accounts import rules
from accounts.actions.offices import give_office
from accounts.actions.people import ChangedMeanwhile, add_person, change_person, deactivate, reactivate
from accounts.models import Office, User
from core.audit.models import AuditEntry
from core.errors import Conflict, Invalid, Missing, NotAllowed


@pytest.fixture
def secretary(org, cast):
    give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=None)
    cast.teacher.refresh_from_db()
    return cast.teacher


def test_a_secretary_adds_a_person_to_his_own_branch(org, secretary):
    person = add_person(
        number=" 20260001 ",
        name="新同学",
        branch=org.a1,
        by=secretary,
        stage="activist",
        birth_month=dt.date(2006, 5, 17),
    )
    assert (person.number, person.stage, person.birth_month) == ("20260001", "activist", dt.date(2006, 5, 1))
    assert rules.branch_of(person) == org.a1
    assert person.stage_changes.get().evidence == "enrolment"
    assert not person.has_usable_password()


def test_a_taken_number_a_foreign_branch_and_a_forged_field_add_nobody(org, cast, secretary):
    before = User.objects.count()
    with pytest.raises(Conflict) as refusal:
        add_person(number=cast.stranger.number, name="重复", branch=org.a1, by=secretary)
    assert refusal.value.code == "number_taken"
    with pytest.raises(Missing):
        add_person(number="1", name="外院", branch=org.b1, by=secretary)
    with pytest.raises(Invalid):
        add_person(number="1", name="越权", branch=org.a1, by=secretary, is_superuser=True)
    with pytest.raises(Invalid):
        add_person(number="1", name="", branch=org.a1, by=secretary)
    assert User.objects.count() == before


def test_a_change_is_audited_by_name_of_field_only(cast, secretary):
    person = change_person(person=cast.activist, version=0, by=secretary, major="会计学", grade=2024)
    assert (person.major, person.version) == ("会计学", 1)
    assert AuditEntry.objects.get(action="accounts.person_changed").changed == ["major"]


def test_saving_what_is_there_changes_nothing(cast, secretary):
    assert change_person(person=cast.activist, version=99, by=secretary, grade=2024).version == 0


def test_the_second_writer_sees_both_values(cast, secretary):
    change_person(person=cast.activist, version=0, by=secretary, major="会计学")
    with pytest.raises(ChangedMeanwhile) as refusal:
        change_person(person=cast.activist, version=0, by=secretary, major="金融学")
    assert refusal.value.theirs == {"major": "会计学"}
    assert refusal.value.yours == {"major": "金融学"}
    cast.activist.refresh_from_db()
    assert cast.activist.major == "会计学"


def test_foreign_people_do_not_exist(cast, secretary):
    with pytest.raises(Missing):
        change_person(person=cast.stranger, version=0, by=secretary, major="x")
    with pytest.raises(Missing):
        deactivate(person=cast.stranger, by=secretary, reason="x")


def test_a_secretary_cannot_become_or_remove_somebody_in_a_higher_office(org, cast, secretary):
    give_office(person=cast.member, kind="college_admin", branch=org.college_a, by=None)
    with pytest.raises(NotAllowed):
        change_person(person=cast.member, version=0, by=secretary, number="mine")
    with pytest.raises(NotAllowed):
        deactivate(person=cast.member, by=secretary, reason="x")
    assert change_person(person=cast.member, version=0, by=secretary, major="法学").major == "法学"


def test_a_taken_number_changes_nothing(cast, secretary):
    with pytest.raises(Conflict):
        change_person(person=cast.activist, version=0, by=secretary, number=cast.league.number, major="x")
    cast.activist.refresh_from_db()
    assert cast.activist.major == ""


def test_shutting_out_ends_sessions_and_offices_and_keeps_the_place(org, cast, secretary, client):
    office = give_office(person=cast.member, kind="organization_officer", branch=org.a1, by=secretary)
    cast.member.refresh_from_db()
    client.force_login(cast.member, backend="django.contrib.auth.backends.ModelBackend")
    deactivate(person=cast.member, by=secretary, reason="休学")
    assert client.get("/me/").status_code == 302
    office.refresh_from_db()
    assert office.until == timezone.localdate()
    assert rules.branch_of(cast.member) == org.a1
    reactivate(person=cast.member, by=secretary, reason="复学")
    assert client.get("/me/").status_code == 302
    assert not Office.objects.current().filter(person=cast.member).exists()


def test_leaving_ends_every_relation(org, cast, secretary):
    person = deactivate(person=cast.activist, by=secretary, reason="毕业", left_on=timezone.localdate())
    assert (person.is_active, person.left_on) == (False, timezone.localdate())
    assert rules.branch_of(person) is None
    assert rules.home_of(person) == org.a1
    assert reactivate(person=person, by=secretary, reason="误操作").is_active


def test_nobody_shuts_himself_out_and_no_day_is_ahead(cast, secretary):
    with pytest.raises(NotAllowed):
        deactivate(person=secretary, by=secretary, reason="x")
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    with pytest.raises(Invalid):
        deactivate(person=cast.activist, by=secretary, reason="x", left_on=tomorrow)
