"""One error shape for the API: RFC 9457 problem documents."""

from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler
from rest_framework.views import set_rollback

from core.errors import DomainError, Invalid


def exception_handler(exc, context):
    """DRF's hook. A ``DomainError`` becomes a problem document with the same sentence the page shows."""
    if not isinstance(exc, DomainError):
        return drf_exception_handler(exc, context)
    set_rollback()
    problem = {
        "type": f"urn:partyhub:{exc.code}",
        "title": str(exc),
        "status": int(exc.status),
        "code": exc.code,
    }
    if isinstance(exc, Invalid) and exc.fields:
        problem["errors"] = [
            {"pointer": f"/{name}", "detail": text} for name, texts in exc.fields.items() for text in texts
        ]
    return Response(problem | exc.details, status=exc.status, content_type="application/problem+json")
