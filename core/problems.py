"""Every failure in one family, and the two ways to show it: a page for people, a problem document for programs."""

import structlog
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render

from core.errors import (
    Broken,
    DomainError,
    Invalid,
    Missing,
    NotAllowed,
    TooLarge,
    Unavailable,
    Unreadable,
)

RETRY_AFTER = 10  # seconds
_BUSY = (
    "database is locked",
    "database table is locked",
    "deadlock detected",
    "lock timeout",
    "couldn't get a connection",
    "connection failed",
    "connection is bad",
    "the connection is closed",
    "server closed the connection",
    "terminating connection",
)
_TRANSLATIONS: list[tuple[tuple[type[Exception], ...], type[DomainError]]] = [
    ((Http404,), Missing),
    ((PermissionDenied,), NotAllowed),
    ((RequestDataTooBig,), TooLarge),
    ((SuspiciousOperation, MultiPartParserError, BadRequest), Unreadable),
]


def as_domain_error(error: BaseException | None) -> DomainError | None:
    """The refusal that says ``error`` to people, or None when it is a mistake of ours.

    A database that is busy, restarting or deadlocked is not a mistake: trying again helps (``reliability.md`` A9).
    """
    if isinstance(error, DomainError):
        return error
    if isinstance(error, OperationalError) and any(word in str(error) for word in _BUSY):
        return Unavailable()
    for kinds, refusal in _TRANSLATIONS:
        if isinstance(error, kinds):
            return refusal()
    return None


def request_id() -> str:
    """The number under which the log and the audit log know the current request; empty outside of one."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def problem(error: DomainError) -> dict:
    """The RFC 9457 document for ``error``, with the sentence the page would show."""
    document = {
        "type": f"urn:partyhub:{error.code}",
        "title": str(error),
        "status": int(error.status),
        "code": error.code,
    }
    if number := request_id():
        document["instance"] = f"urn:uuid:{number}"
    if isinstance(error, Invalid) and error.fields:
        document["errors"] = [
            {"pointer": f"/{name}", "detail": text} for name, texts in error.fields.items() for text in texts
        ]
    return document | error.details


def headers(error: DomainError) -> dict[str, str]:
    return {"Retry-After": str(RETRY_AFTER)} if isinstance(error, Unavailable) else {}


def render_error(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The answer to ``request`` that failed with ``error``, with the status of the error.

    Programs get a problem document, HTMX the note alone, people the page. When the inside is broken the page
    asks nothing of it: without a request no context processor runs and no query is made.
    """
    if _is_for_programs(request):
        response: HttpResponse = JsonResponse(
            problem(error), status=error.status, content_type="application/problem+json"
        )
    else:
        template = "base/error.html#note" if getattr(request, "htmx", False) else "base/error.html"
        context = {"error": error, "reference": f"{int(error.status)}-{request_id()[:8]}"}
        response = render(None if error.status >= 500 else request, template, context, status=error.status)
    for name, value in headers(error).items():
        response[name] = value
    return response


def _is_for_programs(request: HttpRequest) -> bool:
    if request.path.startswith("/api/"):
        return True
    preferred = request.get_preferred_type(["text/html", "application/json", "application/problem+json"])
    return preferred is not None and preferred != "text/html"


def unexpected(error: BaseException | None) -> DomainError:
    """What to say about an exception nobody foresaw."""
    return as_domain_error(error) or Broken()
