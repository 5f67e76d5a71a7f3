"""One error shape for the API: RFC 9457 problem documents, whoever refused."""

from collections.abc import Iterator
from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler as drf_exception_handler
from rest_framework.views import set_rollback

from core.errors import DomainError, Invalid, Missing, NotAllowed, TooMany
from core.middleware import note_refusal
from core.problems import as_domain_error, headers, problem

_UNKNOWN = (exceptions.NotAuthenticated, exceptions.AuthenticationFailed)
_SENTENCES = {
    Http404: Missing,
    exceptions.NotFound: Missing,
    PermissionDenied: NotAllowed,
    exceptions.PermissionDenied: NotAllowed,
}


def exception_handler(exc, context):
    """DRF's hook: the problem document of ``exc``, or None for a mistake of ours (the 500 page answers that)."""
    answer = drf_exception_handler(exc, context)
    error = _refusal(exc, answer)
    if error is None:
        return None
    set_rollback()
    note_refusal(context["request"], error)
    extra = headers(error) if answer is None else dict(answer.headers)
    if error.status == HTTPStatus.UNAUTHORIZED:
        extra.setdefault("WWW-Authenticate", 'Session realm="partyhub"')
    return Response(
        problem(error), status=error.status, headers=extra, content_type="application/problem+json"
    )


def _refusal(exc, answer) -> DomainError | None:
    if isinstance(exc, exceptions.ValidationError):
        return Invalid(fields=dict(_fields(exc.detail)))
    if isinstance(exc, exceptions.Throttled):
        return TooMany()
    if answer is None or type(exc) in _SENTENCES:
        return as_domain_error(exc) or _SENTENCES.get(type(exc), lambda: None)()
    refusal = DomainError(str(exc.detail), code=str(exc.default_code))
    # DRF says 403 where the first way to sign in has no challenge of its own; "who are you" is 401 everywhere.
    refusal.status = HTTPStatus.UNAUTHORIZED if isinstance(exc, _UNKNOWN) else exc.status_code
    return refusal


def _fields(detail, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Flatten DRF's nested errors into ``("people/0/name", ["…"])``; rules over several fields have no path."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            step = "" if name == api_settings.NON_FIELD_ERRORS_KEY else str(name)
            yield from _fields(inner, "/".join(filter(None, [path, step])))
    elif any(isinstance(item, dict | list) for item in detail):
        for number, inner in enumerate(detail):
            if inner:
                yield from _fields(inner, "/".join(filter(None, [path, str(number)])))
    else:
        yield path, [str(text) for text in detail]
