"""Answers to what no view should have to think about."""

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from core.errors import DomainError, Unavailable


def render_error(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The one page for every ``DomainError``; HTMX gets only the note, to be swapped where it asked."""
    template = "base/error.html#note" if getattr(request, "htmx", False) else "base/error.html"
    response = render(request, template, {"error": error}, status=error.status)
    if isinstance(error, Unavailable):
        response["Retry-After"] = "10"
    return response


class DomainErrorMiddleware:
    """Turns a refusal into its page, and a busy database into a polite 503 (``reliability.md`` A9)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if isinstance(exception, DomainError):
            return render_error(request, exception)
        if isinstance(exception, OperationalError) and _is_busy(exception):
            return render_error(request, Unavailable())
        return None


def _is_busy(error: OperationalError) -> bool:
    text = str(error)
    return any(word in text for word in ("database is locked", "deadlock detected", "lock timeout"))


class HeadersMiddleware:
    """Headers that depend on the address: the admin's looser policy, and no copies of personal pages."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.path.startswith(reverse("admin:index")):
            response._csp_config = settings.ADMIN_CONTENT_SECURITY_POLICY
        if not request.path.startswith(settings.STATIC_URL):
            response.setdefault("Cache-Control", "no-store")
            response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=(), payment=()"
        return response
