"""Stored callbacks reach their app once (``reliability.md`` B4, B8)."""

import pytest
from django.utils import timezone

from accounts.models import DirectorySync
from partyhub import tasks
from wecom.models import CallbackEvent


@pytest.fixture
def handled(monkeypatch):
    seen = []
    monkeypatch.setitem(tasks.HANDLERS, "known", lambda event: seen.append(event.data["n"]))
    return seen


def keep(number, name="known"):
    CallbackEvent.objects.keep({"Event": name, "CreateTime": str(number), "n": number})


def test_each_event_is_handled_once(db, handled):
    for number in (1, 2, 2, 3):
        keep(number)
    for _ in range(3):
        tasks.handle_wecom_events()
    assert handled == [1, 2, 3]
    assert not CallbackEvent.objects.unhandled().exists()


def test_events_of_no_app_are_marked(db):
    keep(1, name="view")
    tasks.handle_wecom_events()
    assert CallbackEvent.objects.get().handled_at is not None


def test_one_that_fails_holds_up_nobody_and_is_given_up(db, handled, monkeypatch):
    monkeypatch.setitem(tasks.HANDLERS, "broken", lambda event: 1 / 0)
    keep(1, name="broken")
    keep(2)
    for _ in range(7):
        tasks.handle_wecom_events()
    assert handled == [2]
    broken = CallbackEvent.objects.get(event="broken")
    assert (broken.attempts, broken.handled_at) == (5, None)


def test_a_failed_handler_leaves_nothing_half_done(db, monkeypatch):
    def half(event):
        CallbackEvent.objects.create(key="half", event="x", data={})
        raise RuntimeError

    monkeypatch.setitem(tasks.HANDLERS, "known", half)
    keep(1)
    tasks.handle_wecom_events()
    assert not CallbackEvent.objects.filter(key="half").exists()


def test_events_are_forgotten_after_a_month(db, time_machine):
    keep(1)
    time_machine.move_to(timezone.now() + timezone.timedelta(days=31))
    tasks.handle_wecom_events()
    assert CallbackEvent.objects.count() == 0


def test_news_of_the_directory_asks_for_one_comparison(sandbox, org, client):
    for userid in ("a", "b"):
        event = sandbox.event("change_contact", {"ChangeType": "update_user", "UserID": userid})
        assert sandbox.deliver(client, event).status_code == 200
    assert CallbackEvent.objects.count() == 2
    tasks.handle_wecom_events()
    assert [(sync.scope, sync.state) for sync in DirectorySync.objects.all()] == [(org.university, "needed")]
