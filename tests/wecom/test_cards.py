import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from wecom import cards, jssdk, oauth
from wecom.cards import Button, Row

LONG = "关于召开支部党员大会的通知" * 60


@given(st.text(), st.integers(min_value=3, max_value=40))
def test_cutting_never_splits_a_character(text, size):
    cut = cards.cut(text, size)
    assert len(cut.encode()) <= size
    assert cut == text or (cut.endswith("…") and text.startswith(cut[:-1]))


@pytest.mark.parametrize("text", ["短", "🚩" * 200, "a" + "支" * 300, LONG])
def test_a_text_card_keeps_the_byte_limits(text):
    card = cards.text_card(
        text, text, "https://party.example.edu.cn/t/1", button=text, note=text, highlight=text
    )
    body = card["textcard"]
    assert len(body["title"].encode()) <= 128
    assert len(body["description"].encode()) <= 512
    assert body["description"].count("<div") == body["description"].count("</div>")
    assert len(body["btntxt"]) <= 4


def test_the_deadline_survives_a_long_description():
    card = cards.text_card("测评", LONG, "https://x", note="11 月 28 日", highlight="11 月 30 日 23:59 截止")
    description = card["textcard"]["description"]
    assert description.startswith('<div class="gray">11 月 28 日</div><div class="normal">')
    assert description.endswith('…</div><div class="highlight">11 月 30 日 23:59 截止</div>')


def test_words_bring_no_markup():
    card = cards.text_card("<b>", '</div><a href="http://x">点我</a>', "https://x")
    assert (
        card["textcard"]["description"] == '<div class="normal">＜/div＞＜a href="http://x"＞点我＜/a＞</div>'
    )


def test_an_empty_description_repeats_the_title():
    assert (
        cards.text_card("今晚开会", "", "https://x")["textcard"]["description"]
        == '<div class="normal">今晚开会</div>'
    )


def test_a_notice_card(settings):
    settings.SITE_NAME = "学生党支部"
    message = cards.notice_card(
        "明晚支部党员大会",
        "请提前 5 分钟到",
        url="https://x/m/1",
        emphasis=("19:30", "12 月 1 日 周二"),
        rows=[Row("地点", "综合楼 301"), Row("主持人", userid="chen")],
        links=[("我要请假", "https://x/m/1/leave")],
    )
    assert message == {
        "msgtype": "template_card",
        "template_card": {
            "card_type": "text_notice",
            "source": {"desc": "学生党支部", "desc_color": 0},
            "main_title": {"title": "明晚支部党员大会", "desc": "请提前 5 分钟到"},
            "emphasis_content": {"title": "19:30", "desc": "12 月 1 日 周二"},
            "horizontal_content_list": [
                {"keyname": "地点", "value": "综合楼 301"},
                {"keyname": "主持人", "value": "", "type": 3, "userid": "chen"},
            ],
            "card_action": {"type": 1, "url": "https://x/m/1"},
            "jump_list": [{"type": 1, "title": "我要请假", "url": "https://x/m/1/leave"}],
        },
    }
    json.dumps(message)


def test_a_button_card_answers_or_opens():
    message = cards.button_card(
        LONG,
        LONG,
        url="https://x/t/1",
        task_id="talk-1@a_b",
        buttons=[
            Button("换个时间", url="https://x/t/1/move"),
            Button("接受" * 9, key="accept", is_primary=True),
        ],
        rows=[Row(LONG, LONG)] * 9,
    )
    card = message["template_card"]
    assert card["button_list"] == [
        {"text": "换个时间", "style": 4, "type": 1, "url": "https://x/t/1/move"},
        {"text": "接受接受接受接受接…", "style": 1, "type": 0, "key": "accept"},
    ]
    assert len(card["main_title"]["title"]) == 36
    assert len(card["main_title"]["desc"]) == 44
    assert len(card["horizontal_content_list"]) == 6
    assert {len(row["keyname"]) for row in card["horizontal_content_list"]} == {5}


@pytest.mark.parametrize("task_id", ["", "中文", "a b", "a" * 129, "a.b"])
def test_task_ids_wecom_would_refuse(task_id):
    with pytest.raises(ValueError, match="task id"):
        cards.button_card("t", url="https://x", task_id=task_id, buttons=[Button("好", key="k")])


def test_a_button_card_needs_buttons():
    with pytest.raises(ValueError, match="buttons"):
        cards.button_card("t", url="https://x", task_id="a", buttons=[])


def test_in_app_url(settings):
    settings.WECOM_OAUTH_BASE = "https://open.weixin.qq.com"
    url = oauth.in_app_url("https://party.example.edu.cn/back/?a=1&b=2", "abc123")
    assert list(parse_qs(urlsplit(url).query).items()) == [
        ("appid", ["wwpartyhubsandbox"]),
        ("redirect_uri", ["https://party.example.edu.cn/back/?a=1&b=2"]),
        ("response_type", ["code"]),
        ("scope", ["snsapi_base"]),
        ("state", ["abc123"]),
        ("agentid", ["1000002"]),
    ]
    assert url.startswith("https://open.weixin.qq.com/connect/oauth2/authorize?appid=")
    assert url.endswith("#wechat_redirect")


def test_desktop_url(settings):
    settings.WECOM_LOGIN_BASE = "https://login.work.weixin.qq.com"
    url = urlsplit(oauth.desktop_url("https://party.example.edu.cn/back/", "abc"))
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://login.work.weixin.qq.com/wwlogin/sso/login"
    assert parse_qs(url.query)["login_type"] == ["CorpApp"]


@pytest.mark.parametrize("state", ["", "a-b", "a_b", "中", "a" * 129, "a\n", "a=b&c"])
def test_states_wecom_would_refuse(state):
    for make in (oauth.in_app_url, oauth.desktop_url):
        with pytest.raises(ValueError, match="state"):
            make("https://x", state)


def test_signature_vector():
    assert (
        jssdk.signature(
            "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg",
            "Wm3WZYTPz0wzccnW",
            1414587457,
            "http://mp.weixin.qq.com?params=value",
        )
        == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"
    )


def test_corporation_and_app_are_signed_with_their_own_tickets(stub, settings):
    stub.say("get_jsapi_ticket", {"errcode": 0, "ticket": "CORP", "expires_in": 7200})
    stub.say("ticket/get", {"errcode": 0, "ticket": "AGENT", "expires_in": 7200})
    page = f"{settings.SITE_URL}/activities/1/?a=1"

    config = jssdk.config_for(page + "#part")

    assert (config["corpId"], config["agentId"]) == ("wwpartyhubsandbox", "1000002")
    for part, ticket in (("config", "CORP"), ("agentConfig", "AGENT")):
        signed = config[part]
        assert signed["signature"] == jssdk.signature(ticket, signed["nonceStr"], signed["timestamp"], page)
    jssdk.config_for(page)
    assert (stub.calls["get_jsapi_ticket"], stub.calls["ticket/get"]) == (1, 1)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "http://127.0.0.1:8000.evil.example/",
        "http://127.0.0.1:8000@evil.example/",
        "//x",
        "",
        "javascript:1",
        "https://127.0.0.1:8000/",
    ],
)
def test_foreign_pages_are_not_signed(stub, url):
    with pytest.raises(Invalid):
        jssdk.config_for(url)
    assert stub.calls == {}
