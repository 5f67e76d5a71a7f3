"""Cards that are answered, messages that grow old, and audiences that are large."""

import datetime as dt

import pytest
from django.db.models import Count
from django.utils import timezone

from accounts.models import User, WeComIdentity
from notifications import retention
from notifications.models import CardUpdate, DailyTotal, Message, Recipient, State
from notifications.outbox import enqueue, update_card
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
UPDATE = "message/update_template_card"


@pytest.fixture
def asked(post):
    post.both = post.people(2)
    words = {"when": "12 月 3 日 周四 20:00", "place": "明德楼 302"}
    enqueue(kind="talk_requested", recipients=post.both, key="7", link="/talks/7/", words=words)
    post.run()
    return post


def test_a_question_is_a_card_with_buttons(asked):
    (card,) = asked.sandbox.messages(asked.both[0].number)
    content = card["content"]
    assert [button["text"] for button in content["button_list"]] == ["换个时间", "接受"]
    assert content["task_id"].startswith(f"{Message.objects.get().pk}@")
    assert [row["value"] for row in content["horizontal_content_list"]] == [
        "12 月 3 日 周四 20:00",
        "明德楼 302",
    ]


def test_an_answer_changes_the_card_of_both(asked):
    assert update_card(kind="talk_requested", key="7", label="已接受") == 1
    update_card(kind="talk_requested", key="7", label="已接受")
    asked.run()
    asked.run()
    (call,) = asked.sandbox.calls(UPDATE)
    assert call["errcode"] == 0
    assert call["body"]["userids"] == [person.number for person in asked.both]
    assert call["body"]["button"] == {"replace_name": "已接受"}


def test_a_card_is_updated_when_wecom_is_well_again(asked):
    update_card(kind="talk_requested", key="7", label="已接受")
    asked.sandbox.fault(UPDATE, errcode=-1, times=1)
    asked.run()
    assert CardUpdate.objects.get().done_at is None
    asked.wait(seconds=15)
    asked.run()
    assert CardUpdate.objects.get().code == 0


def test_a_used_code_is_the_end_of_it(asked):
    update_card(kind="talk_requested", key="7", label="已接受")
    asked.sandbox.fault(UPDATE, errcode=60140)
    for _ in range(3):
        asked.run()
        asked.wait(minutes=2)
    assert len(asked.sandbox.calls(UPDATE)) == 1
    assert CardUpdate.objects.get().code == 60140


def test_after_ninety_days_only_totals_remain(post):
    sent = post.people(2)
    post.say(sent, key="old")
    post.run()
    still = post.say([UserFactory()], key="waits", not_before=timezone.now() + dt.timedelta(days=200))
    post.wait(days=91)
    fresh = post.say(sent, key="new")
    assert retention.forget() == 1
    assert retention.forget() == 0
    assert set(Message.objects.all()) == {still, fresh}
    assert list(DailyTotal.objects.values_list("day", "kind", "state", "count")) == [
        (dt.date(2026, 12, 2), "talk_booked", "sent", 2)
    ]


def test_totals_of_two_nights_add_up(post):
    (person,) = post.people(1)
    for key in ("1", "2"):
        message = post.say([person], key=key)
        Recipient.objects.filter(message=message).update(state=State.FAILED)
        Message.objects.filter(pk=message.pk).update(created_at=timezone.now() - dt.timedelta(days=100))
        retention.forget()
    assert DailyTotal.objects.get().count == 2


def test_a_large_audience_and_nothing_is_dropped(post, settings):
    people = User.objects.bulk_create([UserFactory.build() for _ in range(3000)])
    WeComIdentity.objects.bulk_create(
        WeComIdentity(person=p, corp_id=settings.WECOM_CORP_ID, userid=p.number, origin="number")
        for p in people
    )
    post.introduce(people)
    post.sandbox.configure(account_cap=100)
    message = post.say(people)
    assert post.run() == 6
    assert dict(message.recipients.values_list("state").annotate(n=Count("pk"))) == {State.SENT: 3000}
    assert post.sandbox.dropped() == []
    assert len(post.cards(people[0])) == len(post.cards(people[-1])) == 1
