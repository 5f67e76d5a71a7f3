"""The back office is as tight as the portal (``reliability.md`` C4, C5, C7): a secretary of A1 walks through it.

Every text of branch B1 holds the canary. Whoever of A1 is ever shown it has found a leak.
"""

import datetime as dt

import pytest
from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from accounts.actions.offices import end_office, give_office
from accounts.models import (
    BranchRecord,
    CultivationContact,
    DormBuilding,
    DormRoom,
    Membership,
    Office,
    RoomAssignment,
    StageChange,
    TalkGroup,
    TalkGroupMember,
    User,
)
from accounts.roles import Stage
from core.admin import PortalAdmin
from core.audit.log import record
from learning.models import Column
from tests.factories import SINCE, BranchFactory, UserFactory

CANARY = "CANARY-B1"
PAGES = [page for page in admin.site._registry.values() if isinstance(page, PortalAdmin)]


def add_to_branch(branch, mark):
    """One object of every model in ``branch``, with ``mark`` in every text field."""
    person = UserFactory(
        number=f"{mark}-number",
        name=f"{mark}-name",
        major=f"{mark}-major",
        class_name=f"{mark}-class",
        stage=Stage.ACTIVIST,
        branch=branch,
    )
    lead = UserFactory(name=f"{mark}-lead", number=f"{mark}-lead", stage=Stage.FULL, branch=branch)
    named = {"branch": branch, "branch_name": f"{mark}-branch"}
    dated = {"since": SINCE}
    office = Office.objects.create(
        person=lead, kind="organization_officer", reason=f"{mark}-reason", **named, **dated
    )
    change = StageChange.objects.create(
        person=person, stage=Stage.ACTIVIST, effective_on=SINCE, evidence_note=f"{mark}-note", **named
    )
    contact = CultivationContact.objects.create(activist=person, contact=lead, seat=1, **named, **dated)
    group = TalkGroup.objects.create(lead=lead, **named, **dated)
    TalkGroupMember.objects.create(group=group, person=person, **dated)
    building, _ = DormBuilding.objects.get_or_create(name="一号楼", residents="men", floors=6)
    room, _ = DormRoom.objects.get_or_create(building=building, floor=1, name="101", beds=8, residents="men")
    bed = RoomAssignment.objects.create(
        person=person, room=room, bed=RoomAssignment.objects.count() + 1, **dated
    )
    BranchRecord.objects.create(branch=branch, name=f"{mark}-record", kind=branch.kind, **dated)
    entry = record(None, f"{mark}.action", person, branch=branch, reason=f"{mark}-why")
    membership = Membership.objects.get(person=person)
    return [person, lead, office, change, contact, group, bed, entry, membership, branch]


@pytest.fixture
def foreign(org):
    org.b1.name = f"{CANARY}-branch-name"
    org.b1.save()
    return add_to_branch(org.b1, CANARY)


@pytest.fixture
def own(org):
    return add_to_branch(org.a1, "OWN")


@pytest.fixture
def secretary(org):
    person = UserFactory(name="程立", number="S1", branch=org.a1)
    give_office(person=person, kind="secretary", branch=org.a1, by=None)
    person.refresh_from_db()
    return person


@pytest.fixture
def desk(client, secretary):
    client.force_login(secretary)
    return client


def list_of(page):
    return reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")


def text(response):
    return response.content.decode()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.opts.label)
def test_lists_searches_and_sorting_stay_at_home(desk, own, foreign, page):
    queries = ["", "?q=CANARY", "?q=OWN", "?all=", "?p=2", "?p=x", "?o=-1.2.3", "?o=99.x", "?e=1"]
    for query in queries:
        answer = desk.get(list_of(page) + query, follow=True)
        assert answer.status_code in {200, 403}
        assert text(answer).replace('value="CANARY"', "").count(CANARY) == 0, query


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.opts.label)
def test_filters_answer_for_own_rows_only_and_refuse_what_is_not_declared(desk, own, foreign, org, page):
    for query in [f"?branch={org.b1.pk}", f"?branch={org.university.pk}", "?branch=x", "?branch="]:
        answer = desk.get(list_of(page) + query, follow=True)
        assert answer.status_code in {200, 400, 403}
        assert CANARY not in text(answer)
    guesses = [
        "person__password__startswith=m",
        "password__startswith=m",
        "memberships__branch__name__startswith=C",
        "person__memberships__branch=1",
        "branch__name__startswith=C",
        "nonsense=1",
        "is_superuser__exact=1",
    ]
    for guess in guesses:
        assert desk.get(f"{list_of(page)}?{guess}").status_code in {400, 403}, guess


def test_foreign_pages_look_like_pages_that_never_were(desk, own, foreign):
    for row in foreign:
        opts = row._meta
        name = f"admin:{opts.app_label}_{opts.model_name}"
        for door in ("change", "history", "delete"):
            theirs = desk.get(reverse(f"{name}_{door}", args=[row.pk]))
            never = desk.get(reverse(f"{name}_{door}", args=[987654321]))
            assert theirs.status_code == never.status_code
            assert theirs.status_code in {403, 404}
            assert CANARY not in text(theirs)


def test_own_pages_show_nothing_foreign(desk, own, foreign):
    opened = 0
    for row in own:
        opts = row._meta
        answer = desk.get(reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk]))
        assert answer.status_code in {200, 404}
        assert CANARY not in text(answer)
        opened += answer.status_code == 200
    assert opened >= 8


@pytest.mark.parametrize("verb", ["get", "post"])
def test_every_button_is_shut_on_foreign_rows(desk, own, foreign, verb):
    for row in foreign:
        page = admin.site.get_model_admin(type(row))
        for step in page.row_steps:
            answer = getattr(desk, verb)(page.step_url(step, row), {"reason": "x"})
            assert answer.status_code == 404, step
            assert CANARY not in text(answer)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.opts.label)
def test_forms_offer_own_rows_only(desk, own, foreign, page):
    steps = [(page.step_url(step), step) for step in page.list_steps]
    steps += [
        (page.step_url(step, row), step) for row in own if type(row) is page.model for step in page.row_steps
    ]
    for address, step in steps:
        answer = desk.get(address)
        assert answer.status_code in {200, 403, 404}, step
        assert CANARY not in text(answer)


def test_a_foreign_key_typed_into_a_form_is_refused(desk, own, foreign, org):
    stranger, lead, group = foreign[0], foreign[1], own[5]
    person = own[0]
    tries = [
        (
            "/admin/accounts/office/do/give/",
            {"person": stranger.pk, "branch": org.a1.pk, "kind": "group_leader"},
        ),
        (
            "/admin/accounts/office/do/give/",
            {"person": person.pk, "branch": org.b1.pk, "kind": "group_leader"},
        ),
        (
            "/admin/accounts/user/do/add/",
            {"number": "9", "name": "新", "kind": "student", "branch": org.b1.pk, "stage": "mass"},
        ),
        (f"/admin/accounts/user/{person.pk}/do/assign-contact/", {"contact": lead.pk, "reason": "x"}),
        (f"/admin/accounts/user/{person.pk}/do/give-office/", {"branch": org.b1.pk, "kind": "group_leader"}),
        (f"/admin/accounts/talkgroup/{group.pk}/do/place/", {"person": stranger.pk}),
        (f"/admin/accounts/talkgroup/{group.pk}/do/hand-over/", {"lead": lead.pk}),
    ]
    before = (Office.objects.count(), User.objects.count(), CultivationContact.objects.count())
    for address, data in tries:
        answer = desk.post(address, data)
        assert answer.status_code == 422, address
        assert CANARY not in text(answer)
    assert (Office.objects.count(), User.objects.count(), CultivationContact.objects.count()) == before


def test_autocomplete_suggests_own_people_only(desk, own, foreign):
    address = "/admin/autocomplete/?app_label=accounts&model_name=office&field_name={}&term={}"
    answer = desk.get(address.format("person", "OWN"))
    assert {row["id"] for row in answer.json()["results"]} == {str(own[0].pk), str(own[1].pk)}
    assert desk.get(address.format("person", CANARY)).json()["results"] == []
    assert CANARY not in text(desk.get(address.format("given_by", "")))
    assert desk.get(address.format("branch", "")).status_code in {200, 403, 404}
    assert CANARY not in text(desk.get(address.format("branch", "")))
    assert (
        desk.get("/admin/autocomplete/?app_label=auth&model_name=permission&field_name=x").status_code == 403
    )


@pytest.mark.parametrize("query", ["_popup=1", "_to_field=id", "_to_field=number", "_to_field=password"])
def test_popups_and_other_columns_open_nothing(desk, own, foreign, query):
    for row in (foreign[0], own[0]):
        answer = desk.get(f"/admin/accounts/user/{row.pk}/change/?{query}")
        assert answer.status_code in {200, 400, 404}
        assert CANARY not in text(answer)
    by_number = desk.get(f"/admin/accounts/user/{foreign[0].number}/change/?_to_field=number")
    assert by_number.status_code in {400, 404}
    assert CANARY not in text(desk.get(f"/admin/accounts/user/?{query}", follow=True))


def test_bulk_actions_and_list_edits_write_nothing(desk, own, foreign):
    people = list(User.objects.order_by("pk").values())
    for action in ("delete_selected", "export_admin_action", "x", ""):
        data = {"action": action, "_selected_action": [foreign[0].pk, own[0].pk], "post": "yes", "index": "0"}
        answer = desk.post("/admin/accounts/user/", data)
        assert CANARY not in text(answer)
    edit = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": foreign[0].pk,
        "form-0-name": "x",
    }
    desk.post("/admin/accounts/user/", edit | {"_save": "1"})
    for row in (foreign[0], own[0]):
        assert desk.post(f"/admin/accounts/user/{row.pk}/change/", {"name": "x"}).status_code == 403
        assert desk.post(f"/admin/accounts/user/{row.pk}/delete/", {"post": "yes"}).status_code in {403, 404}
    assert list(User.objects.order_by("pk").values()) == people


def test_side_doors_are_shut(desk, foreign):
    for path in (
        "search/?s=CANARY",
        f"r/1/{foreign[0].pk}/",
        "auth/group/",
        "guardian/",
        "axes/accessattempt/",
    ):
        answer = desk.get(f"/admin/{path}")
        assert answer.status_code == 404, path
        assert CANARY not in text(answer)


def test_the_first_page_counts_own_branches_only(desk, own, foreign, org):
    before = desk.get("/admin/")
    assert CANARY not in text(before)
    for number in range(10):
        UserFactory(stage=Stage.ACTIVIST, branch=org.b1, number=f"{CANARY}-{number}")
    after = desk.get("/admin/")
    assert [month.people for month in after.context["months"]] == [m.people for m in before.context["months"]]
    assert [month.duties for month in after.context["months"]] == [m.duties for m in before.context["months"]]
    assert [month.branch for month in after.context["months"]] == [org.a1]


def test_ten_objects_more_in_another_branch_change_no_list(desk, own, foreign, org):
    def counts():
        lists = [desk.get(list_of(page)) for page in PAGES]
        return [answer.context["cl"].result_count for answer in lists if answer.status_code == 200]

    before = counts()
    for number in range(10):
        UserFactory(stage=Stage.FULL, branch=org.b1)
        Office.objects.create(
            person=foreign[0],
            kind="publicity_officer",
            branch=org.b1,
            branch_name="x",
            since=SINCE + dt.timedelta(days=2 * number),
            until=SINCE + dt.timedelta(days=2 * number + 1),
        )
    assert counts() == before


def test_every_number_of_the_first_page_leads_to_exactly_its_rows(desk, own, org, cast):
    month = desk.get("/admin/").context["months"][0]
    assert month.people
    assert month.duties
    for number in month.people + month.duties:
        assert desk.get(number.url).context["cl"].result_count == number.count, number


@pytest.mark.parametrize("branches", [1, 3, 20])
def test_the_first_page_costs_the_same_for_many_branches(
    client, org, cast, branches, django_assert_max_num_queries
):
    boss = UserFactory(branch=org.a1)
    give_office(person=boss, kind="college_admin", branch=org.college_a, by=None)
    for _ in range(branches):
        UserFactory(stage=Stage.ACTIVIST, branch=BranchFactory(parent=org.college_a))
    client.force_login(boss)
    with django_assert_max_num_queries(14):
        assert len(client.get("/admin/").context["months"]) == branches + 2


def test_a_former_secretary_loses_everything_at_once(desk, own, secretary, org):
    assert desk.get("/admin/accounts/user/").status_code == 200
    end_office(office=secretary.offices.get(), by=None)
    desk.force_login(User.objects.get(pk=secretary.pk))
    for path in ("", "accounts/user/", f"accounts/user/{own[0].pk}/change/", "accounts/office/do/give/"):
        answer = desk.get(f"/admin/{path}")
        assert answer.status_code == 302
        assert "/admin/login/" in answer["Location"]


def test_a_right_with_a_planned_end_ends_on_its_day(client, org, own, time_machine):
    person = UserFactory(branch=org.a1)
    office = give_office(person=person, kind="secretary", branch=org.a1, by=None)
    today = dt.date.today()
    end_office(office=office, by=None, on=today + dt.timedelta(days=3))
    client.force_login(User.objects.get(pk=person.pk))
    assert client.get("/admin/accounts/user/").status_code == 200
    time_machine.move_to(dt.datetime.now(dt.UTC) + dt.timedelta(days=4))
    client.force_login(User.objects.get(pk=person.pk))
    assert client.get("/admin/accounts/user/").status_code == 403


def test_nobody_changes_his_own_rights(desk, secretary, org, own):
    before = secretary.rights
    tries = [
        (
            "/admin/accounts/office/do/give/",
            {"person": secretary.pk, "branch": org.a1.pk, "kind": "group_leader"},
        ),
        (
            f"/admin/accounts/user/{secretary.pk}/do/give-office/",
            {"branch": org.a1.pk, "kind": "group_leader"},
        ),
    ]
    for address, data in tries:
        assert desk.post(address, data).status_code in {403, 404, 422}
    assert User.objects.get(pk=secretary.pk).rights == before
    assert secretary.offices.count() == 1


def test_a_technical_admin_sees_no_person(client, own, org):
    person = UserFactory()
    give_office(person=person, kind="technical_admin", branch=org.university, by=None)
    client.force_login(User.objects.get(pk=person.pk))
    assert client.get("/admin/").status_code == 200
    for page in PAGES:
        assert "OWN-" not in text(client.get(list_of(page)))
    entry = client.get(f"/admin/core/auditentry/{own[7].pk}/change/")
    assert "OWN.action" in text(entry)
    assert "OWN-why" not in text(entry)


def test_an_auditor_reads_the_log_of_his_branches_and_nothing_else(client, own, foreign, org):
    person = UserFactory()
    give_office(person=person, kind="auditor", branch=org.university, by=None)
    client.force_login(User.objects.get(pk=person.pk))
    assert "OWN-why" in text(client.get(f"/admin/core/auditentry/{own[7].pk}/change/"))
    assert client.get("/admin/accounts/user/").status_code == 403
    office = UserFactory()
    give_office(person=office, kind="college_admin", branch=org.college_a, by=None)
    client.force_login(User.objects.get(pk=office.pk))
    log = text(client.get("/admin/core/auditentry/"))
    assert "OWN.action" in log
    assert CANARY not in log


def test_the_site_takes_scoped_pages_only():
    with pytest.raises(ImproperlyConfigured):
        admin.site.register(User, admin.ModelAdmin)
    assert all(isinstance(page, PortalAdmin) for page in admin.site._registry.values())


def test_no_page_filters_by_a_bare_relation():
    """Django offers every row of a related table as a choice; ours go through ``BranchFilter``.

    Columns are the same for everybody.
    """
    for page in PAGES:
        for item in page.list_filter:
            if isinstance(item, str):
                assert get_fields_from_path(page.model, item)[-1].related_model in {None, Column}, (
                    page,
                    item,
                )
