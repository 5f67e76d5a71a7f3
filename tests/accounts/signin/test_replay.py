"""A code that comes back twenty times at once signs in once (``reliability.md`` D4)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from accounts import sign_in
from core.audit.models import AuditEntry

AT_ONCE = 20


def replay(visit, person):
    """Twenty tabs of one browser return with the same state and code; how many were signed in."""
    state, code = visit.leave(), visit.sandbox.code_for(person.number)
    cookie = visit.client.cookies["session"].value

    def come_back(_):
        browser = Client()
        browser.cookies["session"] = cookie
        try:
            return browser.get("/sign-in/wecom/", {"state": state, "code": code}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(come_back, range(AT_ONCE))).count(302)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_twenty_replays_make_one_session(visit, known):
    assert replay(visit, known.member) == 1
    assert Session.objects.count() == 1
    assert AuditEntry.objects.filter(action="accounts.signed_in").count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_taking_the_state_and_the_code_once_there_would_be_more(visit, known, monkeypatch):
    monkeypatch.setattr(sign_in, "take", lambda session, state: "/")
    monkeypatch.setattr(sign_in, "userid_of", lambda code: known.member.number)
    assert replay(visit, known.member) > 1
