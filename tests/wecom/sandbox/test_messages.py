"""What a message may be, whom it reaches, and what is dropped without a word."""

import pytest

from wecom.sandbox import corp

TEXTCARD = {"title": "月末测评", "description": "20 题", "url": "http://127.0.0.1:8000/x/"}


def send(wire, msgtype: str, part: dict, **extra) -> dict:
    return wire.post(
        "message/send",
        {"touser": "sumiao", "msgtype": msgtype, "agentid": wire.agentid, msgtype: part} | extra,
    )


@pytest.mark.parametrize(
    ("msgtype", "part", "errcode"),
    [
        ("poem", {"content": "x"}, 40008),
        ("text", {"content": ""}, 44004),
        ("text", {"content": "好" * 5000}, 0),
        ("markdown", {"content": "好" * 700}, 45002),
        ("textcard", TEXTCARD, 0),
        ("textcard", TEXTCARD | {"btntxt": None}, 0),
        ("textcard", TEXTCARD | {"btntxt": "五个字太长"}, 45002),
        ("textcard", TEXTCARD | {"title": ""}, 41016),
        ("textcard", TEXTCARD | {"title": "题" * 43}, 45002),
        ("textcard", TEXTCARD | {"description": ""}, 41033),
        ("textcard", TEXTCARD | {"url": ""}, 41010),
        ("textcard", TEXTCARD | {"url": "javascript:alert(1)"}, 40054),
        ("news", {"articles": [{"title": "a", "url": "http://x/"}] * 9}, 45008),
        ("news", {"articles": []}, 44004),
        ("file", {"media_id": "none"}, 40007),
        ("template_card", {"card_type": "other"}, 40058),
        ("template_card", {"card_type": "text_notice", "main_title": {"title": "a"}}, 40058),
    ],
)
def test_contents_are_checked(wire, msgtype, part, errcode):
    assert send(wire, msgtype, part)["errcode"] == errcode


def test_a_long_text_is_cut_between_characters(sandbox, wire):
    wire.send("sumiao", "好" * 5000)
    assert sandbox.messages("sumiao")[0]["content"]["content"] == "好" * 682


def test_recipients_are_checked(sandbox, wire, other_wire):
    assert wire.send("")["errcode"] == 82001
    assert wire.send("nobody|nowhere")["errcode"] == 81013
    assert wire.send("|".join(f"u{n}" for n in range(1001)))["errcode"] == 40032
    assert wire.send("", toparty="|".join(map(str, range(101))))["errcode"] == 82002
    assert wire.send("", totag="|".join(map(str, range(101))))["errcode"] == 82003
    reply = wire.send("Nobody|sumiao", toparty="31|99", totag="5")
    assert (reply["invaliduser"], reply["invalidparty"], reply["invalidtag"]) == ("nobody", "99", "5")
    assert len(sandbox.messages("hechu")) == 1
    assert other_wire.send("sumiao|hechu")["invaliduser"] == "sumiao"
    assert other_wire.send("sumiao")["errcode"] == 81013
    assert wire.send("@all")["errcode"] == 0
    assert len(sandbox.messages("weiyunfan")) == 1


def test_an_app_sends_in_its_own_name(wire, contacts_wire):
    assert wire.send("sumiao", agentid=1000099)["errcode"] == 40056
    assert wire.send("sumiao", agentid="")["errcode"] == 41011
    assert wire.send("sumiao", agentid=str(corp.AGENT_ID))["errcode"] == 0
    assert contacts_wire.send("sumiao")["errcode"] == 48002


def test_a_token_of_another_app_is_refused(wire, other_wire):
    assert other_wire.send("hechu", agentid=corp.AGENT_ID)["errcode"] == 301002


def test_the_thirty_first_message_of_a_minute_vanishes(sandbox, wire):
    replies = [wire.send("sumiao", f"第 {n} 条") for n in range(32)]
    assert {reply["errcode"] for reply in replies} == {0}
    assert len(sandbox.messages("sumiao")) == 30
    assert [(d["userid"], d["reason"]) for d in sandbox.dropped()] == [("sumiao", "member_minute")] * 2
    sandbox.clock.advance(61)
    wire.send("sumiao")
    assert len(sandbox.messages("sumiao")) == 31


def test_a_thousand_an_hour_is_the_end(sandbox, wire):
    for _ in range(34):
        for _ in range(30):
            wire.send("sumiao")
        sandbox.clock.advance(61)
    assert len(sandbox.messages("sumiao")) == 1000
    assert {d["reason"] for d in sandbox.dropped()} == {"member_hour"}


def test_the_days_budget_of_an_app(sandbox, wire):
    sandbox.configure(account_cap=0)
    assert wire.send("sumiao")["errcode"] == 0
    assert sandbox.dropped()[0]["reason"] == "app_day"


def test_the_same_request_twice_is_sent_once_when_asked(sandbox, wire):
    first = wire.send("sumiao", enable_duplicate_check=1, duplicate_check_interval=600)
    again = wire.send("sumiao", enable_duplicate_check=1, duplicate_check_interval=600)
    assert again["msgid"] == first["msgid"]
    assert len(sandbox.messages("sumiao")) == 1
    sandbox.clock.advance(601)
    wire.send("sumiao", enable_duplicate_check=1, duplicate_check_interval=600)
    assert len(sandbox.messages("sumiao")) == 2


def test_recall_works_for_a_day(sandbox, wire, other_wire):
    msgid = wire.send("sumiao")["msgid"]
    assert other_wire.post("message/recall", {"msgid": msgid})["errcode"] == 40058
    assert wire.post("message/recall", {"msgid": msgid})["errcode"] == 0
    assert sandbox.messages("sumiao")[0]["recalled_at"] > 0
    late = wire.send("sumiao")["msgid"]
    sandbox.clock.advance(24 * 3600 + 1)
    assert wire.post("message/recall", {"msgid": late})["errcode"] == 40058


def test_media_lives_three_days(sandbox, wire):
    token = wire.gettoken()["access_token"]
    params = {"access_token": token, "type": "file"}
    upload = wire.raw("POST", "media/upload", params, files={"media": ("名单.xlsx", b"0123456789")}).json()
    assert upload["created_at"].isdigit()
    found = wire.raw("GET", "media/get", {"access_token": token, "media_id": upload["media_id"]})
    assert found.content == b"0123456789"
    assert send(wire, "file", {"media_id": upload["media_id"]})["errcode"] == 0
    assert wire.raw("POST", "media/upload", params, files={"media": ("a", b"")}).json()["errcode"] == 44001
    sandbox.clock.advance(3 * 24 * 3600 + 1)
    assert send(wire, "file", {"media_id": upload["media_id"]})["errcode"] == 40007


# --- Cards ----------------------------------------------------------------------------------------------------


def test_a_button_is_pressed_and_answered(sandbox, wire, button_card):
    sent = wire.send_card("sumiao|linxiaohe", button_card)
    event = sandbox.click("sumiao", sent["msgid"], "accept")
    assert "<EventKey><![CDATA[accept]]></EventKey>" in event["xml"]
    assert "<TaskId><![CDATA[talk-1]]></TaskId>" in event["xml"]
    code = event["xml"].split("<ResponseCode><![CDATA[")[1].split("]]>")[0]
    change = {"userids": ["SuMiao", "hechu"], "agentid": corp.AGENT_ID, "button": {"replace_name": "已接受"}}
    reply = wire.post("message/update_template_card", change | {"response_code": code})
    assert (reply["errcode"], reply["invaliduser"]) == (0, ["hechu"])
    assert sandbox.messages("sumiao")[0]["updates"] == {"sumiao": {"replace_name": "已接受"}}
    assert wire.post("message/update_template_card", change | {"response_code": code})["errcode"] == 60140
    late = change | {"response_code": sent["response_code"]}
    sandbox.clock.advance(72 * 3600 + 1)
    assert wire.post("message/update_template_card", late)["errcode"] == 60140


def test_interactive_cards_have_conditions(sandbox, wire, button_card):
    assert wire.send_card("sumiao", button_card | {"task_id": ""})["errcode"] == 42014
    assert wire.send_card("sumiao", button_card | {"task_id": "中文"})["errcode"] == 42014
    assert "response_code" in wire.send_card("sumiao", button_card)
    assert wire.send_card("sumiao", button_card)["errcode"] == 42014
    sandbox.app(callback_url="")
    assert wire.send_card("sumiao", button_card | {"task_id": "talk-2"})["errcode"] == 43012


def test_a_plain_notice_has_no_response_code(wire):
    action = {"type": 1, "url": "http://127.0.0.1:8000/"}
    card = {"card_type": "text_notice", "main_title": {"title": "会议"}, "card_action": action}
    assert "response_code" not in wire.send_card("sumiao", card)


# --- Odds and ends a client relies on ----------------------------------------------------------------------------


def test_any_content_type_is_read(wire):
    token = wire.gettoken()["access_token"]
    body = '{"touser":"sumiao","toparty":"","totag":"","msgtype":"text","agentid":1000002,"text":{"content":"好"}}'
    for kind in (None, "text/plain", "application/x-www-form-urlencoded"):
        headers = {"Content-Type": kind}
        answer = wire.raw(
            "POST", "message/send", {"access_token": token}, data=body.encode(), headers=headers
        )
        assert answer.json()["errcode"] == 0
    assert wire.raw("POST", "message/send", {"access_token": token}, data=b"{").json()["errcode"] == 47001
    assert wire.raw("GET", "message/send", {"access_token": token}).json()["errcode"] == 43002


def test_unknown_paths_say_so(wire):
    assert wire.post("oa/applyevent", {})["errcode"] == 40058
