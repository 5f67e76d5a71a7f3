"""Where to send a browser so that WeCom tells us who sits there. wechatpy can set neither scope nor agent id."""

import re
from urllib.parse import urlencode

from django.conf import settings

_STATE = re.compile(r"[a-zA-Z0-9]{1,128}")


def in_app_url(redirect_uri: str, state: str, *, scope: str = "snsapi_base") -> str:
    """The silent sign-in inside WeCom. ``snsapi_privateinfo`` asks the member for phone and mail as well."""
    query = {
        "appid": settings.WECOM_CORP_ID,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": scope,
        "state": _checked(state),
        "agentid": settings.WECOM_AGENT_ID,
    }
    return f"{settings.WECOM_OAUTH_BASE}/connect/oauth2/authorize?{urlencode(query)}#wechat_redirect"


def desktop_url(redirect_uri: str, state: str) -> str:
    """The page with the QR code for a browser outside WeCom."""
    query = {
        "login_type": "CorpApp",
        "appid": settings.WECOM_CORP_ID,
        "agentid": settings.WECOM_AGENT_ID,
        "redirect_uri": redirect_uri,
        "state": _checked(state),
        "lang": "zh",
    }
    return f"{settings.WECOM_LOGIN_BASE}/wwlogin/sso/login?{urlencode(query)}"


def _checked(state: str) -> str:
    """WeCom refuses other characters with 84025, in front of the person who signs in."""
    if not _STATE.fullmatch(state):
        raise ValueError("state is 1 to 128 letters and digits")
    return state
