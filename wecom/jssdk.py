"""Signatures that let a page of ours use WeCom's scanner, location and chats."""

import hashlib
import secrets
import time
from urllib.parse import urldefrag, urlsplit

from django.conf import settings

from core.errors import Invalid
from wecom.client import portal


def config_for(url: str) -> dict:
    """What the page at ``url`` hands to the JS-SDK: the corporation's and the app's signature.

    Only pages of this site are signed (``Invalid`` otherwise): a signature lends our app's rights to the page.
    Raises ``WeComError`` when no ticket can be had; the page then shows its plain form.
    """
    page = urldefrag(url).url
    site, asked = urlsplit(settings.SITE_URL), urlsplit(page)
    if (asked.scheme, asked.netloc) != (site.scheme, site.netloc):
        raise Invalid("这个网址不属于本站，不能签名。")
    wecom = portal()
    return {
        "corpId": settings.WECOM_CORP_ID,
        "agentId": str(settings.WECOM_AGENT_ID),
        "config": _signed(wecom.jsapi_ticket(), page),
        "agentConfig": _signed(wecom.agent_ticket(), page),
    }


def signature(ticket: str, nonce: str, timestamp: int, url: str) -> str:
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url}"
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - WeCom's protocol


def _signed(ticket: str, url: str) -> dict:
    nonce, timestamp = secrets.token_hex(8), int(time.time())
    return {"timestamp": timestamp, "nonceStr": nonce, "signature": signature(ticket, nonce, timestamp, url)}
