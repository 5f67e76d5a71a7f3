"""Buttons of the back office: each is a small form that calls an action and shows its refusal."""

import datetime as dt

import pytest

from accounts.actions.offices import give_office
from accounts.models import Branch, Membership, Office, StageChange, TalkGroup, User
from accounts.roles import Stage
from core.audit.models import AuditEntry
from tests.factories import UserFactory

PERSON = "/admin/accounts/user/{}/do/{}/"


def form_of(person, **changes):
    """What the form of a person sends back when nothing else is touched."""
    return {
        "number": person.number,
        "name": person.name,
        "kind": person.kind,
        "gender": person.gender,
        "birth_month": "",
        "grade": person.grade or "",
        "major": person.major,
        "class_name": person.class_name,
        "left_on": "",
        "version": person.version,
    } | changes


def test_changing_a_person_is_audited(desk, cast, secretary):
    answer = desk.post(PERSON.format(cast.member.pk, "change"), form_of(cast.member, major="会计学"))
    assert answer.status_code == 302
    cast.member.refresh_from_db()
    assert (cast.member.major, cast.member.version) == ("会计学", 1)
    entry = AuditEntry.objects.get(action="accounts.person_changed")
    assert (entry.actor_id, entry.changed) == (secretary.pk, ["major"])


def test_who_saves_second_sees_both_values_and_decides(desk, cast):
    address = PERSON.format(cast.member.pk, "change")
    first = form_of(cast.member, major="会计学")
    second = form_of(cast.member, major="电子商务", class_name="2301")
    assert desk.post(address, first).status_code == 302
    page = desk.post(address, second)
    assert page.status_code == 409
    assert "会计学" in page.content.decode()
    assert "电子商务" in page.content.decode()
    cast.member.refresh_from_db()
    assert (cast.member.major, cast.member.class_name) == ("会计学", "")
    assert desk.post(address, second | {"version": page.context["form"].data["version"]}).status_code == 302
    cast.member.refresh_from_db()
    assert (cast.member.major, cast.member.class_name) == ("电子商务", "2301")


def test_extra_fields_have_no_effect(desk, cast, secretary):
    extra = {"is_staff": "1", "is_superuser": "1", "stage": Stage.FULL, "is_active": "", "password": "x"}
    desk.post(PERSON.format(cast.league.pk, "change"), form_of(cast.league, major="金融") | extra)
    person = User.objects.get(pk=cast.league.pk)
    assert person.major == "金融"
    assert (person.is_staff, person.is_superuser, person.is_active) == (False, False, True)
    assert (person.stage, person.password) == (Stage.LEAGUE_MEMBER, cast.league.password)


def test_giving_an_office_ignores_a_typed_giver(desk, cast, org, secretary):
    data = {"branch": org.a1.pk, "kind": "organization_officer", "given_by": cast.member.pk}
    answer = desk.post(PERSON.format(cast.member.pk, "give-office"), data)
    assert answer.status_code == 302
    office = Office.objects.get(person=cast.member)
    assert (office.kind, office.given_by) == ("organization_officer", secretary)


def test_nobody_gives_himself_an_office(desk, org, secretary):
    data = {"branch": org.a1.pk, "kind": "group_leader"}
    page = desk.post(PERSON.format(secretary.pk, "give-office"), data)
    assert page.status_code in {403, 422}
    assert Office.objects.filter(person=secretary).count() == 1


def test_a_secretary_is_offered_only_what_he_may_give(desk, cast):
    page = desk.get(PERSON.format(cast.member.pk, "give-office"))
    offered = [value for value, _ in page.context["form"].fields["kind"].choices]
    assert "organization_officer" in offered
    assert not {"secretary", "college_admin", "university_admin", "technical_admin"} & set(offered)


def test_a_stage_is_recorded_and_voided(desk, cast):
    data = {"stage": Stage.APPLICANT, "effective_on": "2026-03-01", "evidence": "decision"}
    assert desk.post(PERSON.format(cast.league.pk, "record-stage"), data).status_code == 302
    change = StageChange.objects.get(person=cast.league, stage=Stage.APPLICANT)
    assert change.effective_on == dt.date(2026, 3, 1)
    address = f"/admin/accounts/stagechange/{change.pk}/do/void/"
    assert desk.post(address, {"reason": ""}).status_code == 422
    assert desk.post(address, {"reason": "登记错了"}).status_code == 302
    change.refresh_from_db()
    assert change.void_reason == "登记错了"


def test_a_refusal_stays_in_the_form(desk, cast):
    data = {
        "stage": Stage.FULL,
        "effective_on": "2026-03-01",
        "evidence": "decision",
        "evidence_note": "记录第 3 页",
    }
    page = desk.post(PERSON.format(cast.league.pk, "record-stage"), data)
    assert page.status_code == 422
    assert "逐步登记" in page.content.decode()
    assert "记录第 3 页" in page.content.decode()
    assert not StageChange.objects.filter(person=cast.league, stage=Stage.FULL).exists()


def test_the_college_moves_a_person_and_the_secretary_may_not(client, desk, cast, org, college_admin):
    address = PERSON.format(cast.member.pk, "move")
    assert desk.get(address).status_code == 404
    client.force_login(college_admin)
    assert client.post(address, {"branch": org.b1.pk}).status_code == 422
    assert client.post(address, {"branch": org.a2.pk}).status_code == 302
    assert Membership.objects.current().get(person=cast.member).branch == org.a2


def test_a_deactivated_person_is_gone_from_the_next_request_on(client, cast, org, college_admin, secretary):
    client.force_login(secretary)
    assert client.get("/admin/accounts/user/").status_code == 200
    User.objects.filter(pk=secretary.pk).update(is_active=False)
    assert client.get("/admin/accounts/user/").status_code == 302


@pytest.mark.parametrize("path", ["/admin/accounts/user/add/", "/admin/accounts/branch/add/"])
def test_django_s_own_forms_are_shut(desk, path):
    assert desk.get(path).status_code == 403
    assert desk.post(path, {"number": "1", "name": "x"}).status_code == 403


def test_a_branch_is_opened_renamed_and_closed_by_who_keeps_the_tree(client, org):
    boss = UserFactory()
    give_office(person=boss, kind="university_admin", branch=org.university, by=None)
    client.force_login(User.objects.get(pk=boss.pk))
    data = {"parent": org.college_a.pk, "name": "研究生第一党支部", "kind": "branch", "subtype": "single"}
    assert client.post("/admin/accounts/branch/do/open/", data).status_code == 302
    branch = Branch.objects.get(name="研究生第一党支部")
    address = f"/admin/accounts/branch/{branch.pk}/do/{{}}/"
    assert client.post(address.format("rename"), {"name": "硕士生党支部"}).status_code == 302
    assert client.post(address.format("close"), {"reason": "毕业"}).status_code == 302
    branch.refresh_from_db()
    assert branch.name == "硕士生党支部"
    assert branch.until is not None


def test_groups_are_saved_as_shown_or_not_at_all(desk, cast, org):
    address = f"/admin/accounts/branch/{org.a1.pk}/do/arrange-groups/"
    shown = desk.get(address)
    assert cast.activist.name in shown.content.decode()
    state = shown.context["form"].plan.state
    UserFactory(stage=Stage.ACTIVIST, branch=org.a1, name="后来的人")
    stale = desk.post(address, {"state": state})
    assert stale.status_code == 409
    assert "后来的人" in stale.content.decode()
    assert not TalkGroup.objects.exists()
    assert desk.post(address, {"state": stale.context["form"].plan.state}).status_code == 302
    assert TalkGroup.objects.filter(branch=org.a1).exists()
