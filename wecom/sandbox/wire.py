"""The wire: from an HTTP request to a handler and back into WeCom's envelope."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from wecom.sandbox import faults
from wecom.sandbox.corp import corp
from wecom.sandbox.errors import ApiError
from wecom.sandbox.records import App, Fault

APP, CONTACTS = "app", "contacts"


@dataclass
class Call:
    """One request as its handler sees it. ``caller`` is the app whose token came with it."""

    path: str
    args: dict[str, str]
    body: dict[str, Any]
    ip: str
    request: HttpRequest
    caller: App = field(default_factory=lambda: App(-1, "", ""))
    dropping: bool = False

    def need(self, name: str, errcode: int = 40058) -> Any:
        """A value that must be there, from the body or the query."""
        value = self.body.get(name, self.args.get(name))
        if value in (None, "", []):
            raise ApiError(errcode, name)
        return value

    def number(self, name: str, errcode: int = 40058) -> int:
        return as_int(self.need(name, errcode), errcode)

    def own_app(self) -> App:
        """The app named by ``agentid``; it must be the caller's (301002)."""
        app = corp.apps.get(self.number("agentid", 41011))
        if app is None or app.is_contact_sync:
            raise ApiError(40056)
        if app.agentid != self.caller.agentid:
            raise ApiError(301002)
        return app


@dataclass
class Route:
    handler: Callable[[Call], dict | HttpResponse]
    method: str
    scopes: frozenset[str]


ROUTES: dict[str, Route] = {}


def api(path: str, method: str = "POST", scopes: tuple[str, ...] = (APP,)):
    """Register a handler. ``scopes`` says whose token may call it; none means no token is needed."""

    def register(handler):
        ROUTES[path] = Route(handler, method, frozenset(scopes))
        return handler

    return register


def as_int(value: Any, errcode: int = 40058) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ApiError(errcode) from None


@csrf_exempt
def cgi_bin(request: HttpRequest, path: str) -> HttpResponseBase:
    """Every call below ``/cgi-bin/``."""
    _ = request.FILES or request.body  # read from the network before taking the lock
    with corp.lock:
        call, agentid = _read(request, path)
        fault = faults.take(path, agentid)
    if fault and fault.kind == "slow":
        time.sleep(fault.seconds)
        fault = None
    with corp.lock:
        result = _run(call, fault)
        corp.changes += 1
        response = result if isinstance(result, HttpResponse) else _envelope(result, call.ip)
        _note(call, agentid, response, fault)
    if fault and fault.kind in faults.KINDS:
        return faults.answer(fault, response.content)
    return response


def _read(request: HttpRequest, path: str) -> tuple[Call, int | None]:
    """The call and the app its token claims. A body that is no JSON object is reported by ``_run``."""
    call = Call(path, request.GET.dict(), {}, request.META.get("REMOTE_ADDR", ""), request)
    token = corp.tokens.get(call.args.get("access_token", ""))
    if path == "gettoken":
        app = next((app for app in corp.apps.values() if app.secret == call.args.get("corpsecret")), None)
        return call, app.agentid if app else None
    return call, token.agentid if token else None


def _run(call: Call, fault: Fault | None) -> dict | HttpResponse:
    if fault and not fault.after and fault.kind in {"errcode", *faults.KINDS}:
        return _refusal(ApiError(fault.errcode or -1))
    call.dropping = bool(fault and fault.kind == "drop")
    try:
        result = _handle(call)
    except ApiError as error:
        return _refusal(error)
    if fault and fault.kind == "errcode":
        return _refusal(ApiError(fault.errcode))
    return result if isinstance(result, HttpResponse) else {"errcode": 0, "errmsg": "ok"} | result


def _refusal(error: ApiError) -> dict:
    return {"errcode": error.errcode, "errmsg": error.text}


def _handle(call: Call) -> dict | HttpResponse:
    route = ROUTES.get(call.path)
    if route is None:
        raise ApiError(40058, "the sandbox does not implement this path")
    if call.request.method != route.method:
        raise ApiError(43001 if route.method == "GET" else 43002)
    if route.scopes:
        call.caller = _caller(call)
        if (CONTACTS if call.caller.is_contact_sync else APP) not in route.scopes:
            raise ApiError(48002)
    if call.request.method == "POST" and not call.request.FILES:
        call.body = _json_body(call.request)
    return route.handler(call)


def _caller(call: Call) -> App:
    """The app behind the token in the query."""
    value = call.args.get("access_token")
    if not value:
        raise ApiError(41001)
    token = corp.tokens.get(value)
    if token is None or token.revoked:
        raise ApiError(40014)
    if token.expires_at <= corp.clock.now():
        raise ApiError(42001)
    app = corp.apps[token.agentid]
    if app.closed:
        raise ApiError(50003)
    if app.trusted_ips and call.ip not in app.trusted_ips:
        raise ApiError(60020)
    return app


def _json_body(request: HttpRequest) -> dict:
    """The body as an object, whatever Content-Type it came with."""
    if not request.body:
        return {}
    try:
        body = json.loads(request.body)
    except ValueError:
        raise ApiError(47001) from None
    if not isinstance(body, dict):
        raise ApiError(47001)
    return body


def _envelope(result: dict, ip: str) -> HttpResponse:
    code, text = result["errcode"], result["errmsg"]
    if code:
        hint = f"{int(corp.clock.now() * 1000)}{abs(hash(text)) % 10**12:012d}"
        link = f"https://open.work.weixin.qq.com/devtool/query?e={code}"
        result["errmsg"] = f"{text}, hint: [{hint}], from ip: {ip}, more info at {link}"
    response = HttpResponse(
        json.dumps(result, ensure_ascii=False, separators=(",", ":")),
        content_type="application/json; charset=UTF-8",
    )
    response["error-code"] = str(code)
    response["error-msg"] = text.encode("ascii", "replace").decode()
    return response


def _note(call: Call, agentid: int | None, response: HttpResponse, fault: Fault | None) -> None:
    """Remember the call for inspection; secrets and tokens stay out."""
    corp.calls.append(
        {
            "at": corp.clock.now(),
            "path": call.path,
            "method": call.request.method,
            "agentid": agentid,
            "errcode": int(response.get("error-code", "0")),
            "fault": fault.kind if fault else "",
            "args": {k: v for k, v in call.args.items() if k not in {"access_token", "corpsecret"}},
            "body": call.body,
        }
    )
