"""Pages for what Django itself refuses. They say what to do next and nothing about the inside."""

from django.shortcuts import render

from core.errors import DomainError, Invalid, Missing, NotAllowed


def _page(request, error: DomainError):
    return render(request, "base/error.html", {"error": error}, status=error.status)


def bad_request(request, exception=None):
    error = Invalid("这个请求看不懂，请回到上一页再试。")
    error.status = 400
    return _page(request, error)


def forbidden(request, exception=None):
    return _page(request, NotAllowed())


def not_found(request, exception=None):
    return _page(request, Missing())


def server_error(request):
    error = DomainError("出了点问题，已经记下来了。请过一会儿再试。")
    error.status = 500
    return _page(request, error)


def csrf_failure(request, reason=""):
    return _page(request, NotAllowed("这一页放得太久了，请刷新后再提交一次。"))
