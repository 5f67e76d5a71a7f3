import pytest

from accounts import rules
from accounts.actions.contacts import assign_contact, end_contact
from accounts.actions.offices import give_office
from accounts.models import CultivationContact
from accounts.roles import Stage
from core.errors import Conflict, Invalid, Missing
from notifications.models import Recipient
from tests.factories import UserFactory


@pytest.fixture
def secretary(org, cast):
    give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=None)
    return cast.teacher


def test_a_contact_is_assigned_and_both_are_told(org, cast, secretary):
    row = assign_contact(activist=cast.activist, contact=cast.member, by=secretary)
    assert (row.seat, row.branch, row.branch_name) == (1, org.a1, "本科生第一党支部")
    assert assign_contact(activist=cast.activist, contact=cast.member, by=secretary) == row
    told = Recipient.objects.filter(message__kind="contact_assigned")
    assert {recipient.person_id for recipient in told} == {cast.activist.pk, cast.member.pk}


def test_there_are_two_seats(org, cast, secretary):
    assign_contact(activist=cast.activist, contact=cast.member, by=secretary)
    second = assign_contact(activist=cast.activist, contact=cast.teacher, by=secretary)
    assert second.seat == 2
    third = UserFactory(stage=Stage.FULL, branch=org.a1)
    with pytest.raises(Conflict):
        assign_contact(activist=cast.activist, contact=third, by=secretary)
    end_contact(contact=second, by=secretary)
    assert assign_contact(activist=cast.activist, contact=third, by=secretary).seat == 2


def test_only_full_members_accompany_only_activists(cast, secretary):
    with pytest.raises(Invalid, match="正式党员"):
        assign_contact(activist=cast.activist, contact=cast.probationary, by=secretary)
    with pytest.raises(Invalid, match="积极分子"):
        assign_contact(activist=cast.league, contact=cast.member, by=secretary)


def test_a_contact_of_another_branch_needs_a_reason_and_to_be_seen(org, cast, secretary):
    other = UserFactory(stage=Stage.FULL, branch=org.a2)
    with pytest.raises(Missing):
        assign_contact(activist=cast.activist, contact=other, by=secretary, reason="本支部没有人选")
    admin = UserFactory(kind="teacher", branch=org.a2)
    give_office(person=admin, kind="college_admin", branch=org.college_a, by=None)
    with pytest.raises(Invalid, match="写明原因"):
        assign_contact(activist=cast.activist, contact=other, by=admin)
    row = assign_contact(activist=cast.activist, contact=other, by=admin, reason="本支部没有人选")
    assert row.reason == "本支部没有人选"


def test_a_heavy_load_is_pointed_out_not_refused(org, cast, secretary):
    for _ in range(5):
        person = UserFactory(stage=Stage.ACTIVIST, branch=org.a1)
        assert not rules.contact_findings(person, cast.member)
        assign_contact(activist=person, contact=cast.member, by=secretary)
    assert [finding.rule for finding in rules.contact_findings(cast.activist, cast.member)] == ["D8"]
    assign_contact(activist=cast.activist, contact=cast.member, by=secretary)
    assert rules.contact_load(cast.member) == 6


def test_strangers_change_nothing(cast, secretary):
    row = assign_contact(activist=cast.activist, contact=cast.member, by=secretary)
    with pytest.raises(Missing):
        end_contact(contact=row, by=cast.member)
    with pytest.raises(Missing):
        assign_contact(activist=cast.stranger, contact=cast.member, by=secretary)
    assert CultivationContact.objects.current().get() == row
