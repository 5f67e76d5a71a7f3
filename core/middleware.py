"""Answers to what no view should have to think about."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseNotAllowed
from django.urls import reverse
from django_structlog.middlewares import RequestMiddleware

from core.audit.log import record_refusal
from core.errors import DomainError, NotAllowed, WrongMethod
from core.origin import request_in_progress
from core.problems import as_domain_error, render_error


class RequestLogMiddleware(RequestMiddleware):
    """One log line per request under its own number; the query stays out, it may carry login codes."""

    @staticmethod
    def format_request(request):
        return f"{request.method} {request.path}"

    def __call__(self, request):
        with request_in_progress(request):
            return super().__call__(request)


class DomainErrorMiddleware:
    """Turns a refusal into its page, and a busy database into a polite 503 (``reliability.md`` A9)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            allowed = response["Allow"]
            response = render_error(request, WrongMethod())
            response["Allow"] = allowed
        return response

    def process_exception(self, request, exception):
        error = as_domain_error(exception)
        if error is None:
            return None
        note_refusal(request, error)
        return render_error(request, error)


def note_refusal(request: HttpRequest, error: DomainError) -> None:
    """A signed-in person tried what is not theirs to do: the audit log keeps the attempt."""
    user = getattr(request, "user", None)
    if isinstance(error, NotAllowed) and user is not None and user.is_authenticated:
        record_refusal(user, "core.access_refused", reason=f"{request.method} {request.path}")


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
