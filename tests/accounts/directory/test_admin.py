"""The page where a person decides, in the back office."""

import pytest

from accounts.models import DirectoryChange, DirectorySync, WeComIdentity
from tests.factories import UserFactory
from tests.granting import grant

SYNCS = "/admin/accounts/directorysync/"
LINES = "/admin/accounts/directorychange/"
ACCOUNTS = "/admin/accounts/wecomidentity/"


@pytest.fixture
def college_admin(org):
    person = UserFactory(name="方敏", branch=org.a2)
    return grant(person, "college_admin", org.college_a).person


@pytest.fixture
def desk(client, college_admin):
    client.force_login(college_admin)
    return client


@pytest.fixture
def sync(org, cast):
    sync = DirectorySync.objects.create(scope=org.college_a, state="open", members=2, departments=1)
    DirectoryChange.objects.create(sync=sync, kind="bind", person=cast.member, userid="zhou", name="周予安")
    DirectoryChange.objects.create(sync=sync, kind="missing", person=cast.activist)
    return sync


@pytest.fixture
def foreign(org, cast):
    sync = DirectorySync.objects.create(scope=org.college_b, state="open")
    DirectoryChange.objects.create(sync=sync, kind="unknown", userid="canary", name="CANARY-B1")
    WeComIdentity.objects.create(person=cast.stranger, corp_id="c", userid="canary-b1", origin="number")
    return sync


def test_a_comparison_is_asked_for(desk, org):
    response = desk.post(f"{SYNCS}do/check/", {"scope": org.college_a.pk})
    assert response.status_code == 302
    assert [(s.scope, s.state) for s in DirectorySync.objects.all()] == [(org.college_a, "needed")]


def test_only_for_what_is_ones_own(desk, org):
    assert desk.post(f"{SYNCS}do/check/", {"scope": org.college_b.pk}).status_code == 422
    assert not DirectorySync.objects.exists()


def test_lines_are_shown_with_links_and_approved(desk, sync, college_admin):
    page = desk.get(f"{SYNCS}{sync.pk}/change/")
    assert f"{LINES}?sync={sync.pk}&amp;kind__exact=bind" in page.content.decode()
    lines = desk.get(LINES, {"sync": sync.pk, "kind__exact": "bind"}).content.decode()
    assert "周予安" in lines
    assert "林晓禾" not in lines

    assert desk.post(f"{SYNCS}{sync.pk}/do/approve/").status_code == 302
    sync.refresh_from_db()
    assert (sync.state, sync.decided_by) == ("approved", college_admin)
    assert desk.get(f"{SYNCS}{sync.pk}/do/approve/").status_code == 404


def test_a_braked_one_asks_again(desk, sync):
    DirectorySync.objects.filter(pk=sync.pk).update(is_braked=True)
    for page in (SYNCS, f"{SYNCS}{sync.pk}/change/"):
        assert "很多人或部门会消失" in desk.get(page).content.decode()
    response = desk.post(f"{SYNCS}{sync.pk}/do/approve/")
    assert (response.status_code, "我已在企业微信里核实" in response.content.decode()) == (409, True)
    assert desk.post(f"{SYNCS}{sync.pk}/do/approve/", {"confirmed": "on"}).status_code == 302


def test_setting_aside(desk, sync):
    assert desk.post(f"{SYNCS}{sync.pk}/do/discard/").status_code == 302
    sync.refresh_from_db()
    assert sync.state == "discarded"


def test_another_colleges_are_not_there(desk, sync, foreign):
    assert desk.get(f"{SYNCS}{foreign.pk}/change/").status_code == 404
    assert desk.post(f"{SYNCS}{foreign.pk}/do/approve/").status_code == 404
    for page in (SYNCS, LINES, f"{LINES}?sync={foreign.pk}", f"{LINES}?sync=x", ACCOUNTS):
        text = desk.get(page).content.decode()
        assert "CANARY" not in text
        assert "canary-b1" not in text


def test_a_secretary_has_no_such_page(client, cast, org, sync):
    client.force_login(grant(cast.member, "secretary", org.a1).person)
    for page in (SYNCS, LINES, ACCOUNTS):
        assert client.get(page).status_code in {302, 403}


def test_accounts_by_hand(desk, cast):
    sent = {"person": cast.member.pk, "userid": "Zhou"}
    assert desk.post(f"{ACCOUNTS}do/bind/", sent).status_code == 302
    assert desk.post(f"{ACCOUNTS}do/bind/", {**sent, "userid": "other"}).status_code == 409
    (identity,) = WeComIdentity.objects.all()
    assert desk.get(f"{ACCOUNTS}{identity.pk}/change/").status_code == 200
    assert desk.post(f"{ACCOUNTS}{identity.pk}/do/unbind/", {"reason": "换号"}).status_code == 302
    identity.refresh_from_db()
    assert identity.unbound_at is not None
    assert desk.post(f"{ACCOUNTS}do/bind/", {"person": cast.stranger.pk, "userid": "x"}).status_code == 422


@pytest.mark.parametrize("count", [1, 3])
def test_the_lists_cost_the_same(desk, sync, org, count, django_assert_max_num_queries):
    for number in range(count):
        person = UserFactory(branch=org.a1)
        WeComIdentity.objects.create(person=person, corp_id="c", userid=f"u{number}", origin="number")
        DirectoryChange.objects.create(sync=sync, kind="missing", person=person)
    for page in (LINES, ACCOUNTS):
        with django_assert_max_num_queries(16):
            assert desk.get(page).status_code == 200
