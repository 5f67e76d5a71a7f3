"""Races on PostgreSQL, with real threads, connections and commits (``reliability.md`` A1, A3).

SQLite writes one transaction at a time, so a race proves nothing there: ``selection`` leaves these tests out.
``race`` runs one action many times at the same moment. ``unguarded`` takes the guards away, so
that a test can first show that the race does happen without them.
"""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.utils import IntegrityError

from core.errors import DomainError

THREADS = 20
WAIT = 20  # seconds until a test gives up on a thread that never comes


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch):
    """What commits here wakes no worker."""
    monkeypatch.setattr("celery.app.base.Celery.send_task", lambda *args, **options: None)


@pytest.fixture
def race():
    """``race(action, count=20)`` calls ``action(0)`` … ``action(count - 1)`` at once, each with its own connection.

    Returns what each gave or, for a refusal, the ``DomainError``. Anything else that is raised fails the test.
    """

    def run(action, count=THREADS):
        start = threading.Barrier(count)

        def one(number):
            try:
                start.wait(WAIT)
                return action(number)
            except DomainError as refusal:
                return refusal
            finally:
                connection.close()

        with ThreadPoolExecutor(count) as threads:
            return list(threads.map(one, range(count)))

    return run


@pytest.fixture
def unguarded(monkeypatch, transactional_db):
    """``unguarded(table, writer, count)`` takes away what stands between ``count`` threads and a wrong row.

    Locks of the actions no longer lock, unique and exclusion constraints of ``table`` are dropped, and all threads
    meet right before ``writer`` (a dotted function) writes, when each has looked and decided. Put back afterwards.
    """
    dropped = []

    def take_away(table, writer, count=4):
        monkeypatch.setattr("django.db.models.QuerySet.select_for_update", lambda rows, **options: rows)
        dropped.append((table, _drop_guards(table)))
        _meet_before(monkeypatch, writer, count)

    yield take_away
    with connection.cursor() as cursor:
        for table, guards in dropped:
            cursor.execute(f"TRUNCATE {table} CASCADE")
            for sql in guards:
                cursor.execute(sql)


def _drop_guards(table):
    """Drop the unique indexes and exclusion constraints of a table; returns the SQL that makes them again."""
    again = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE conrelid = %s::regclass AND contype = 'x'",
            [table],
        )
        for name, definition in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            again.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s", [table])
        for name, definition in cursor.fetchall():
            if re.match("CREATE UNIQUE", definition) and " WHERE " in definition:
                cursor.execute(f'DROP INDEX "{name}"')
                again.append(definition)
    return again


def _meet_before(monkeypatch, writer, count):
    module, _, name = writer.rpartition(".")
    real = getattr(__import__(module, fromlist=[name]), name)
    meeting = threading.Barrier(count)

    def wait_and_write(*args, **kwargs):
        meeting.wait(WAIT)
        return real(*args, **kwargs)

    monkeypatch.setattr(writer, wait_and_write)


@pytest.fixture
def refused_by_the_database():
    """Writing around the application is refused by a named constraint."""

    def refused(make, constraint):
        with pytest.raises(IntegrityError, match=constraint):
            make()

    return refused
