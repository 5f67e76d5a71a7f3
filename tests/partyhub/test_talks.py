"""The tab 谈话 as far as the foundation knows: whom I talk with, and the group's chat."""

import pytest

from accounts.models import CultivationContact, TalkGroup, TalkGroupMember, WeComIdentity
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(org, cast):
    group = TalkGroup.objects.create(branch=org.a1, branch_name=org.a1.name, lead=cast.member)
    for person in (cast.activist, cast.league):
        TalkGroupMember.objects.create(group=group, person=person)
    for person in (cast.member, cast.activist, cast.league):
        WeComIdentity.objects.create(
            person=person, corp_id="wwpartyhubsandbox", userid=person.number, origin="number"
        )
    CultivationContact.objects.create(
        activist=cast.activist, contact=cast.teacher, seat=1, branch=org.a1, branch_name=org.a1.name
    )
    return group


def page(client, person):
    client.force_login(person)
    return client.get("/talks/").content.decode()


def test_an_activist_sees_contact_and_group(client, cast, group):
    text = page(client, cast.activist)
    assert text.index(cast.teacher.name) < text.index(cast.member.name)
    assert "建群" not in text


def test_a_contact_sees_the_people_he_accompanies(client, cast, group):
    text = page(client, cast.teacher)
    assert "我联系的同学" in text
    assert cast.activist.name in text
    assert cast.member.name not in text


def test_a_stranger_sees_nobody(client, cast, group):
    assert "还没有谈话" in page(client, cast.stranger)


def test_ended_relations_are_gone(client, cast, group):
    TalkGroupMember.objects.filter(person=cast.league).update(until="2026-01-01", since="2025-01-01")
    assert "还没有谈话" in page(client, cast.league)
    assert cast.league.name not in page(client, cast.member)


def test_the_lead_asks_for_the_chat(client, cast, group, sandbox):
    assert "建群" in page(client, cast.member)
    assert client.post(f"/talk-groups/{group.pk}/chat/")["Location"] == "/talks/"
    group.refresh_from_db()
    assert group.chat == "creating"
    assert "正在建群" in client.get("/talks/").content.decode()


def test_nobody_else_does(client, cast, group):
    for person in (cast.activist, cast.stranger):
        client.force_login(person)
        assert client.post(f"/talk-groups/{group.pk}/chat/").status_code == 404
        assert client.get(f"/talk-groups/{group.pk}/chat/config/").status_code == 404
    group.refresh_from_db()
    assert group.chat == "none"


def test_by_hand_the_names_are_there_and_the_phone_gets_a_signature(client, cast, group, sandbox):
    TalkGroup.objects.update(chat="by_hand")
    text = page(client, cast.member)
    assert f"要找的人：{cast.member.name}、{cast.activist.name}、{cast.league.name}" in text
    assert "wecom-jssdk.js" in text
    config = client.get(f"/talk-groups/{group.pk}/chat/config/").json()
    assert config["userIds"] == [cast.member.number, cast.activist.number, cast.league.number]
    assert set(config["agentConfig"]) == {"timestamp", "nonceStr", "signature"}


def test_without_wecom_the_signature_is_politely_refused(client, cast, group, sandbox):
    sandbox.fault("*", "http", status=502)
    client.force_login(cast.member)
    assert client.get(f"/talk-groups/{group.pk}/chat/config/").status_code == 503


@pytest.mark.parametrize("more", [0, 3])
def test_the_page_costs_the_same_for_more_people(client, cast, group, more, django_assert_num_queries):
    for person in UserFactory.create_batch(more):
        TalkGroupMember.objects.create(group=group, person=person)
    client.force_login(cast.member)
    client.get("/talks/")
    with django_assert_num_queries(6):  # session, person, contacts, activists, groups, their members
        client.get("/talks/")
