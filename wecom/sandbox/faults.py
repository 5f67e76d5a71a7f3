"""Wrong answers on demand: per path, per app, a number of times or until removed."""

import gzip
import time
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse

from wecom.sandbox.corp import corp
from wecom.sandbox.records import Fault

TOKEN_CODES = {40014, 41001, 42001}


def take(path: str, agentid: int | None) -> Fault | None:
    """The fault that applies to this call, counted down. Faults about tokens never hit ``gettoken`` itself."""
    for fault in list(corp.faults.values()):
        if not fnmatchcase(path, fault.path) or fault.agentid not in {None, agentid}:
            continue
        if path == "gettoken" and fault.errcode in TOKEN_CODES:
            continue
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                del corp.faults[fault.id]
        return fault
    return None


def add(**fields) -> Fault:
    number = max(corp.faults, default=0) + 1
    fault = corp.faults[number] = Fault(id=number, **fields)
    return fault


def _drip(body: bytes) -> Iterator[bytes]:
    for byte in body:
        time.sleep(1)
        yield bytes([byte])


def _broken(body: bytes) -> HttpResponse:
    """Promises more than it sends, so that the connection ends in the middle."""
    response = _json(body[: len(body) // 2])
    response["Content-Length"] = str(len(body))
    return response


def _json(body: bytes) -> HttpResponse:
    return HttpResponse(body, content_type="application/json; charset=UTF-8")


def _bomb() -> HttpResponse:
    response = _json(gzip.compress(b" " * (200 * 1024 * 1024), 9))
    response["Content-Encoding"] = "gzip"
    return response


KINDS: dict[str, Callable[[Fault, bytes], HttpResponseBase]] = {
    "http": lambda fault, body: HttpResponse(b"bad gateway", status=fault.status or 502),
    "html": lambda fault, body: HttpResponse("<html><body>维护中</body></html>"),
    "cut": lambda fault, body: _json(body[: max(1, len(body) // 2)]),
    "text_errcode": lambda fault, body: _json(b'{"errcode":"0","errmsg":"ok"}'),
    "no_errcode": lambda fault, body: _json(b'{"msgid":"x"}'),
    "big": lambda fault, body: _json(b" " * 20 * 1024 * 1024),
    "gzip_bomb": lambda fault, body: _bomb(),
    "redirect": lambda fault, body: HttpResponseRedirect("/sandbox/health"),
    "drip": lambda fault, body: StreamingHttpResponse(_drip(body), content_type="application/json"),
    "reset": lambda fault, body: _broken(body),
}
OTHER_KINDS = {"errcode": "返回错误码", "slow": "拖延几秒", "drop": "悄悄丢掉消息"}


def answer(fault: Fault, body: bytes) -> HttpResponseBase:
    """The spoilt answer of a fault that is about the wire."""
    return KINDS[fault.kind](fault, body)
