"""The back office is as tight as the portal (``reliability.md`` C4): a secretary of A1 walks through it."""

import pytest

from accounts.models import Office
from tests.factories import SINCE, UserFactory
from tests.granting import grant


@pytest.fixture
def secretary(org):
    person = UserFactory(name="程立", branch=org.a1)
    grant(person, "secretary", org.a1)
    return person


@pytest.fixture
def desk(client, secretary):
    client.force_login(secretary)
    return client


def test_lists_show_own_people_only(desk, cast):
    page = desk.get("/admin/accounts/user/").content.decode()
    assert cast.member.name in page
    assert cast.stranger.name not in page


def test_a_foreign_row_does_not_exist(desk, cast):
    foreign = desk.get(f"/admin/accounts/user/{cast.stranger.pk}/change/")
    never = desk.get("/admin/accounts/user/987654321/change/")
    assert foreign.status_code == never.status_code == 404
    assert desk.get(f"/admin/accounts/user/{cast.member.pk}/change/").status_code == 200


def test_offices_and_branches_are_scoped(desk, org, cast):
    Office.objects.create(
        person=cast.stranger, kind="secretary", branch=org.b1, branch_name=org.b1.name, since=SINCE
    )
    assert org.b1.name not in desk.get("/admin/accounts/branch/").content.decode()
    assert cast.stranger.name not in desk.get("/admin/accounts/office/").content.decode()
