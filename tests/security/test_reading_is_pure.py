"""Looking changes nothing (``reliability.md`` D1): all tables are the same before and after GET and HEAD."""

import hashlib

import pytest
from django.apps import apps
from django.core import serializers

from tests.security.addresses import every_address

# What a visit may leave behind: the session itself, and the log that says who looked or was refused.
TECHNICAL = {
    "sessions.Session",
    "axes.AccessLog",
    "axes.AccessAttempt",
    "core.AuditEntry",
    "core.AuditOrigin",
}


def fingerprint() -> dict[str, str]:
    """A digest of every business table."""
    tables = [model for model in apps.get_models() if model._meta.label not in TECHNICAL]
    return {
        model._meta.label: hashlib.sha256(
            serializers.serialize("json", model._base_manager.order_by("pk")).encode()
        ).hexdigest()
        for model in tables
        if model._meta.managed
    }


@pytest.fixture(params=["anonymous", "member", "superuser"])
def visitor(request, client, cast):
    if request.param == "superuser":
        cast.teacher.is_staff = cast.teacher.is_superuser = True
        cast.teacher.save()
        client.force_login(cast.teacher)
    if request.param == "member":
        client.force_login(cast.member)
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing(visitor, method):
    before = fingerprint()
    statuses = {address: getattr(visitor, method)(address).status_code for address in every_address()}
    after = fingerprint()
    assert [table for table in before if before[table] != after[table]] == []
    assert [address for address, status in statuses.items() if status >= 500 and status != 503] == []


def test_the_walk_reaches_what_matters():
    addresses = every_address()
    assert {"/", "/me/data/", "/feedback/", "/sign-in/wecom/", "/admin/accounts/user/"} <= set(addresses)
