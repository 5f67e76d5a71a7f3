"""Addresses that fail in every way a page or an API can fail."""

from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET
from rest_framework import exceptions, permissions, serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.response import Response
from rest_framework.views import APIView

from core.errors import Conflict, Invalid, Unavailable
from core.htmx import render_block

SECRET = "SECRET-OF-THE-INSIDE"
FAILURES = {
    "conflict": Conflict("刚被别人约走了。"),
    "invalid": Invalid(fields={"title": ["标题太长。"]}),
    "unavailable": Unavailable(),
    "locked": OperationalError("database is locked"),
    "deadlock": OperationalError("deadlock detected"),
    "other": OperationalError(f"no such table: {SECRET}"),
    "broken": RuntimeError(SECRET),
    "missing": Http404(SECRET),
    "forbidden": PermissionDenied(SECRET),
    "unreadable": BadRequest(SECRET),
    "throttled": exceptions.Throttled(wait=30),
}


class Person(serializers.Serializer):
    name = serializers.CharField(max_length=3)


class Group(serializers.Serializer):
    people = Person(many=True)


@csrf_exempt
def fail(request, kind):
    raise FAILURES[kind]


@csrf_exempt
def form(request):
    return HttpResponse(",".join(request.POST))


def page(request):
    return render_block(request, "base/error.html", "note", {"error": "一句话"})


class Fail(APIView):
    permission_classes = [permissions.AllowAny]
    authentication_classes = []

    def get(self, request, kind):
        raise FAILURES[kind]


class FailForKnown(Fail):
    authentication_classes = [SessionAuthentication]


class Groups(APIView):
    permission_classes = [permissions.AllowAny]
    authentication_classes = []

    def post(self, request):
        group = Group(data=request.data)
        group.is_valid(raise_exception=True)
        return Response(group.data)


class Closed(APIView):
    def get(self, request):
        return Response({})


handler400 = "partyhub.errors.bad_request"
handler403 = "partyhub.errors.forbidden"
handler404 = "partyhub.errors.not_found"
handler500 = "partyhub.errors.server_error"

urlpatterns = [
    path("fail/<kind>/", fail),
    path("form/", form),
    path("page/", page),
    path("get-only/", require_GET(page)),
    path("api/fail/<kind>/", Fail.as_view()),
    path("api/mine/<kind>/", FailForKnown.as_view()),
    path("api/groups/", Groups.as_view()),
    path("api/closed/", Closed.as_view()),
    path("", include("partyhub.urls")),
]
