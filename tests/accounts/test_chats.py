"""The WeCom chat of a talk group, against the stand-in."""

import pytest
from django.conf import settings as conf

from accounts import chats
from accounts.actions.groups import create_chat, place_in_group, propose_groups, save_groups
from accounts.actions.offices import give_office
from accounts.models import TalkGroup, WeComIdentity
from accounts.roles import Stage
from core.errors import Invalid, Missing
from tests.factories import UserFactory
from wecom.client import portal


@pytest.fixture
def secretary(org):
    person = UserFactory(kind="teacher", number="T7001", branch=org.a2)
    give_office(person=person, kind="secretary", branch=org.a2, by=None)
    return person


@pytest.fixture
def group(org, sandbox, secretary):
    """A lead and three activists of A2, all with WeCom accounts."""
    people = [UserFactory(stage=Stage.FULL, branch=org.a2)]
    people += UserFactory.create_batch(3, stage=Stage.ACTIVIST, branch=org.a2)
    late = UserFactory(stage=Stage.LEAGUE_MEMBER, branch=org.a2)
    sandbox.seed(
        users=[
            {"userid": person.number, "name": person.name, "department": [1], "number": person.number}
            for person in [*people, late, secretary]
        ]
    )
    for person in [*people, late, secretary]:
        WeComIdentity.objects.create(
            person=person, corp_id=conf.WECOM_CORP_ID, userid=person.number, origin="number"
        )
    (group,) = save_groups(branch=org.a2, plan=propose_groups(org.a2), by=secretary)
    group.late = late
    return group


def test_the_lead_asks_and_a_worker_opens_the_chat(group):
    asked = create_chat(group=group, by=group.lead)
    assert asked.chat == "creating"
    assert chats.keep_chats() == 1
    group.refresh_from_db()
    assert (group.chat, group.chat_id) == ("ready", f"talkgroup{group.pk}")
    chat = portal().chat(group.chat_id)
    assert chat.owner == group.lead.number
    assert len(chat.userids) == 4
    assert create_chat(group=group, by=group.lead).chat == "ready"


def test_the_chat_follows_the_group(org, group, secretary):
    create_chat(group=group, by=group.lead, with_secretary=True)
    chats.keep_chats()
    chats.keep_chats()
    group.late.stage = Stage.ACTIVIST
    group.late.save()
    place_in_group(person=group.late, group=group, by=secretary)
    group.refresh_from_db()
    assert group.chat_is_stale
    assert chats.keep_chats() == 1
    known = portal().chat(group.chat_id)
    assert {group.late.number, secretary.number} <= set(known.userids)
    assert chats.keep_chats() == 0


@pytest.mark.parametrize("errcode", [48002, 60011, 86006, 86216])
def test_a_refusal_leaves_the_group_to_open_its_chat_by_hand(group, sandbox, errcode):
    create_chat(group=group, by=group.lead)
    sandbox.fault("appchat/create", errcode=errcode, times=1)
    chats.keep_chats()
    group.refresh_from_db()
    assert (group.chat, group.chat_id) == ("by_hand", "")
    create_chat(group=group, by=group.lead)
    chats.keep_chats()
    group.refresh_from_db()
    assert group.chat == "ready"


def test_a_busy_wecom_is_tried_again_and_a_chat_that_exists_is_taken(group, sandbox):
    create_chat(group=group, by=group.lead)
    sandbox.fault("appchat/send", errcode=-1, times=5)
    chats.keep_chats()
    group.refresh_from_db()
    assert group.chat == "creating"
    assert chats.keep_chats() == 0
    sandbox.clear_faults()
    TalkGroup.objects.update(chat_tried_at=None)
    chats.keep_chats()
    group.refresh_from_db()
    assert group.chat == "ready"


def test_only_the_lead_asks_and_only_with_accounts(group, secretary):
    with pytest.raises(Missing):
        create_chat(group=group, by=secretary)
    WeComIdentity.objects.exclude(person=group.lead).delete()
    with pytest.raises(Invalid):
        create_chat(group=group, by=group.lead)
    group.refresh_from_db()
    assert group.chat == "none"
