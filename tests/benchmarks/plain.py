"""The yardstick for learning: the portal's own Django with nothing but Django's default middleware and plain views.

A signed-in person reads one row by its key, writes one row, or writes twenty in one commit, each as a first
tutorial would write it. A WSGI module for a process of its own.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partyhub.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import models, transaction
from django.http import HttpResponse
from django.urls import path

settings.MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
settings.ROOT_URLCONF = __name__
application = get_wsgi_application()

from accounts.models import User  # noqa: E402 - after the applications are loaded


class PlainAnswer(models.Model):
    """A table the benchmark makes."""

    person = models.BigIntegerField()
    position = models.IntegerField()
    value = models.TextField()

    class Meta:
        app_label = "learning"
        managed = False
        db_table = "plain_answer"

    def __str__(self) -> str:
        return self.value


def read(request):
    User.objects.get(pk=request.user.pk)
    return HttpResponse("<!doctype html><title>plain</title>")


@transaction.atomic
def write(request, rows):
    for position in range(rows):
        PlainAnswer.objects.create(person=request.user.pk, position=position, value="B")
    return HttpResponse("<!doctype html><title>plain</title>")


urlpatterns = [
    path("select/", read),
    path("insert/", write, {"rows": 1}),
    path("answers/", write, {"rows": 20}),
]
