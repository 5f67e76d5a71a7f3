"""Each fault turns *ready* red and back; *live* stays; only operators read what it was (F4)."""

import datetime as dt
import json
from collections import namedtuple

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.actions.offices import give_office
from notifications.models import Recipient
from partyhub import health
from partyhub.backups.shelf import note_verified, shelf
from partyhub.tasks import heartbeat
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ALL = list(health.CHECKS)


@pytest.fixture(autouse=True)
def _everything_fine(settings, tmp_path):
    settings.BACKUP_DIR = tmp_path / "backups"
    settings.VAR_DIR = tmp_path
    settings.HEALTH_REQUIRED = ALL
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    note_verified(shelf() / "partyhub-0.1.0-20260101T000000Z.tar")
    cache.clear()
    heartbeat()


@pytest.fixture
def operator(org):
    person = UserFactory(name="梁运维", branch=org.university)
    give_office(person=person, kind="platform_operator", branch=org.university, by=None)
    return person


def broken(client, operator) -> list[str]:
    client.force_login(operator)
    return [check["name"] for check in client.get("/readyz").json()["checks"] if not check["ok"]]


def database_down(execute, sql, params, many, context):
    raise OperationalError("connection failed")


def test_fine(client):
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"ok": True})
    assert client.get("/livez").content == b"ok"


def test_looking_leaves_nothing_behind(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/livez")
    client.get("/readyz")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session WHERE session_key LIKE 'health-%%'")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("who", ["member", "teacher", "stranger"])
def test_details_are_for_operators(client, cast, who, operator):
    client.force_login(getattr(cast, who))
    assert client.get("/readyz").json() == {"ok": True}
    client.force_login(operator)
    assert [check["name"] for check in client.get("/readyz").json()["checks"]] == ALL


def test_database_down(client):
    with connection.execute_wrapper(database_down):
        ready, live = client.get("/readyz"), client.get("/livez")
    assert (ready.status_code, ready.json()) == (503, {"ok": False})
    assert live.status_code == 200
    assert client.get("/readyz").status_code == 200


def test_database_read_only(client):
    def read_only(execute, sql, params, many, context):
        if sql.startswith("INSERT"):
            raise OperationalError("attempt to write a readonly database")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(read_only):
        assert client.get("/readyz").status_code == 503


def test_migrations_missing(client, operator):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'core' AND name LIKE '0003%%'")
    assert broken(client, operator) == ["migrations"]
    assert client.get("/readyz").status_code == 503


def test_disk_nearly_full(client, operator, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: usage(100, 91, 9))
    assert broken(client, operator) == ["disk"]
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: usage(100, 90, 10))
    assert broken(client, operator) == []


@pytest.mark.parametrize(("age", "failing"), [(179, []), (181, ["scheduler"])])
def test_scheduler_silent(client, operator, age, failing):
    cache.set(health.HEARTBEAT, timezone.now() - dt.timedelta(seconds=age), timeout=None)
    assert broken(client, operator) == failing


def test_scheduler_never_heard(client, operator):
    cache.clear()
    assert broken(client, operator) == ["scheduler"]
    heartbeat()
    assert broken(client, operator) == []


def test_messages_overdue(client, operator):
    Recipient.objects.update(state="due", next_try=timezone.now() - dt.timedelta(minutes=9))
    assert Recipient.objects.exists()
    assert broken(client, operator) == []
    Recipient.objects.update(state="due", next_try=timezone.now() - dt.timedelta(minutes=11))
    assert broken(client, operator) == ["outbox"]


@pytest.mark.parametrize(("hours", "failing"), [(25, []), (27, ["backup"])])
def test_backup_old(client, operator, hours, failing):
    at = timezone.now() - dt.timedelta(hours=hours)
    (shelf() / "verified.json").write_text(json.dumps({"archive": "x", "at": at.isoformat()}))
    assert broken(client, operator) == failing


def test_backup_never(client, operator):
    (shelf() / "verified.json").unlink()
    assert broken(client, operator) == ["backup"]


def test_what_is_not_required_is_only_told(client, operator, settings):
    settings.HEALTH_REQUIRED = ["database"]
    cache.clear()
    assert broken(client, operator) == ["scheduler"]
    assert client.get("/readyz").status_code == 200


def test_a_check_that_breaks_is_a_finding(client, operator, monkeypatch):
    monkeypatch.setitem(health.CHECKS, "disk", lambda: 1 / 0)
    assert broken(client, operator) == ["disk"]
