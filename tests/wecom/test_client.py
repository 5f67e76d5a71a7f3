"""Each call of the client against the stand-in, over real HTTP."""

import datetime as dt

import pytest
from django.core.cache import cache

from wecom import cards, client, errors, jssdk
from wecom.cards import Button, Row
from wecom.contacts import Department, Identity, Member

DEPARTMENTS = [
    {"id": 1, "name": "云溪大学", "parentid": 0, "order": 1},
    {"id": 2, "name": "商学院", "parentid": 1, "order": 1},
]
USERS = [
    {
        "userid": "Zhou",
        "name": "周予安",
        "department": [2],
        "number": "2024000001",
        "gender": "1",
        "status": 1,
    },
    {
        "userid": "lin",
        "name": "林晓禾",
        "department": [1, 2],
        "number": "2024000002",
        "gender": "2",
        "status": 4,
    },
    {"userid": "chen", "name": "陈守正", "department": [1], "number": "T2001", "status": 1},
]


@pytest.fixture
def school(sandbox, db, settings):
    cache.clear()
    settings.WECOM_FEATURES = {"appchat": True, "schedule": True, "living": True}
    sandbox.seed(departments=DEPARTMENTS, users=USERS)
    return sandbox


@pytest.fixture
def portal(school):
    return client.portal()


def test_identify(school, portal):
    assert portal.identify(school.code_for("Zhou")) == Identity("Zhou", is_member=True)


def test_a_code_counts_once(school, portal):
    code = school.code_for("Zhou")
    portal.identify(code)
    with pytest.raises(errors.Permanent) as caught:
        portal.identify(code)
    assert caught.value.errcode == 40029


def test_somebody_from_outside_is_no_member(school, portal):
    assert portal.identify(school.code_for(None)) == Identity(None, is_member=False)


def test_departments_and_members(portal):
    assert portal.departments() == [Department(1, "云溪大学", 0), Department(2, "商学院", 1)]
    assert portal.members(2) == [
        Member("Zhou", "周予安", (2,), "2024000001", active=True),
        Member("lin", "林晓禾", (1, 2), "2024000002", active=False),
    ]
    assert portal.member("ZHOU").number == "2024000001"
    with pytest.raises(errors.Unreachable):
        portal.member("nobody")


def test_all_ids(school):
    assert client.directory().member_ids() == {"Zhou": {2}, "lin": {1, 2}, "chen": {1}}
    with pytest.raises(errors.Misconfigured):
        client.portal().member_ids()


def test_many_pages_of_ids(school, monkeypatch):
    monkeypatch.setattr("wecom.contacts.PAGE_SIZE", 1)
    assert client.directory().member_ids() == {"Zhou": {2}, "lin": {1, 2}, "chen": {1}}
    assert len(school.calls("user/list_id")) == 4


def test_sending_names_who_was_not_reached(school, portal):
    sent = portal.send(
        ["Zhou", "Nobody", "chen"], cards.text_card("今晚开会", "七点，综合楼 301", "https://x/1")
    )
    assert sent.unreachable == {"Nobody"}
    assert sent.msgid
    assert [len(school.messages(userid)) for userid in ("Zhou", "chen", "lin")] == [1, 1, 0]


def test_sending_to_nobody_reachable(school, portal):
    sent = portal.send(["nobody"], cards.text("你好"))
    assert (sent.unreachable, sent.msgid) == ({"nobody"}, "")


def test_the_same_message_twice_is_seen_once(school, portal):
    for _ in range(2):
        portal.send(["Zhou"], cards.text("你好"))
    assert len(school.messages("Zhou")) == 1
    for _ in range(2):
        portal.send(["Zhou"], cards.text("再见"), duplicate_check_seconds=0)
    assert len(school.messages("Zhou")) == 3


@pytest.mark.parametrize("count", [0, 1001])
def test_an_audience_has_one_to_a_thousand(portal, count):
    with pytest.raises(ValueError, match="1 to 1000"):
        portal.send(["a"] * count, cards.text("x"))


LONG = "关于召开支部党员大会并讨论接收预备党员的通知🚩" * 40


@pytest.mark.parametrize("words", ["会", LONG])
def test_every_card_is_accepted(portal, words):
    rows = [Row(words, words), Row("同学", userid="Zhou")]
    for card in (
        cards.text(words),
        cards.text_card(words, words, "https://x/1", words, note=words, highlight=words),
        cards.notice_card(
            words, words, url="https://x", emphasis=(words, words), rows=rows, links=[(words, "https://x")]
        ),
        cards.button_card(
            words, words, url="https://x", task_id="t1", buttons=[Button(words, key="k")], rows=rows
        ),
    ):
        assert portal.send(["Zhou"], card).msgid


def test_a_card_is_answered_and_changed(school, portal):
    sent = portal.send(
        ["Zhou"],
        cards.button_card(
            "谈一次", url="https://x", task_id="talk-1", buttons=[Button("接受", key="accept")]
        ),
    )
    assert sent.response_code
    portal.update_card(sent.response_code, ["Zhou"], replace_name="已接受")
    assert "已接受" in str(school.messages("Zhou"))
    with pytest.raises(errors.Permanent) as caught:
        portal.update_card(sent.response_code, ["Zhou"], replace_name="又一次")
    assert caught.value.errcode == 60140


def test_recall(school, portal):
    sent = portal.send(["Zhou"], cards.text("写错了"))
    portal.recall(sent.msgid)
    assert school.calls("message/recall")[-1]["errcode"] == 0


def test_chats(school, portal):
    made = portal.create_chat(name="第一小组" * 20, owner="Zhou", userids=["Zhou", "lin"], chat_id="group1")
    assert made == "group1"
    portal.update_chat("group1", name="第一谈话小组", add=["chen"], remove=["lin"])
    portal.send_to_chat("group1", cards.text("大家好"))
    chat = portal.chat("group1")
    assert (chat.name, chat.owner, set(chat.userids)) == ("第一谈话小组", "Zhou", {"Zhou", "chen"})
    with pytest.raises(errors.Permanent):
        portal.chat("nosuch")
    with pytest.raises(ValueError, match="chat id"):
        portal.create_chat(name="x", owner="a", userids=["a", "b"], chat_id="has-dash")


def test_chats_need_the_whole_school_in_sight(school, portal):
    school.app(visible_parties=[2])
    with pytest.raises(errors.Misconfigured):
        portal.create_chat(name="组", owner="Zhou", userids=["Zhou", "lin"], chat_id="g")


def test_signatures_are_those_the_stand_in_expects(school, portal, settings):
    config = jssdk.config_for(f"{settings.SITE_URL}/talks/")
    assert len(config["config"]["signature"]) == 40
    assert config["config"]["signature"] != config["agentConfig"]["signature"]
    assert (len(school.calls("get_jsapi_ticket")), len(school.calls("ticket/get"))) == (1, 1)


def test_media_makes_the_round_trip(portal):
    content = "姓名,学号\n周予安,2024000001\n".encode()
    assert portal.fetch_media(portal.upload(name="名单.csv", content=content)) == content
    with pytest.raises(errors.WeComError):
        portal.fetch_media("nosuch")


def test_an_upload_survives_an_expired_token(school, portal):
    portal.upload(name="a.txt", content=b"first time")
    school.revoke_tokens()
    assert portal.fetch_media(portal.upload(name="b.txt", content=b"second time")) == b"second time"


def test_live_sessions(school, portal):
    school.app(abilities=["living"])
    living = portal.create_living(
        anchor="Zhou", theme="共享书房", starts_at=dt.datetime.now(dt.UTC), duration=dt.timedelta(hours=1)
    )
    assert (portal.living(living).theme, portal.living(living).status) == ("共享书房", 0)
    assert portal.viewers(living) == set()


@pytest.mark.parametrize("feature", ["appchat", "schedule", "living"])
def test_what_is_switched_off_is_not_called(school, settings, feature):
    settings.WECOM_FEATURES = settings.WECOM_FEATURES | {feature: False}
    portal, now = client.portal(), dt.datetime.now(dt.UTC)
    calls = {
        "appchat": lambda: portal.chat("c"),
        "schedule": lambda: portal.add_schedule(
            admins=[], attendees=[], summary="会", starts_at=now, ends_at=now
        ),
        "living": lambda: portal.living("l"),
    }
    with pytest.raises(errors.Misconfigured, match=f"WECOM_{feature.upper()}"):
        calls[feature]()
    assert school.calls("gettoken") == []


def test_agent_and_callback_addresses(portal):
    agent = portal.agent()
    assert (agent.is_closed, agent.departments) == (False, (1,))
    assert portal.callback_addresses()


def test_private_details_need_a_ticket(portal):
    with pytest.raises(errors.WeComError):
        portal.private_details("nosuch")


def test_a_revoked_token_costs_one_retry(school, portal):
    portal.send(["Zhou"], cards.text("一"))
    school.revoke_tokens()
    portal.send(["Zhou"], cards.text("二"))
    assert [call["errcode"] for call in school.calls("message/send")] == [0, 40014, 0]
    assert len(school.calls("gettoken")) == 2
