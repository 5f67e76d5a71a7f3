"""Sealed callbacks of WeCom: who sent this, when, and what does it say?

wechatpy does the AES. Signature, freshness and parsing are our own, because the library compares with ``!=``, takes
messages of any age and lets five kinds of exception out (``reliability.md`` §0.2.6).
"""

import hashlib
import hmac
import time
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from django.conf import settings
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.enterprise.exceptions import InvalidCorpIdException

FRESH_SECONDS = 300
# Elements that may come once or many times: always a list.
_REPEATED = {"SelectedItem", "OptionId", "Item"}


class NotAuthentic(Exception):
    """Not from WeCom, not for us, or not from now."""


class Malformed(Exception):
    """From whomever: it cannot be read."""


@dataclass(frozen=True)
class Stamp:
    """The query parameters every call of WeCom carries."""

    signature: str
    timestamp: str
    nonce: str

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self.signature}\0{self.nonce}".encode()).hexdigest()


@dataclass(frozen=True)
class Channel:
    """One callback setting of WeCom's console: token, key (43 characters) and the corporation it is for."""

    token: str
    aes_key: str
    corp_id: str

    def open(self, encrypted: str, stamp: Stamp) -> str:
        """The text in ``encrypted``. Raises ``NotAuthentic`` for a wrong signature or corporation, else
        ``Malformed``."""
        signed = self.sign(encrypted, stamp.timestamp, stamp.nonce)
        if not hmac.compare_digest(signed.encode(), stamp.signature.encode()):
            raise NotAuthentic("signature")
        try:
            crypto = WeChatCrypto(self.token, self.aes_key, self.corp_id)
            return crypto.check_signature(stamp.signature, stamp.timestamp, stamp.nonce, encrypted)
        except InvalidCorpIdException:
            raise NotAuthentic("corporation") from None
        except Exception as error:
            raise Malformed(type(error).__name__) from None

    def seal(self, text: str, *, timestamp: str, nonce: str) -> str:
        """An answer (or, in tests and the self-check, a callback) as WeCom's XML envelope."""
        return WeChatCrypto(self.token, self.aes_key, self.corp_id).encrypt_message(text, nonce, timestamp)

    def sign(self, encrypted: str, timestamp: str, nonce: str) -> str:
        joined = "".join(sorted([self.token, timestamp, nonce, encrypted]))
        return hashlib.sha1(joined.encode()).hexdigest()  # noqa: S324 - WeCom's protocol


def channel() -> Channel:
    """The portal's own callback."""
    return Channel(settings.WECOM_CALLBACK_TOKEN, settings.WECOM_CALLBACK_AES_KEY, settings.WECOM_CORP_ID)


def check_fresh(timestamp: str) -> None:
    """Refuse what is more than five minutes old or ahead."""
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        raise Malformed("timestamp")
    if abs(time.time() - int(timestamp)) > FRESH_SECONDS:
        raise NotAuthentic("timestamp")


def parse(xml: str | bytes) -> dict:
    """A flat or nested ``<xml>`` document as a dict of texts, dicts and lists. Entities and DTDs are refused."""
    try:
        content = _content(ElementTree.fromstring(xml, forbid_dtd=True))
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        raise Malformed(type(error).__name__) from None
    if not isinstance(content, dict):
        raise Malformed("no elements")
    return content


def _content(element: Element) -> dict | str:
    if not len(element):
        return element.text or ""
    found: dict = {}
    for child in element:
        value = _content(child)
        if child.tag in _REPEATED:
            found.setdefault(child.tag, []).append(value)
        else:
            found[child.tag] = value
    return found
