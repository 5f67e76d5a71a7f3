"""Callbacks against a small listening app: verification, retries, duplicates, passive replies."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from wechatpy.enterprise.crypto import WeChatCrypto

from wecom.sandbox import corp

CRYPTO = (corp.CALLBACK_TOKEN, corp.CALLBACK_AES_KEY, corp.CORP_ID)


class Listener:
    """An app's callback address, written with wechatpy so that both sides prove each other."""

    def __init__(self) -> None:
        self.events, self.statuses, self.reply, self.echo_suffix = [], [], "", ""
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                q = self.query()
                crypto = WeChatCrypto(*CRYPTO)
                echo = crypto.check_signature(q["msg_signature"], q["timestamp"], q["nonce"], q["echostr"])
                self.answer(200, echo.encode() if isinstance(echo, str) else echo, listener.echo_suffix)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                q = self.query()
                text = WeChatCrypto(*CRYPTO).decrypt_message(
                    body, q["msg_signature"], q["timestamp"], q["nonce"]
                )
                listener.events.append(text)
                reply = listener.reply and WeChatCrypto(*CRYPTO).encrypt_message(listener.reply, "n", "1")
                self.answer(listener.statuses.pop(0) if listener.statuses else 200, reply.encode())

            def query(self):
                return {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}

            def answer(self, status, body, suffix=""):
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body + suffix.encode())

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/wecom/callback/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def listener(sandbox):
    listener = Listener()
    sandbox.configure(callback_mode="push", callback_retry_delay=0.02)
    sandbox.app(callback_url=listener.url)
    yield listener
    listener.close()


def settled(sandbox, count: int = 1) -> list[dict]:
    """The events once none is on its way any more."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        events = sandbox.events()
        if len(events) >= count and all(event["state"] != "waiting" for event in events):
            return events
        time.sleep(0.02)
    raise AssertionError(sandbox.events())


def test_an_address_is_verified_before_it_is_used(sandbox, wire, listener, button_card):
    listener.echo_suffix = "\n"
    msgid = wire.send_card("sumiao", button_card)["msgid"]
    sandbox.click("sumiao", msgid, "accept")
    assert settled(sandbox)[0]["state"] == "failed"
    assert listener.events == []
    listener.echo_suffix = ""
    sandbox.control("callback", url=listener.url)
    settled(sandbox, 2)
    sandbox.click("sumiao", msgid, "accept")
    assert settled(sandbox, 3)[-1]["state"] == "delivered"
    assert "<FromUserName><![CDATA[sumiao]]></FromUserName>" in listener.events[0]


def test_a_failing_app_is_asked_three_times_more(sandbox, wire, listener, button_card):
    listener.statuses = [500, 502, 404]
    sandbox.click("sumiao", wire.send_card("sumiao", button_card)["msgid"], "accept")
    event = settled(sandbox)[0]
    assert (event["state"], [attempt["status"] for attempt in event["attempts"]]) == (
        "delivered",
        [500, 502, 404, 200],
    )
    assert len(set(listener.events)) == 1


def test_it_gives_up_in_the_end(sandbox, wire, listener, button_card):
    listener.statuses = [500] * 4
    sandbox.click("sumiao", wire.send_card("sumiao", button_card)["msgid"], "accept")
    assert settled(sandbox)[0]["state"] == "failed"
    assert len(listener.events) == 4


def test_duplicates_on_demand(sandbox, wire, listener, button_card):
    sandbox.configure(callback_copies=3)
    sandbox.click("sumiao", wire.send_card("sumiao", button_card)["msgid"], "accept")
    deadline = time.monotonic() + 10
    while len(listener.events) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(listener.events) == 3
    assert len(set(listener.events)) == 1


def test_a_passive_reply_changes_the_card(sandbox, wire, listener, button_card):
    listener.reply = (
        "<xml><MsgType>update_button</MsgType><Button><ReplaceName>已接受</ReplaceName></Button></xml>"
    )
    sandbox.click("sumiao", wire.send_card("sumiao", button_card)["msgid"], "accept")
    settled(sandbox)
    assert sandbox.messages("sumiao")[0]["updates"] == {"sumiao": {"replace_name": "已接受"}}


def test_a_passive_reply_brings_a_new_card(sandbox, wire, listener, button_card):
    listener.reply = (
        "<xml><MsgType>update_template_card</MsgType><TemplateCard><CardType>text_notice</CardType>"
        "<MainTitle><Title>约好了</Title></MainTitle>"
        "<HorizontalContentList><KeyName>时间</KeyName><Value>20:00</Value></HorizontalContentList>"
        "<HorizontalContentList><KeyName>地点</KeyName><Value>108</Value></HorizontalContentList>"
        "<CardAction><Type>1</Type><Url>http://127.0.0.1:8000/</Url></CardAction></TemplateCard></xml>"
    )
    sandbox.click("sumiao", wire.send_card("sumiao", button_card)["msgid"], "accept")
    settled(sandbox)
    card = sandbox.messages("sumiao")[0]["updates"]["sumiao"]["card"]
    assert card["main_title"] == {"title": "约好了"}
    assert [row["keyname"] for row in card["horizontal_content_list"]] == ["时间", "地点"]
    assert card["card_action"]["type"] == 1


def test_held_events_can_be_handed_over(sandbox, wire, button_card):
    event = sandbox.click("sumiao", wire.send_card("sumiao", button_card)["msgid"], "accept")
    assert event["state"] == "held"
    query, body = event["request"]["query"], event["request"]["body"]
    text = WeChatCrypto(*CRYPTO).decrypt_message(
        body, query["msg_signature"], query["timestamp"], query["nonce"]
    )
    assert text == event["xml"]


def test_choices_travel_with_the_event(sandbox, wire):
    options = [{"id": "tue", "text": "周二"}, {"id": "wed", "text": "周三"}]
    card = {
        "card_type": "vote_interaction",
        "task_id": "vote-1",
        "main_title": {"title": "哪天方便"},
        "checkbox": {"question_key": "day", "mode": 1, "option_list": options},
        "submit_button": {"text": "提交", "key": "submit"},
    }
    msgid = wire.send_card("sumiao", card)["msgid"]
    event = sandbox.click("sumiao", msgid, "submit", {"day": ["tue", "wed"]})
    assert event["xml"].count("<OptionId>") == 2
    assert "<QuestionKey><![CDATA[day]]></QuestionKey>" in event["xml"]


def test_listeners_hear_of_contact_changes_but_not_their_own(sandbox, contacts_wire):
    sandbox.app(abilities=["contact_events"])
    contacts_wire.post("user/update", {"userid": "sumiao", "department": [22]})
    events = sandbox.events()
    assert [(e["agentid"], e["name"]) for e in events] == [(corp.AGENT_ID, "change_contact")]
    assert "<ChangeType><![CDATA[update_user]]></ChangeType>" in events[0]["xml"]
