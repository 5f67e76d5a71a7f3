"""The yardstick: a Django view that does nothing but the same number of indexed queries under the same server."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpResponse
from django.urls import path

if not settings.configured:
    import environ

    database = environ.Env().db_url("DATABASE_URL")
    if "sqlite" in database["ENGINE"]:
        database |= {"CONN_MAX_AGE": 600}
    else:
        database |= {"OPTIONS": {"pool": True}}
    settings.configure(
        SECRET_KEY="x" * 50,
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        DATABASES={"default": database},
    )

QUERIES = int(os.environ.get("BARE_QUERIES", "1"))


def read(request):
    with connection.cursor() as cursor:
        for number in range(QUERIES):
            cursor.execute("SELECT id, number, name FROM accounts_user WHERE id = %s", [number + 1])
            cursor.fetchone()
    return HttpResponse("<!doctype html><title>bare</title>")


urlpatterns = [path("", read)]
application = get_wsgi_application()
