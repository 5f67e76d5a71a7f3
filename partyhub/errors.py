"""Django's own refusals, in the same clothes as ours."""

import sys

from core.errors import Missing, NotAllowed, Unreadable
from core.problems import as_domain_error, render_error, unexpected


def bad_request(request, exception=None):
    return render_error(request, as_domain_error(exception) or Unreadable())


def forbidden(request, exception=None):
    return render_error(request, NotAllowed())


def not_found(request, exception=None):
    return render_error(request, Missing())


def server_error(request):
    """Also the last stop of a busy database that a middleware stumbled over, outside of any view."""
    return render_error(request, unexpected(sys.exc_info()[1]))


def csrf_failure(request, reason=""):
    return render_error(request, NotAllowed("这一页放得太久了，请刷新后再提交一次。", code="csrf"))
