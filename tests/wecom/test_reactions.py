"""Every answer has a defined reaction (``reliability.md`` B5, B7 and the table of §3.4)."""

import datetime as dt
import json
import threading
import time
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.db import connection

from tests.wecom import stub as answers
from tests.wecom.stub import code
from wecom import app, client, errors, transport
from wecom.errors import MaybeSent, Misconfigured, Permanent, Temporary

NOON = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
TEXT = {"msgtype": "text", "text": {"content": "今晚七点开会"}}

CALLS = {
    "message/send": lambda: client.portal().send(["zhang"], TEXT),
    "message/recall": lambda: client.portal().recall("m1"),
    "message/update_template_card": lambda: client.portal().update_card(
        "rc", ["zhang"], replace_name="已接受"
    ),
    "auth/getuserinfo": lambda: client.portal().identify("CODE"),
    "auth/getuserdetail": lambda: client.portal().private_details("T"),
    "department/list": lambda: client.portal().departments(),
    "user/list": lambda: client.portal().members(1),
    "user/get": lambda: client.portal().member("zhang"),
    "user/list_id": lambda: client.directory().member_ids(),
    "appchat/create": lambda: client.portal().create_chat(
        name="组", owner="a", userids=["a", "b"], chat_id="c1"
    ),
    "appchat/update": lambda: client.portal().update_chat("c1", add=["c"]),
    "appchat/get": lambda: client.portal().chat("c1"),
    "appchat/send": lambda: client.portal().send_to_chat("c1", TEXT),
    "get_jsapi_ticket": lambda: client.portal().jsapi_ticket(),
    "ticket/get": lambda: client.portal().agent_ticket(),
    "media/upload": lambda: client.portal().upload(name="表.xlsx", content=b"data-data"),
    "media/get": lambda: client.portal().fetch_media("m"),
    "agent/get": lambda: client.portal().agent(),
    "oa/schedule/add": lambda: client.portal().add_schedule(
        admins=["a"], attendees=["b"], summary="支部大会", starts_at=NOON, ends_at=NOON
    ),
    "oa/schedule/del": lambda: client.portal().delete_schedule("s"),
    "living/create": lambda: client.portal().create_living(
        anchor="a", theme="讲座", starts_at=NOON, duration=dt.timedelta(hours=1)
    ),
    "living/get_living_info": lambda: client.portal().living("l"),
    "living/get_watch_stat": lambda: client.portal().viewers("l"),
    "getcallbackip": lambda: client.portal().callback_addresses(),
}


@pytest.fixture(autouse=True)
def _everything_switched_on(settings):
    settings.WECOM_FEATURES = {"appchat": True, "schedule": True, "living": True}


READING = {"auth/getuserinfo", "department/list", "user/list", "user/get", "appchat/get", "get_jsapi_ticket"}
READING |= {"living/get_living_info", "ticket/get", "media/get", "agent/get", "getcallbackip"}

# answer, calls at most, tokens at most, error
REACTIONS = {
    "busy": (code(-1), 1, 1, Temporary),
    "http 500": (answers.status(500), 1, 1, Temporary),
    "http 502": (answers.status(502), 1, 1, Temporary),
    "http 503": (answers.status(503), 1, 1, Temporary),
    "http 404": (answers.status(404), 1, 1, Temporary),
    "connection reset": (answers.reset, 1, 1, Temporary),
    "token expired for ever": (code(42001), 2, 2, Temporary),
    "token invalid for ever": (code(40014), 2, 2, Temporary),
    "wrong secret": (code(40001), 1, 1, Misconfigured),
    "no token": (code(41001), 1, 1, Misconfigured),
    "wrong corporation": (code(40013), 1, 1, Misconfigured),
    "over the limit": (code(45009), 1, 1, Temporary),
    "too parallel": (code(45033), 1, 1, Temporary),
    "out of scope": (code(60011), 1, 1, Misconfigured),
    "address not trusted": (code(60020), 1, 1, Misconfigured),
    "not allowed": (code(48002), 1, 1, Misconfigured),
    "not this app": (code(301002), 1, 1, Misconfigured),
    "empty text": (code(44004), 1, 1, Permanent),
    "too long": (code(45002), 1, 1, Permanent),
    "bad content": (code(40058), 1, 1, Permanent),
    "unknown number": (code(999_999), 1, 1, Permanent),
    "html": (answers.raw(b"<html></html>", **{"Content-Type": "text/html"}), 1, 1, Temporary),
    "cut json": (answers.cut, 1, 1, Temporary),
    "half json": (answers.raw(b'{"errcode": 0, "errmsg"'), 1, 1, Temporary),
    "not utf-8": (answers.raw(b'{"errcode": 0, "errmsg": "\xff\xfe"}'), 1, 1, Temporary),
    "deep json": (answers.raw(b"[" * 200_000), 1, 1, Temporary),
    "a list": (answers.raw(b"[]"), 1, 1, Temporary),
    "errcode as text": ({"errcode": "0", "errmsg": "ok"}, 1, 1, Temporary),
    "errcode as truth": ({"errcode": False}, 1, 1, Temporary),
    "no errcode": ({"errmsg": "ok", "msgid": "1"}, 1, 1, Temporary),
    "20 MB": (answers.huge, 1, 1, Temporary),
    "gzip bomb": (answers.bomb, 1, 1, Temporary),
    "redirect": (answers.redirect, 1, 1, Temporary),
}


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("name", REACTIONS)
def test_reaction(stub, path, name):
    answer, calls, tokens, error = REACTIONS[name]
    stub.say(path, answer)

    with pytest.raises(error) as caught:
        CALLS[path]()

    assert stub.calls[path] <= calls
    assert stub.tokens <= tokens
    assert caught.value.__cause__ is None
    assert "token-" not in str(caught.value)


@pytest.mark.parametrize("number", [60111, 81013])
@pytest.mark.parametrize("path", CALLS)
def test_a_person_who_cannot_be_reached_is_not_asked_for_again(stub, path, number):
    stub.say(path, code(number))
    if path == "message/send":
        assert CALLS[path]().unreachable == {"zhang"}
    else:
        with pytest.raises(errors.Unreachable):
            CALLS[path]()
    assert stub.calls[path] == 1


@pytest.mark.parametrize("number", [40014, 42001])
def test_an_expired_token_is_renewed_once(stub, number):
    stub.say("message/send", code(number), {"errcode": 0, "msgid": "m2"})

    assert CALLS["message/send"]().msgid == "m2"

    assert stub.calls["message/send"] == 2
    assert [query["access_token"] for path, query, _ in stub.requests if path == "message/send"] == [
        "token-1",
        "token-2",
    ]


def test_token_trouble_for_ever_opens_the_circuit(stub):
    stub.say("message/send", code(42001))
    for _ in range(5):
        with pytest.raises(Temporary):
            CALLS["message/send"]()
    sends, tokens = stub.calls["message/send"], stub.tokens

    with pytest.raises(Temporary) as caught:
        CALLS["message/send"]()

    assert (sends, tokens) == (10, 6)
    assert stub.calls["message/send"] == sends
    assert 0 < caught.value.retry_after <= 30


def test_the_circuit_closes_again(stub, clock):
    stub.say("message/send", code(-1))
    for _ in range(6):
        with pytest.raises(Temporary):
            CALLS["message/send"]()
    assert stub.calls["message/send"] == 5

    clock.shift(61)
    stub.say("message/send", {"errcode": 0, "msgid": "m"})

    assert CALLS["message/send"]().msgid == "m"


@pytest.mark.parametrize("answer", [code(45033), code(44004), code(60020), code(81013)])
def test_refusals_are_no_sickness(stub, answer):
    stub.say("message/recall", answer)
    for _ in range(6):
        with pytest.raises(errors.WeComError):
            CALLS["message/recall"]()
    assert stub.calls["message/recall"] == 6


def test_over_the_limit_rests_a_minute_then_an_hour_then_until_tomorrow(stub, clock):
    stub.say("message/send", code(45009))
    pauses = []
    for _ in range(3):
        with pytest.raises(Temporary) as caught:
            CALLS["message/send"]()
        pauses.append(caught.value.retry_after)
        with pytest.raises(Temporary):
            CALLS["message/send"]()
        clock.shift(caught.value.retry_after + 1)

    assert pauses[:2] == [60, 3600]
    assert 300 <= pauses[2] <= 86_700
    assert stub.calls["message/send"] == 3


def test_over_the_limit_rests_only_that_call(stub):
    stub.say("message/send", code(45009))
    with pytest.raises(Temporary):
        CALLS["message/send"]()
    stub.say("message/recall", {"errcode": 0})
    CALLS["message/recall"]()


@pytest.mark.parametrize("drip", [answers.drip_body, answers.drip_headers])
@pytest.mark.parametrize(("path", "error"), [("message/send", MaybeSent), ("department/list", Temporary)])
def test_a_dripping_answer_is_cut(stub, monkeypatch, drip, path, error):
    monkeypatch.setattr(app, "TOTAL_SECONDS", 0.4)
    stub.say(path, drip)
    started = time.monotonic()

    with pytest.raises(error) as caught:
        client.portal().post(path, {}) if path == "message/send" else client.portal().get(path, seconds=0.4)

    assert isinstance(caught.value, MaybeSent) == (error is MaybeSent)
    assert time.monotonic() - started < 1.2


@pytest.mark.parametrize("path", CALLS)
def test_silence_after_sending_leaves_the_outcome_open(stub, monkeypatch, path):
    monkeypatch.setattr(transport, "READ_SECONDS", 0.2)
    monkeypatch.setattr(transport._here, "gateways", {}, raising=False)
    stub.say(path, answers.silence)
    with pytest.raises(Temporary) as caught:
        CALLS[path]()
    assert isinstance(caught.value, MaybeSent) == (path not in READING)
    assert stub.calls[path] == 1


def test_whoever_signs_in_does_not_wait_long(stub, monkeypatch):
    monkeypatch.setattr("wecom.contacts.LOGIN_SECONDS", 0.3)
    for path in ("auth/getuserinfo", "gettoken"):
        stub.say(path, answers.silence)
        cache.clear()
        started = time.monotonic()
        with pytest.raises(Temporary):
            client.portal().identify("CODE")
        assert time.monotonic() - started < 1


def test_a_closed_door_was_not_sent(stub, settings):
    settings.WECOM_API_BASE = "http://127.0.0.1:1"
    with pytest.raises(Temporary) as caught:
        CALLS["message/send"]()
    assert not isinstance(caught.value, MaybeSent)


def test_the_token_call_meets_the_same_care(stub):
    for answer in (
        answers.cut,
        answers.huge,
        {"errcode": 0},
        {"errcode": 0, "access_token": 5, "expires_in": "x"},
    ):
        stub.say("gettoken", answer)
        with pytest.raises(Temporary):
            CALLS["message/send"]()
    cache.clear()
    stub.say("gettoken", code(40001))
    with pytest.raises(Misconfigured):
        CALLS["message/send"]()
    assert stub.calls["message/send"] == 0


def test_the_proxy_of_the_environment_is_ignored(stub, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    stub.say("message/recall", {"errcode": 0})
    CALLS["message/recall"]()


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_fifty_sends_on_a_cold_cache_fetch_one_token(stub):
    def slow(handler):
        time.sleep(0.2)
        stub.token(handler)

    stub.say("gettoken", slow)
    stub.say("message/send", {"errcode": 0, "msgid": "m"})

    assert _in_parallel(50, lambda: CALLS["message/send"]().msgid) == ["m"] * 50
    assert stub.tokens <= 2

    revoked = {"token-1"}

    def strict(handler):
        is_old = any(f"access_token={token}" in handler.path for token in revoked)
        answers.reply(handler, code(40014) if is_old else {"errcode": 0, "msgid": "n"})

    stub.say("message/send", strict)
    before = stub.tokens
    assert _in_parallel(50, lambda: CALLS["message/send"]().msgid) == ["n"] * 50
    assert stub.tokens - before <= 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_without_the_lock_everybody_fetches(stub, monkeypatch):
    """The negative control of the test above: the race is real."""

    def slow(handler):
        time.sleep(0.2)
        stub.token(handler)

    stub.say("gettoken", slow)
    stub.say("message/send", {"errcode": 0, "msgid": "m"})
    unlocked = SimpleNamespace(get=cache.get, set=cache.set, delete=cache.delete, add=lambda *args: True)
    monkeypatch.setattr("wecom.tokens.cache", unlocked)
    _in_parallel(20, lambda: CALLS["message/send"]().msgid)
    assert stub.tokens > 2


def test_a_token_is_renewed_before_it_ends(stub, clock):
    stub.say("message/recall", {"errcode": 0})
    CALLS["message/recall"]()
    clock.shift(6400)
    CALLS["message/recall"]()
    assert stub.tokens == 1
    clock.shift(100)
    CALLS["message/recall"]()
    assert stub.tokens == 2


def test_two_secrets_have_two_tokens_and_two_tickets(stub, settings):
    stub.say(
        "ticket/get",
        {"errcode": 0, "ticket": "one", "expires_in": 7200},
        {"errcode": 0, "ticket": "two", "expires_in": 7200},
    )
    settings.WECOM_SECRET = "same-start-1"
    assert client.portal().agent_ticket() == "one"
    settings.WECOM_SECRET = "same-start-2"
    assert client.portal().agent_ticket() == "two"
    assert client.portal().agent_ticket() == "two"
    assert (stub.tokens, stub.calls["ticket/get"]) == (2, 2)


def test_logs_name_the_call_and_nothing_else(stub, caplog):
    stub.say("message/send", {"errcode": 0, "msgid": "m", "invaliduser": "zhang"})
    with caplog.at_level("DEBUG"):
        CALLS["message/send"]()
    text = caplog.text
    assert "message/send" in text
    for secret in ("token-1", "zhang", "今晚", "sandbox-portal-app-secret"):
        assert secret not in text


def test_a_wrong_clock_is_remembered(stub):
    stub.say("message/recall", {"errcode": 0})
    CALLS["message/recall"]()
    assert cache.get(transport.DRIFT_KEY) is None

    def of_another_time(handler):
        handler.date_time_string = lambda: "Mon, 01 Jan 2024 00:00:00 GMT"
        answers.reply(handler, {"errcode": 0})

    stub.say("message/recall", of_another_time)
    CALLS["message/recall"]()
    assert cache.get(transport.DRIFT_KEY) > transport.DRIFT_ERROR


def test_bodies_are_plain_utf8_json(stub):
    stub.say("message/send", {"errcode": 0, "msgid": "m"})
    CALLS["message/send"]()
    body = stub.requests[-1][2]
    assert "今晚七点开会".encode() in body
    assert json.loads(body)["agentid"] == 1000002


def _in_parallel(count, work):
    results, failures = [], []

    def run():
        try:
            results.append(work())
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    return results
