"""A session ends when it should, and its key is never one somebody planted (``reliability.md`` D5)."""

import datetime as dt

import pytest
from django.contrib.sessions.models import Session

START = dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)
HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)


@pytest.fixture
def session(client, cast, time_machine):
    """The member has just signed in; ``time_machine`` moves on from there."""
    time_machine.move_to(START, tick=False)
    client.force_login(cast.member)
    return client


def is_in(client, path="/me/"):
    return client.get(path).status_code != 302


def test_the_key_changes_at_sign_in_and_the_planted_one_is_dead(visit, known):
    state = visit.leave()
    planted = visit.client.cookies["session"].value
    visit.come_back(state, visit.sandbox.code_for(known.member.number))
    assert visit.client.cookies["session"].value != planted
    assert not Session.objects.filter(session_key=planted).exists()


@pytest.mark.parametrize(("minutes", "stays"), [(24 * 60 - 1, True), (24 * 60 + 1, False)])
def test_the_portal_lets_a_session_rest_for_a_day(session, time_machine, minutes, stays):
    time_machine.shift(minutes * MINUTE)
    assert is_in(session) is stays


def test_a_session_lasts_seven_days_however_busy(session, time_machine):
    for _ in range(7 * 2 - 1):
        time_machine.shift(12 * HOUR)
        assert is_in(session)
    time_machine.shift(12 * HOUR + MINUTE)
    assert not is_in(session)


@pytest.fixture
def office_session(session, cast):
    cast.member.is_staff = cast.member.is_superuser = True
    cast.member.save()
    return session


@pytest.mark.parametrize(("minutes", "stays"), [(29, True), (31, False)])
def test_the_back_office_lets_a_session_rest_for_half_an_hour(office_session, time_machine, minutes, stays):
    time_machine.shift(minutes * MINUTE)
    assert is_in(office_session, "/admin/") is stays


def test_a_session_in_the_back_office_lasts_twelve_hours(office_session, time_machine):
    for _ in range(12 * 3 - 1):
        time_machine.shift(20 * MINUTE)
        assert is_in(office_session, "/admin/")
    time_machine.shift(21 * MINUTE)
    assert not is_in(office_session, "/admin/")


def test_signing_out_kills_the_key_and_clears_the_browser(session):
    key = session.cookies["session"].value
    answer = session.post("/sign-out/")
    assert answer["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert not Session.objects.filter(session_key=key).exists()
    session.cookies["session"] = key
    assert not is_in(session)


def test_looking_does_not_sign_out(session):
    assert session.get("/sign-out/").status_code == 405
    assert is_in(session)


def test_a_deactivated_person_is_out_at_the_next_request(session, cast):
    assert is_in(session)
    cast.member.is_active = False
    cast.member.save()
    assert not is_in(session)


def test_htmx_is_told_to_leave_the_page_for_the_one_it_was_on(client, db, settings):
    answer = client.get(
        "/todos/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/me/?tab=2"}
    )
    assert answer.status_code == 200
    assert answer["HX-Redirect"] == "/sign-in/?next=%2Fme%2F%3Ftab%3D2"


def test_a_form_sent_too_late_does_not_lead_back_to_an_address_for_posts(client, db):
    assert client.post("/feedback/")["Location"] == "/sign-in/"
    assert client.get("/me/?a=1")["Location"] == "/sign-in/?next=%2Fme%2F%3Fa%3D1"
