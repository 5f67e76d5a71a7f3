"""Saying something: rows in the caller's transaction, once, for everybody named."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from notifications.inbox import unread_count
from notifications.models import Message, Recipient, State
from notifications.outbox import cancel, cancel_for, enqueue
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now


def say(*people, key="1", kind="talk_booked", **more):
    words = {"when": "12 月 2 日 周三 20:00", "place": "明德楼 302"}
    return enqueue(kind=kind, recipients=people, key=key, link="/talks/1/", words=words, **more)


def test_everybody_named_gets_one_row(cast):
    message = say(cast.member, cast.activist)
    assert set(message.recipients.values_list("person", "state")) == {
        (cast.member.pk, State.PLANNED),
        (cast.activist.pk, State.PLANNED),
    }
    assert (message.as_read.title, message.as_read.text) == (
        "谈话约好了",
        "12 月 2 日 周三 20:00\n明德楼 302",
    )


def test_saying_it_again_is_saying_it_once(cast):
    first = say(cast.member)
    again = say(cast.member, cast.activist)
    assert again == first
    assert Message.objects.count() == 1
    assert first.recipients.count() == 2


def test_it_vanishes_with_the_fact(cast):
    with transaction.atomic():
        say(cast.member)
        transaction.set_rollback(True)
    assert not Message.objects.exists()
    assert not Recipient.objects.exists()


def test_a_wrong_word_is_a_mistake_of_the_caller(cast):
    with pytest.raises(LookupError, match="takes the words"):
        enqueue(kind="talk_booked", recipients=[cast.member], key="1", words={"name": "周予安"})
    with pytest.raises(LookupError, match="unknown message kind"):
        enqueue(kind="talk_boked", recipients=[cast.member], key="1")
    assert not Message.objects.exists()


@pytest.mark.parametrize("link", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_a_message_links_into_the_portal(cast, link):
    with pytest.raises(ValueError, match="links into this portal"):
        enqueue(kind="office_given", recipients=[cast.member], key="1", link=link)


def test_braces_in_a_word_are_printed(cast):
    message = enqueue(
        kind="meeting_created",
        recipients=[cast.member],
        key="1",
        words={"title": "{0.__class__} {when} %s", "when": "今天", "place": "明德楼"},
    )
    assert message.as_read.title == "会议通知：{0.__class__} {when} %s"


def test_calling_off_stops_who_has_not_heard_yet(cast):
    say(cast.member, cast.activist)
    Recipient.objects.filter(person=cast.activist).update(state=State.SENT, sent_at=NOW())
    assert cancel(kind="talk_booked", key="1") == 1
    assert cancel(kind="talk_booked", key="1") == 0
    assert set(Recipient.objects.values_list("person", "state")) == {
        (cast.member.pk, State.CANCELLED),
        (cast.activist.pk, State.SENT),
    }


def test_calling_off_clears_what_only_the_inbox_has(cast):
    say(cast.member, cast.activist)
    Recipient.objects.update(state=State.SENT, sent_at=NOW(), channel=Recipient.Channel.INBOX)
    Recipient.objects.filter(person=cast.activist).update(read_at=NOW())
    assert cancel(kind="talk_booked", key="1") == 1
    assert unread_count(cast.member) == 0
    assert Recipient.objects.visible_to(cast.activist).count() == 1


def test_a_large_audience_costs_few_queries(django_assert_max_num_queries):
    people = User.objects.bulk_create([UserFactory.build() for _ in range(2000)])
    with django_assert_max_num_queries(40):
        say(*people)
    assert Recipient.objects.count() == 2000


@pytest.mark.parametrize(
    "lie",
    [
        {"state": "done"},
        {"state": State.LEASED},
        {"state": State.PLANNED, "lease_owner": "w"},
        {"state": State.SENT},
        {"state": State.PLANNED, "sent_at": "now"},
    ],
)
def test_the_database_refuses_states_that_lie(cast, lie):
    say(cast.member)
    values = {name: NOW() if value == "now" else value for name, value in lie.items()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Recipient.objects.update(**values)


def test_one_person_can_be_spared_what_the_others_still_hear(cast):
    say(cast.member, cast.activist, key="7")
    say(cast.member, key="7:again")
    say(cast.member, key="70")
    say(cast.member, key="7", kind="talk_changed")
    assert cancel_for(people=[cast.member.pk], kinds=["talk_booked"], key="7") == 2
    spared = Recipient.objects.filter(state=State.CANCELLED)
    assert set(spared.values_list("person", "message__key")) == {
        (cast.member.pk, "7"),
        (cast.member.pk, "7:again"),
    }
    assert cancel_for(people=[cast.member.pk], kinds=["talk_booked"], key="7") == 0


def test_more_people_than_a_batch_holds_all_hear_it(monkeypatch):
    monkeypatch.setattr("notifications.outbox.ROWS_PER_INSERT", 2)
    people = UserFactory.create_batch(5)
    assert say(*people).recipients.count() == 5
