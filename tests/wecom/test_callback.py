"""The door for WeCom's callbacks (``reliability.md`` B8): only the genuine comes in, and only once."""

import time
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.cache import cache

from wecom import crypto
from wecom.models import CallbackEvent

URL = "/wecom/callback/"


@pytest.fixture(autouse=True)
def _nothing_remembered(db):
    cache.clear()


def event(**elements) -> str:
    words = {
        "ToUserName": settings.WECOM_CORP_ID,
        "FromUserName": "sys",
        "CreateTime": str(int(time.time())),
        "MsgType": "event",
        "Event": "change_contact",
        "ChangeType": "update_user",
        "UserID": "zhang",
    } | elements
    return (
        "<xml>" + "".join(f"<{name}><![CDATA[{word}]]></{name}>" for name, word in words.items()) + "</xml>"
    )


def sealed(text: str, *, at: float | None = None, nonce="n1", channel=None) -> tuple[str, bytes]:
    """A callback as WeCom sends it: address with its stamp, and body."""
    channel = channel or crypto.channel()
    timestamp = str(int(time.time() if at is None else at))
    envelope = crypto.parse(channel.seal(text, timestamp=timestamp, nonce=nonce))
    body = f"<xml><ToUserName>{channel.corp_id}</ToUserName><Encrypt><![CDATA[{envelope['Encrypt']}]]></Encrypt></xml>"
    return address(envelope["MsgSignature"], timestamp, nonce), body.encode()


def address(signature: str, timestamp: str, nonce: str) -> str:
    return f"{URL}?msg_signature={signature}&timestamp={timestamp}&nonce={nonce}"


def signed(encrypted: str, *, wrap="<xml><Encrypt>{}</Encrypt></xml>") -> tuple[str, bytes]:
    """Rightly signed, whatever is inside."""
    timestamp = str(int(time.time()))
    signature = crypto.channel().sign(encrypted, timestamp, "n")
    return address(signature, timestamp, "n"), wrap.format(encrypted).encode()


def knock(client, url_and_body, content_type="text/xml"):
    url, body = url_and_body
    return client.post(url, body, content_type=content_type)


def test_verification_answers_the_echo_exactly(client):
    url, body = sealed("5927782489442352469")
    echo = crypto.parse(body)["Encrypt"]
    response = client.get(f"{url}&{urlencode({'echostr': echo})}")
    assert (response.status_code, response.content) == (200, b"5927782489442352469")


def test_an_event_is_stored_once(client):
    callback = sealed(event())
    for _ in range(3):
        response = knock(client, callback)
        assert (response.status_code, response.content) == (200, b"success")
    assert [(e.event, e.data["UserID"], e.handled_at) for e in CallbackEvent.objects.all()] == [
        ("change_contact", "zhang", None)
    ]


def test_the_same_event_sealed_anew_is_still_the_same(client):
    text = event(CreateTime="1700000000")
    knock(client, sealed(text, nonce="a"))
    knock(client, sealed(text, nonce="b"))
    knock(client, sealed(event(CreateTime="1700000000", UserID="li"), nonce="c"))
    assert CallbackEvent.objects.count() == 2


def test_private_elements_are_not_kept(client):
    knock(
        client, sealed(event(MsgType="text", Content="我想退出", Mobile="13800000000", MsgId="7", Event=""))
    )
    (kept,) = CallbackEvent.objects.all()
    assert kept.event == "text"
    assert not {"Content", "Mobile"} & kept.data.keys()


def test_the_content_type_does_not_matter(client):
    for number, kind in enumerate(
        ["text/plain", "application/json", "application/x-www-form-urlencoded", "x"]
    ):
        assert knock(client, sealed(event(UserID=f"u{number}")), kind).status_code == 200
    assert CallbackEvent.objects.count() == 4


def test_failed_storing_leaves_the_door_open(client, monkeypatch):
    callback = sealed(event())
    client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(CallbackEvent.objects.__class__, "keep", lambda *a: 1 / 0)
        assert knock(client, callback).status_code == 500
    assert knock(client, callback).status_code == 200
    assert CallbackEvent.objects.count() == 1


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>'


def other_token():
    return crypto.Channel("another", settings.WECOM_CALLBACK_AES_KEY, settings.WECOM_CORP_ID)


def other_corporation():
    return crypto.Channel(settings.WECOM_CALLBACK_TOKEN, settings.WECOM_CALLBACK_AES_KEY, "wwother")


HOSTILE = {
    "stale": (lambda: sealed(event(), at=time.time() - 301), 403),
    "from the future": (lambda: sealed(event(), at=time.time() + 320), 403),
    "forged": (lambda: sealed(event(), channel=other_token()), 403),
    "wrong corporation in the seal": (lambda: sealed(event(), channel=other_corporation()), 403),
    "wrong corporation inside": (lambda: sealed(event(ToUserName="wwother")), 403),
    "wrong app": (lambda: sealed(event(AgentID="1000999")), 403),
    "body of another stamp": (lambda: (sealed(event(), nonce="a")[0], sealed(event(), nonce="b")[1]), 403),
    "malformed xml": (lambda: (sealed(event())[0], b"<xml><Encrypt>"), 400),
    "no xml": (lambda: (sealed(event())[0], b"hello"), 400),
    "empty": (lambda: (sealed(event())[0], b""), 400),
    "no Encrypt": (lambda: (sealed(event())[0], b"<xml><a>1</a></xml>"), 400),
    "nested Encrypt": (lambda: signed("x", wrap="<xml><Encrypt><a>{}</a></Encrypt></xml>"), 400),
    "entity bomb": (lambda: (sealed(event())[0], BOMB.encode()), 400),
    "sealed entity bomb": (lambda: sealed(BOMB), 400),
    "sealed nonsense": (lambda: sealed("你好"), 400),
    "signed garbage": (lambda: signed("QUJD" * 40), 400),
    "signed non-ascii": (lambda: signed("不是密文"), 400),
    "one megabyte": (lambda: (sealed(event())[0], b"x" * 1_000_000), 413),
    "just too long": (lambda: (sealed(event())[0], b"x" * 65_537), 413),
    "deep": (lambda: sealed("<xml>" + "<a>" * 5000 + "</a>" * 5000 + "</xml>"), 400),
    "no stamp": (lambda: (URL, sealed(event())[1]), 400),
    "stamp in words": (lambda: (address("a", "now", "n"), sealed(event())[1]), 400),
    "stamp too long": (lambda: (address("a", "9" * 5000, "n"), sealed(event())[1]), 400),
    "exotic digits": (lambda: (address("a", "١٢٣", "n"), sealed(event())[1]), 400),
    "signature not ascii": (lambda: (address("é", str(int(time.time())), "n"), sealed(event())[1]), 403),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_callbacks_leave_no_trace(client, name):
    make, status = HOSTILE[name]
    assert knock(client, make()).status_code == status
    assert CallbackEvent.objects.count() == 0


def test_two_thousand_mixed_callbacks_never_break_us(client):
    genuine = {200}
    for number in range(40):
        assert knock(client, sealed(event(UserID=f"u{number}"), nonce=str(number))).status_code in genuine
    for make, status in list(HOSTILE.values()) * 78:
        assert knock(client, make()).status_code == status
    assert CallbackEvent.objects.count() == 40


@pytest.mark.parametrize("length", ["abc", "-1", "9" * 5000])
def test_nonsense_about_the_length(client, length):
    url, body = sealed(event())
    response = client.generic("POST", url, body, content_type="text/xml", CONTENT_LENGTH=length)
    assert response.status_code == 413


def test_without_callback_settings_there_is_no_door(client, settings):
    settings.WECOM_CALLBACK_TOKEN = ""
    assert client.get(URL).status_code == 404
    assert client.post(URL, b"x", content_type="text/xml").status_code == 404


def test_other_methods_are_refused(client):
    assert client.put(URL, b"").status_code == 405


def test_a_broken_key_refuses_politely(client, settings):
    callback = sealed(event())
    settings.WECOM_CALLBACK_AES_KEY = "short"
    assert knock(client, callback).status_code == 400
