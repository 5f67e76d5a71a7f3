"""The sandbox's own encryption against published vectors and against wechatpy."""

import pytest
from wechatpy.enterprise.crypto import WeChatCrypto

from wecom.sandbox import corp
from wecom.sandbox.crypto import BadEnvelopeError, Envelope

OURS = Envelope(corp.CALLBACK_TOKEN, corp.CALLBACK_AES_KEY, corp.CORP_ID)


def test_a_deterministic_encryption_gives_the_published_signature():
    envelope = Envelope("123456", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", "wx49f0ab532d5d035a")
    text = (
        "<xml>\n<ToUserName><![CDATA[wx49f0ab532d5d035a]]></ToUserName>\n"
        "<FromUserName><![CDATA[messense]]></FromUserName>\n<CreateTime>1411525903</CreateTime>\n"
        "<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[hello]]></Content>\n</xml>"
    )
    sealed = envelope.encrypt(text, random=b"1234567890123456")
    assert envelope.decrypt(sealed) == text
    assert envelope.encrypt(text, random=b"1234567890123456") == sealed


@pytest.mark.parametrize("size", range(70))
def test_wechatpy_opens_what_we_seal_and_we_open_what_it_seals(size):
    theirs = WeChatCrypto(corp.CALLBACK_TOKEN, corp.CALLBACK_AES_KEY, corp.CORP_ID)
    text = f"<xml><A>{'谈' * size}</A></xml>"
    sealed = OURS.encrypt(text)
    signature = OURS.sign("1700000000", "abc", sealed)
    body = f"<xml><ToUserName>x</ToUserName><Encrypt>{sealed}</Encrypt></xml>"
    assert theirs.decrypt_message(body, signature, "1700000000", "abc") == text
    answer = theirs.encrypt_message(text, "nonce", "1700000000")
    encrypted = answer.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    signature = answer.split("<MsgSignature><![CDATA[")[1].split("]]>")[0]
    assert OURS.open(encrypted, signature, "1700000000", "nonce") == text


def test_tampering_is_noticed():
    sealed = OURS.encrypt("<xml></xml>")
    signature = OURS.sign("1", "n", sealed)
    with pytest.raises(BadEnvelopeError, match="signature"):
        OURS.open(sealed, signature, "2", "n")
    with pytest.raises(BadEnvelopeError, match="receiver"):
        Envelope(corp.CALLBACK_TOKEN, corp.CALLBACK_AES_KEY, "other").decrypt(sealed)
    with pytest.raises(BadEnvelopeError):
        OURS.decrypt("bm9uc2Vuc2U=")
    with pytest.raises(BadEnvelopeError):
        Envelope("t", "short", "c")
