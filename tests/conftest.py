"""The two-branch world every story plays in (``reliability.md`` §0.4), and a guard against the outside."""

import os
import socket
import uuid
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.db.models.signals import post_migrate

from accounts.models import Branch
from accounts.roles import Kind, Stage
from core.audit.append_only import allow
from tests.factories import BranchFactory, UserFactory
from tests.race.selection import (  # noqa: F401
    pytest_collection_modifyitems,
    pytest_terminal_summary,
    pytest_testnodedown,
)
from tests.sandbox import sandbox, sandbox_process  # noqa: F401

_connect = socket.socket.connect


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Let pytest empty the audit tables between tests: on SQLite that is a DELETE, which their triggers refuse."""
    if connection.vendor == "sqlite":
        with django_db_blocker.unblock():
            allow(connection, "delete")
    post_migrate.connect(_put_columns_back, sender=apps.get_app_config("learning"))


def _put_columns_back(**kwargs):
    """A test that commits empties every table afterwards, also of what a migration put there."""
    import_module("learning.migrations.0002_columns").add(apps, None)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    """A test that talks to anything but this machine fails (``reliability.md`` H2)."""

    def connect(sock, address):
        if sock.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {
            "127.0.0.1",
            "::1",
            "localhost",
        }:
            raise AssertionError(f"a test tried to reach {address}")
        return _connect(sock, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def _fast_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _own_cache(settings):
    """A database cache is rolled back with the test; Redis remembers.

    Every test writes under its own names, and every worker in its own Redis database, because clearing the cache
    empties all of it.
    """
    own = settings.CACHES["default"] | {"KEY_PREFIX": uuid.uuid4().hex}
    if settings.REDIS_URL:
        server, _, number = settings.REDIS_URL.rpartition("/")
        worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
        own["LOCATION"] = f"{server}/{int(number) + int(worker)}"
    settings.CACHES = {"default": own}


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    """Protected files of a test end with it."""
    settings.PROTECTED_ROOT = tmp_path / "protected"
    default = settings.STORAGES["default"]
    options = default["OPTIONS"] | {"location": settings.PROTECTED_ROOT}
    settings.STORAGES = settings.STORAGES | {"default": default | {"OPTIONS": options}}


@pytest.fixture
def org(db):
    """University → two colleges → branches A1, A2 (college A) and B1 (college B)."""
    university = BranchFactory(name="云溪大学党委", kind=Branch.Kind.UNIVERSITY)
    college_a = BranchFactory(name="商学院党委", kind=Branch.Kind.COLLEGE, parent=university)
    college_b = BranchFactory(name="外国语学院党委", kind=Branch.Kind.COLLEGE, parent=university)
    return SimpleNamespace(
        university=university,
        college_a=college_a,
        college_b=college_b,
        a1=BranchFactory(name="本科生第一党支部", parent=college_a),
        a2=BranchFactory(name="本科生第二党支部", parent=college_a),
        b1=BranchFactory(name="英语系学生党支部", parent=college_b),
    )


@pytest.fixture
def cast(org):
    """One person of each role in A1, and a stranger in B1."""
    return SimpleNamespace(
        member=UserFactory(name="周予安", stage=Stage.FULL, branch=org.a1),
        probationary=UserFactory(name="许知夏", stage=Stage.PROBATIONARY, branch=org.a1),
        teacher=UserFactory(
            name="陈守正", number="T2001", kind=Kind.TEACHER, stage=Stage.FULL, grade=None, branch=org.a1
        ),
        activist=UserFactory(name="林晓禾", stage=Stage.ACTIVIST, branch=org.a1),
        league=UserFactory(name="苏苗", stage=Stage.LEAGUE_MEMBER, branch=org.a1),
        stranger=UserFactory(name="何处", stage=Stage.ACTIVIST, branch=org.b1),
    )
