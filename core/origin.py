"""Where the current request comes from, for those who write things down."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from axes.helpers import get_client_ip_address
from django.http import HttpRequest

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


@dataclass(frozen=True)
class Origin:
    """``ip`` as the trusted proxies report it; ``session`` a digest that tells sessions apart and opens none."""

    ip: str | None
    session: str


@contextmanager
def request_in_progress(request: HttpRequest) -> Iterator[None]:
    """Let ``current_origin`` speak of ``request`` inside the block."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def current_origin() -> Origin | None:
    """The origin of the request being answered, or None in tasks and commands.

    The address is found exactly as django-axes finds it, so lock-out and log name the same one.
    """
    request = _request.get()
    if request is None:
        return None
    key = request.session.session_key if hasattr(request, "session") else None
    return Origin(
        ip=get_client_ip_address(request),
        session=hashlib.sha256(key.encode()).hexdigest()[:16] if key else "",
    )
