"""Sealed texts made by others must open here: vectors from public samples of Tencent and of other clients."""

import re

import pytest

from wecom import crypto
from wecom.crypto import Channel, Malformed, NotAuthentic, Stamp

TENCENT = Channel("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7")
TENCENT_ECHO = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
TENCENT_MESSAGE = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3"
    "TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gs"
    "ijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUa"
    "x5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIG"
    "HBZZIs2pDBS8R07+qN+E7Q=="
)
WORKWX = Channel("kz7Yx62CH8SaLN", "cD0d7jx4tYvVtzqrmh3Dm3QFCXe6f8SlHoMtMh3qQEP", "ww6a112864f8022910")
WORKWX_MESSAGE = (
    "EUCt7xMcNiyASzZj0Hjc5yDjFQrCum6AfQ3ntHiUzjGQ51xieKmbvtrZ40/EcB2W/W8yH0n4Lqx48gJl/T9HD/R309I0P/r5pIZucK3lyEn48FYM"
    "r4YdE0QdL2jIJ3xkcXUr6uzefzCxG6lMvwpAJaOyVCzN7sRRw47njfxy5EIqU6R9ZBhlTzfdnhhOhK/nTwzrZX3SoGlXFA9OBeZ6ru1NWpXFk76x"
    "9DUMe0lcxPPiUqK8ctnQcYXSGUHVqC6DfG7E7mab0OmruNN8cBZY5d3dYOBA4OgaH55Q0AJmUpdT8vNiXpXx+6TxT3TIjySXpDrHVyrsb772aYyw"
    "gg/Nu4kUmGkALwFZlzhjNegR7wDwb9lr4ERXsSSS8JZ8lbBmaQ3F2Tq584xoPj5rIhXAF734ynm4no1g+SdHiNqR328="
)
WECHATPY = Channel("123456", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", "wx49f0ab532d5d035a")
WECHATPY_SEALED = (
    "9s4gMv99m88kKTh/H8IdkOiMg6bisoy3ypwy9H4hvSPe9nsGaqyw5hhSjdYbcrKk+j3nba4HMOTzHrluLBYqxgNcBqGsL8GqxlhZgURnAtObvesE"
    "l5nZ+uBE8bviY0LWke8Zy9V/QYKxNV2FqllNXcfmstttyIkMKCCmVbCFM2JTF5wY0nFhHZSjPUL2Q1qvSUCUld+/WIXrx0oyKQmpB6o8NRrrNrsD"
    "f03oxI1p9FxUgMnwKKZeOA/uu+2IEvEBtb7muXsVbwbgX05UPPJvFurDXafG0RQyPR+mf1nDnAtQmmNOuiR5MIkdQ39xn1vWwi1O5oazPoQJz0nT"
    "YjxxEE8kv3kFxtAGVRe3ypD3WeK2XeFYFMNMpatF9XiKzHo3"
)


def test_echo_of_tencents_sample():
    stamp = Stamp("5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", "1409659589", "263014780")
    assert TENCENT.open(TENCENT_ECHO, stamp) == "1616140317555161061"


def test_message_of_tencents_sample():
    stamp = Stamp("477715d11cdb4164915debcba66cb864d751f3e6", "1409659813", "1372623149")
    assert crypto.parse(TENCENT.open(TENCENT_MESSAGE, stamp)) == {
        "ToUserName": "wx5823bf96d3bd56c7",
        "FromUserName": "mycreate",
        "CreateTime": "1409659813",
        "MsgType": "text",
        "Content": "hello",
        "MsgId": "4561255354251345929",
        "AgentID": "218",
    }


def test_captured_callback():
    stamp = Stamp("f265ae551b1932727204c3d707628d01376a6940", "1583995625", "1584392382")
    assert crypto.parse(WORKWX.open(WORKWX_MESSAGE, stamp))["Content"] == "x123"
    with pytest.raises(NotAuthentic):
        WORKWX.open(WORKWX_MESSAGE, Stamp("f" + stamp.signature[1:-1] + "1", stamp.timestamp, stamp.nonce))


def test_deterministic_vector():
    stamp = Stamp("407518b7649e86ef23978113f92d27afa9296533", "1411525903", "461056294")
    assert WECHATPY.sign(WECHATPY_SEALED, stamp.timestamp, stamp.nonce) == stamp.signature
    assert crypto.parse(WECHATPY.open(WECHATPY_SEALED, stamp))["Content"] == "test"


@pytest.mark.parametrize("length", range(1, 130))
def test_what_we_seal_we_open(length):
    text = ("支部大会🚩" * 40)[:length]
    sealed = crypto.parse(TENCENT.seal(text, timestamp="1", nonce="n"))
    assert TENCENT.open(sealed["Encrypt"], Stamp(sealed["MsgSignature"], "1", "n")) == text


def test_another_corporation_is_refused():
    other = Channel(TENCENT.token, TENCENT.aes_key, "wxother")
    sealed = crypto.parse(other.seal("<xml/>", timestamp="1", nonce="n"))
    with pytest.raises(NotAuthentic):
        TENCENT.open(sealed["Encrypt"], Stamp(sealed["MsgSignature"], "1", "n"))


@pytest.mark.parametrize("sealed", ["", "AAAA", "====", "不是密文", "A" * 64, "A" * 4096, TENCENT_ECHO[:-8]])
def test_signed_garbage_is_malformed(sealed):
    with pytest.raises(Malformed):
        TENCENT.open(sealed, Stamp(TENCENT.sign(sealed, "1", "n"), "1", "n"))


@pytest.mark.parametrize("signature", ["", "é", "0" * 40, "5C45FF5E21C57E6AD56BAC8758B79B1D9AC89FD3"])
def test_odd_signatures_are_refused(signature):
    with pytest.raises(NotAuthentic):
        TENCENT.open(TENCENT_ECHO, Stamp(signature, "1409659589", "263014780"))


def test_repeated_elements_are_always_lists():
    one = (
        "<xml><SelectedItems><SelectedItem><QuestionKey>q</QuestionKey></SelectedItem></SelectedItems></xml>"
    )
    assert crypto.parse(one) == {"SelectedItems": {"SelectedItem": [{"QuestionKey": "q"}]}}


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "x",
        "<xml>",
        "<xml>plain</xml>",
        '<!DOCTYPE x [<!ENTITY a "b">]><xml><a>&a;</a></xml>',
        b'<?xml version="1.0" encoding="no-such"?><xml><a/></xml>',
        "<a>" * 20_000 + "</a>" * 20_000,
        b"\xff\xfe<xml>",
    ],
)
def test_bad_documents_are_malformed(xml):
    with pytest.raises(Malformed):
        crypto.parse(xml)


def test_signatures_and_secrets_are_never_compared_plainly():
    """``reliability.md`` D9, over the whole of our own code."""
    from pathlib import Path

    plain = re.compile(
        r"(signature|token|secret)\w*\s*(==|!=)|(==|!=)\s*\w*\.?(signature|token|secret)\b", re.IGNORECASE
    )
    found = [
        f"{path}:{number}"
        for app in ("wecom", "accounts", "core", "notifications", "partyhub")
        for path in Path(app).rglob("*.py")
        if "sandbox" not in path.parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if plain.search(line)
    ]
    assert found == []
