"""Two senders, two editors, two reviewers at once."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from core.audit.models import AuditEntry
from core.errors import Conflict, DomainError
from learning.actions import items
from learning.actions.items import approve_item, change_item, schedule_item, send_item
from learning.models import Item, Reading
from notifications.models import Message, Recipient
from tests.factories import UserFactory
from tests.granting import grant
from tests.learning.factories import ItemFactory, QuestionVersionFactory

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

TUESDAY = dt.datetime(2026, 10, 13, 10, 5, tzinfo=dt.timezone(dt.timedelta(hours=8)))


@pytest.fixture
def editors(org):
    people = UserFactory.create_batch(4, branch=org.a2)
    for person in people:
        grant(person, "editor", org.college_a)
    return people


def make(org, **fields):
    UserFactory.create_batch(5, branch=org.a1)
    approval = {"reviewer": UserFactory(), "reviewed_at": timezone.now()}
    return ItemFactory(branch=org.college_a, **approval | fields)


def audited(action):
    return AuditEntry.objects.filter(action=f"learning.{action}").count()


def winners(outcomes):
    return [outcome for outcome in outcomes if not isinstance(outcome, DomainError)]


def test_many_senders_send_an_item_once(org, race):
    item = make(org, state="scheduled", scheduled_at=TUESDAY)
    with time_machine.travel(TUESDAY, tick=False):
        outcomes = race(lambda n: send_item(item=item))
    assert sorted(outcomes) == [False] * 19 + [True]
    assert audited("item_sent") == Message.objects.filter(kind="push_item").count() == 1
    assert Reading.objects.count() == Recipient.objects.count() == 5


def test_without_the_conditional_update_it_would_be_sent_twice(org, race, monkeypatch):
    """Negative control: senders that look first and write afterwards both believe it is theirs."""
    import threading

    meeting = threading.Barrier(4)

    def looks_first(item):
        due = Item.objects.filter(pk=item.pk, state="scheduled").exists()
        meeting.wait(20)
        Item.objects.filter(pk=item.pk).update(state="sent", sent_at=timezone.now())
        return due

    monkeypatch.setattr(items, "_claim", looks_first)
    item = make(org, state="scheduled", scheduled_at=TUESDAY)
    with time_machine.travel(TUESDAY, tick=False):
        outcomes = race(lambda n: send_item(item=item), 4)
    assert outcomes == [True] * 4
    assert audited("item_sent") == 4


def test_a_change_and_a_sending_do_not_both_happen(org, editors, race):
    item = make(org, state="scheduled", scheduled_at=TUESDAY)

    def act(number):
        if number % 2:
            return send_item(item=item)
        return change_item(item=item, by=editors[0], version=0, title=f"改 {number}")

    with time_machine.travel(TUESDAY, tick=False):
        outcomes = race(act, 8)
    item.refresh_from_db()
    was_changed = any(isinstance(outcome, Item) for outcome in outcomes)
    assert (item.state, True in outcomes) == (("draft", False) if was_changed else ("sent", True))
    assert Reading.objects.exists() is not was_changed


def test_of_many_who_save_one_wins(org, editors, race):
    item = ItemFactory(branch=org.college_a, state="draft")
    outcomes = race(lambda n: change_item(item=item, by=editors[n % 4], version=0, title=f"标题 {n}"))
    assert len(winners(outcomes)) == 1
    assert {type(outcome).__name__ for outcome in outcomes} == {"Item", "ChangedMeanwhile"}
    assert audited("item_changed") == 1


def test_of_many_reviewers_one_approves(org, editors, race):
    item = ItemFactory(branch=org.college_a, state="in_review", summary="为什么学。")
    QuestionVersionFactory(question__branch=org.college_a, question__item=item, paragraph=1)
    outcomes = race(lambda n: approve_item(item=item, by=editors[n]), 4)
    assert len(winners(outcomes)) == 1
    assert {type(refusal) for refusal in outcomes if isinstance(refusal, DomainError)} == {Conflict}
    assert audited("item_approved") == 1


def test_the_third_place_of_a_week_is_given_once(org, editors, race):
    now = timezone.now()
    for hour in (8, 9):
        make(org, state="scheduled", scheduled_at=TUESDAY.replace(hour=hour))
    more = [make(org, state="approved", scheduled_at=None, reviewed_at=now) for _ in range(4)]
    with time_machine.travel("2026-10-12 09:00+08:00", tick=False):
        outcomes = race(lambda n: schedule_item(item=more[n], at=TUESDAY, by=editors[n]), 4)
    assert len(winners(outcomes)) == 1
    assert Item.objects.filter(state="scheduled").count() == 3
