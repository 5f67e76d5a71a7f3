"""The way of a row from planned to sent, told to the real sandbox."""

import datetime as dt

import pytest
from django.utils import timezone

from notifications.models import Call, Message, Preference, QuietHours, Recipient, State
from notifications.outbox import cancel

pytestmark = pytest.mark.django_db


WHEN = {"when": "12 月 3 日 周四 20:00", "place": "明德楼 302"}
EVENT = {"title": "雷锋日志愿服务", **WHEN}
PUSH = ("push_item", {"title": "公报要点导读", "minutes": 6})
QUIZ = {"title": "12 月月末测评", "due": "12 月 31 日 23:59"}
MONTH = {
    1: [("meeting_created", EVENT), ("office_ended", {})],
    2: [PUSH, ("talk_booked", WHEN)],
    5: [("talk_tomorrow", WHEN), ("branch_changed", {})],
    6: [("talk_soon", WHEN), ("meeting_tomorrow", EVENT)],
    8: [("activity_confirmed", EVENT), ("first_talk_due", {"due": "12 月 20 日"})],
    9: [PUSH, ("stage_recorded", {}), ("data_exported", {})],
    11: [("activity_tomorrow", EVENT), ("talk_booked", WHEN)],
    13: [("talk_changed", WHEN), ("quarter_report_due", {"due": "12 月 31 日"})],
    15: [("talk_tomorrow", WHEN)],
    16: [PUSH, ("talk_soon", WHEN), ("group_joined", {})],
    18: [("seat_offered", EVENT), ("contact_assigned", {})],
    20: [("dorm_visit_open", {"due": "12 月 31 日"}), ("meeting_created", EVENT)],
    23: [PUSH, ("meeting_tomorrow", EVENT), ("form_returned", {})],
    26: [("quiz_open", QUIZ)],
    28: [("quiz_last_day", QUIZ), ("dorm_visit_open", {"due": "12 月 31 日"})],
}


def states(message) -> list[str]:
    return list(message.recipients.order_by("pk").values_list("state", flat=True))


def test_everybody_gets_one_card_by_one_call(post):
    people = post.people(3)
    message = post.say(people)
    assert post.run() == 1
    assert states(message) == [State.SENT] * 3
    assert [post.cards(person) for person in people] == [["谈话约好了"]] * 3
    call = Call.objects.get()
    assert call.code == 0
    assert call.msgid == post.sandbox.messages()[0]["msgid"]
    assert post.run() == 0


def test_the_card_links_into_the_portal(post, settings):
    (person,) = post.people(1)
    message = post.say([person])
    post.run()
    (card,) = post.sandbox.messages(person.number)
    assert card["content"]["url"] == f"{settings.SITE_URL}/talks/1/?m={message.pk}"


def test_two_messages_with_equal_words_are_two_cards(post):
    (person,) = post.people(1)
    post.say([person], key="1")
    post.say([person], key="2")
    post.run()
    assert post.cards(person) == ["谈话约好了"] * 2


def test_without_wecom_the_inbox_is_the_way(post, cast):
    message = post.say([cast.member])
    assert post.run() == 0
    row = message.recipients.get()
    assert (row.state, row.channel) == (State.SENT, Recipient.Channel.INBOX)


def test_what_is_switched_off_stays_in_the_inbox(post):
    off, on = post.people(2)
    Preference.objects.create(person=off, category="talk", wanted=False)
    message = post.say([off, on])
    post.run()
    assert states(message) == [State.SENT] * 2
    assert (post.cards(off), post.cards(on)) == ([], ["谈话约好了"])


def test_meetings_cannot_be_switched_off_by_an_old_row(post):
    (person,) = post.people(1)
    Preference.objects.create(person=person, category="push", wanted=False)
    post.say([person], kind="meeting_cancelled", words={"title": "支部会议", "when": "今天"})
    post.run()
    assert post.cards(person) == ["会议取消了：支部会议"]


def test_nobody_hears_of_what_was_called_off(post):
    people = post.people(2)
    message = post.say(people, not_before=timezone.now() + dt.timedelta(hours=1))
    assert post.run() == 0
    cancel(kind="talk_booked", key="1")
    post.wait(hours=2)
    assert post.run() == 0
    assert states(message) == [State.CANCELLED] * 2


def test_somebody_who_left_hears_nothing(post):
    gone, here = post.people(2)
    message = post.say([gone, here])
    gone.is_active = False
    gone.save()
    post.run()
    assert states(message) == [State.CANCELLED, State.SENT]
    assert post.cards(gone) == []


def test_a_reminder_does_not_outlive_its_event(post):
    (person,) = post.people(1)
    message = post.say([person], expires_at=timezone.now() + dt.timedelta(hours=3))
    post.wait(hours=5)
    assert post.run() == 0
    assert states(message) == [State.EXPIRED]


def test_nights_are_quiet(post):
    (person,) = post.people(1)
    post.at(22, 1)
    message = post.say([person])
    assert post.run() == 0
    assert states(message) == [State.PLANNED]
    post.at(7, 29)
    assert post.run() == 0
    post.at(7, 36)
    assert post.run() == 1
    assert post.cards(person) == ["谈话约好了"]


def test_a_person_sets_his_own_quiet_hours(post):
    early, never = post.people(2)
    QuietHours.objects.create(person=early, start=dt.time(20, 0), end=dt.time(9, 0))
    QuietHours.objects.create(person=never, enabled=False)
    post.at(23, 0)
    message = post.say([early, never])
    post.run()
    assert states(message) == [State.PLANNED, State.SENT]
    post.at(8, 30)
    assert post.run() == 0
    post.at(9, 6)
    assert post.run() == 1


def test_what_cannot_wait_is_said_at_night(post):
    (person,) = post.people(1)
    post.at(23, 0)
    post.say([person], kind="account_bound", words={})
    post.run()
    assert post.cards(person) == ["企业微信已经绑定"]


def test_what_can_wait_comes_as_one_card_in_the_morning(post):
    (person,) = post.people(1)
    post.say([person], kind="office_ended", words={})
    post.say([person], kind="branch_changed", words={})
    post.say([person], kind="first_talk_due", words={"due": "12 月 10 日"})
    assert post.run() == 0
    post.at(8, 25)
    assert post.run() == 1
    assert post.cards(person) == ["你有 3 条新通知"]
    text = post.sandbox.messages(person.number)[0]["content"]["description"]
    assert all(title in text for title in ("你的一项职务结束了", "你所在的支部有更新", "有一次谈话该安排了"))
    assert set(Recipient.objects.values_list("state", "channel")) == {(State.SENT, Recipient.Channel.DIGEST)}


def test_there_is_one_digest_a_day(post):
    (person,) = post.people(1)
    post.say([person], kind="branch_changed", words={})
    post.at(8, 25)
    post.run()
    late = post.say([person], kind="office_ended", words={})
    Recipient.objects.filter(message=late).update(
        state=State.DUE, channel=Recipient.Channel.DIGEST, next_try=timezone.now()
    )
    assert post.run() == 0
    post.at(8, 25)
    assert post.run() == 1
    assert post.cards(person) == ["你所在的支部有更新", "你的一项职务结束了"]


def test_what_would_be_over_by_the_morning_does_not_wait(post):
    (person,) = post.people(1)
    post.say(
        [person],
        kind="question_unanswered",
        words={},
        expires_at=timezone.now() + dt.timedelta(hours=4),
    )
    assert post.run() == 1
    assert post.cards(person) == ["有一个问题在等回答"]


@pytest.mark.parametrize(("hour", "minute"), [(12, 0), (11, 58), (12, 30), (12, 28)])
def test_scheduled_cards_avoid_the_hour_and_the_half(post, hour, minute):
    (person,) = post.people(1)
    goal = timezone.localtime().replace(hour=hour, minute=minute, second=0)
    message = post.say([person], not_before=goal)
    post.at(hour, minute)
    assert post.run() == 0
    post.wait(minutes=10)
    assert post.run() == 1
    at = timezone.localtime(message.recipients.get().next_try)
    assert not any(first <= at.minute % 30 < first + 5 and at.minute % 30 < end for first, end in [(0, 3)])
    assert at.minute not in {58, 59, 0, 1, 2, 28, 29, 30, 31, 32}


def test_a_storm_to_one_person_stays_below_the_limits(post):
    (person,) = post.people(1)
    for number in range(50):
        post.say([person], kind="account_bound", words={}, key=str(number))
    sent = []
    for _ in range(6):
        post.run()
        sent.append(len(post.cards(person)))
        post.wait(seconds=92)
    assert sent == [20, 40, 50, 50, 50, 50]
    assert post.sandbox.dropped() == []


def test_six_hundred_cards_in_an_hour_are_enough(post):
    (person,) = post.people(1)
    earlier = timezone.now() - dt.timedelta(minutes=50)
    calls = Call.objects.bulk_create(
        Call(content="{}", addresses=[], started_at=earlier, finished_at=earlier) for _ in range(600)
    )
    message = post.say([person], kind="account_bound", words={})
    texts = Message.objects.bulk_create(
        Message(kind="account_bound", key=f"old{number}", link="/", created_at=earlier)
        for number in range(600)
    )
    common = {"state": State.SENT, "sent_at": earlier, "called_at": earlier}
    Recipient.objects.bulk_create(
        Recipient(message=text, person=person, call=call, shown_from=earlier, next_try=earlier, **common)
        for text, call in zip(texts, calls, strict=True)
    )
    post.run()
    assert states(message) == [State.DUE]
    post.wait(minutes=20)
    post.run()
    assert states(message) == [State.SENT]


def test_a_busy_month_stays_calm(post):
    """``targets.md`` A4: at most 1.2 cards a day for a member who takes part in everything."""
    (person,) = post.people(1)
    post.at(0, 10)
    days = 30
    for day in range(days):
        for kind, words in MONTH.get(day, []):
            post.say([person], kind=kind, words=words, key=str(day))
        for hour in (8, 12, 19):
            post.at(hour, 45)
            post.run()
        post.at(0, 10)
    assert 20 <= len(post.cards(person)) <= 1.2 * days
    assert not Recipient.objects.exclude(state=State.SENT).exists()
    assert post.sandbox.dropped() == []


def test_after_eight_cards_a_day_the_rest_waits_for_the_digest(post):
    (person,) = post.people(1)
    for number in range(10):
        post.say([person], key=str(number))
    post.run()
    assert len(post.cards(person)) == 8
    post.at(8, 25)
    post.run()
    assert post.cards(person)[8:] == ["你有 2 条新通知"]


def test_the_allowance_of_the_day_is_kept(post):
    from notifications.models import SendingAlert, SendingSwitch

    people = post.people(3)
    SendingSwitch.objects.update_or_create(pk=1, defaults={"daily_limit": 2})
    post.say(people[:2], key="1")
    post.run()
    late = post.say(people[2:], key="2")
    post.run()
    assert states(late) == [State.DUE]
    assert SendingAlert.objects.get().category == SendingAlert.Category.LIMIT
    post.at(7, 40)
    post.run()
    assert states(late) == [State.SENT]
