"""Access tokens: one per secret, the same until it expires."""

import secrets

from wecom.sandbox.corp import CORP_ID, corp
from wecom.sandbox.errors import ApiError
from wecom.sandbox.records import App, Token
from wecom.sandbox.wire import APP, CONTACTS, Call, api

TOKEN_SECONDS = 7200
WRONG_SECRETS_PER_HOUR = 100


@api("gettoken", "GET", scopes=())
def gettoken(call: Call) -> dict:
    app = _app_of(call)
    now = corp.clock.now()
    for token in corp.tokens.values():
        if token.agentid == app.agentid and not token.revoked and token.expires_at > now:
            return {"access_token": token.token, "expires_in": int(token.expires_at - now)}
    token = Token(secrets.token_urlsafe(90), app.agentid, now + TOKEN_SECONDS)
    corp.tokens = {key: old for key, old in corp.tokens.items() if old.expires_at > now - TOKEN_SECONDS}
    corp.tokens[token.token] = token
    return {"access_token": token.token, "expires_in": TOKEN_SECONDS}


def _app_of(call: Call) -> App:
    if call.need("corpid", 41002) != CORP_ID:
        raise ApiError(40013)
    secret = call.need("corpsecret", 41004)
    wrong = corp.windows["wrong-secret", call.ip]
    if sum(at > corp.clock.now() - 3600 for at in wrong) >= WRONG_SECRETS_PER_HOUR:
        raise ApiError(45009)
    for app in corp.apps.values():
        if secrets.compare_digest(app.secret.encode(), secret.encode()):
            if app.closed:
                raise ApiError(50003)
            if app.trusted_ips and call.ip not in app.trusted_ips:
                raise ApiError(60020)
            return app
    wrong.append(corp.clock.now())
    raise ApiError(40001)


def revoke(agentid: int | None = None) -> int:
    """Let tokens die early, as WeCom may. Returns how many."""
    alive = [t for t in corp.tokens.values() if agentid in {None, t.agentid} and not t.revoked]
    for token in alive:
        token.revoked = True
    return len(alive)


@api("getcallbackip", "GET", scopes=(APP, CONTACTS))
@api("get_api_domain_ip", "GET", scopes=(APP, CONTACTS))
def own_addresses(call: Call) -> dict:
    return {"ip_list": ["127.0.0.1"]}
