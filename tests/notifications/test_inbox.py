"""The inbox and the switches, as a person uses them."""

import datetime as dt

import pytest
from django.utils import timezone

from notifications.inbox import Place, page, unread_count
from notifications.models import Preference, QuietHours, Recipient, State
from notifications.outbox import cancel, enqueue

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def say(person, number=1, **more):
    words = {"when": "12 月 2 日", "place": f"明德楼 {number}"}
    message = enqueue(
        kind="talk_booked", recipients=[person], key=str(number), link="/talks/7/", words=words, **more
    )
    return message.recipients.get(person=person)


@pytest.mark.parametrize("count", [1, 3, 300])
def test_the_inbox_costs_the_same(client, cast, count, django_assert_num_queries):
    for number in range(count):
        say(cast.member, number)
    client.force_login(cast.member)
    client.get("/notices/settings/")
    with django_assert_num_queries(4):
        response = client.get("/notices/")
    assert response.status_code == 200
    assert len(response.context["notices"]) == min(count, 20)
    assert f"{count} 条未读" in response.text


def test_unread_comes_first_and_every_notice_once(cast):
    notices = [say(cast.member, number) for number in range(45)]
    for notice in notices[::2]:
        Recipient.objects.filter(pk=notice.pk).update(read_at=timezone.now())
    seen, place = [], None
    for _ in range(3):
        rows, place = page(cast.member, Place.parse(str(place)) if place else None)
        seen += [row.pk for row in rows]
    assert place is None
    new, old = notices[1::2][::-1], notices[::2][::-1]
    assert seen == [notice.pk for notice in [*new, *old]]


@pytest.mark.parametrize(
    "after",
    ["x", "1_2026_5", "0_2026-01-01T00:00:00_5", "0_9999-99-99T00:00:00Z_5", "2_2026-01-01T00:00:00Z_1"],
)
def test_a_made_up_place_shows_the_first_page(client, cast, after):
    say(cast.member)
    client.force_login(cast.member)
    response = client.get("/notices/", {"after": after})
    assert len(response.context["notices"]) == 1


def test_more_comes_as_rows_only(client, cast):
    for number in range(25):
        say(cast.member, number)
    client.force_login(cast.member)
    first = client.get("/notices/")
    rest = client.get("/notices/", {"after": str(first.context["more"])}, headers=HTMX)
    assert rest.text.count("<form") == 5
    assert "<html" not in rest.text
    assert "加载更多" not in rest.text
    assert "HX-Request" in rest["Vary"]


def test_opening_marks_as_read_and_goes_there(client, cast):
    notice = say(cast.member)
    client.force_login(cast.member)
    assert client.get(f"/notices/{notice.pk}/open/").status_code == 405
    assert unread_count(cast.member) == 1
    response = client.post(f"/notices/{notice.pk}/open/")
    assert (response.status_code, response["Location"]) == (302, "/talks/7/")
    assert unread_count(cast.member) == 0


def test_somebody_elses_notice_does_not_exist(client, cast):
    notice = say(cast.member)
    client.force_login(cast.stranger)
    assert client.post(f"/notices/{notice.pk}/open/").status_code == 404
    assert unread_count(cast.member) == 1
    assert list(client.get("/notices/").context["notices"]) == []


def test_all_at_once(client, cast):
    say(cast.member, 1)
    say(cast.member, 2)
    other = say(cast.stranger, 3)
    client.force_login(cast.member)
    client.post("/notices/read/")
    assert unread_count(cast.member) == 0
    other.refresh_from_db()
    assert not other.is_read


def test_what_is_planned_or_called_off_is_not_shown(cast):
    say(cast.member, 1, not_before=timezone.now() + dt.timedelta(days=1))
    say(cast.member, 2)
    cancel(kind="talk_booked", key="2")
    Recipient.objects.filter(pk=say(cast.member, 3).pk).update(state=State.EXPIRED)
    assert unread_count(cast.member) == 0
    assert page(cast.member) == ([], None)


def test_words_are_escaped(client, cast):
    enqueue(
        kind="push_item",
        recipients=[cast.member],
        key="1",
        words={"title": "<script>alert(1)</script>", "minutes": 5},
    )
    client.force_login(cast.member)
    assert "<script>alert" not in client.get("/notices/").text


# --- Settings ---------------------------------------------------------------------------------------------

WISHES = {"talk": "on", "study": "on", "activity": "on", "quiet": "on", "start": "22:00", "end": "07:30"}


def test_a_switch_saves_itself_and_answers_its_own_cell(client, cast):
    client.force_login(cast.member)
    response = client.post(
        "/notices/settings/save/",
        WISHES,
        headers=HTMX | {"HX-Trigger-Name": "push", "HX-Trigger": "wish-push"},
    )
    assert response.status_code == 200
    assert response.text.strip().startswith("<label")
    assert 'name="push"' in response.text
    assert "checked" not in response.text
    assert not Preference.objects.get(person=cast.member, category="push").wanted
    assert Preference.objects.get(person=cast.member, category="talk").wanted


def test_without_script_a_button_saves_everything(client, cast):
    client.force_login(cast.member)
    response = client.post("/notices/settings/save/", WISHES | {"start": "20:15"}, follow=True)
    assert response.redirect_chain == [("/notices/settings/", 302)]
    assert "已保存" in response.text
    assert QuietHours.objects.get(person=cast.member).start == dt.time(20, 15)


@pytest.mark.parametrize(("headers", "whole"), [({}, True), (HTMX | {"HX-Trigger-Name": "start"}, False)])
def test_a_wrong_time_changes_nothing_and_says_so(client, cast, headers, whole):
    client.force_login(cast.member)
    response = client.post("/notices/settings/save/", WISHES | {"start": "25:99"}, headers=headers)
    assert response.status_code == 422
    assert "时间写成 22:00 这样。" in response.text
    assert 'value="22:00"' in response.text
    assert ("<html" in response.text) is whole
    assert not Preference.objects.exists()
    assert not QuietHours.objects.exists()


def test_saving_twice_is_saving_once(client, cast):
    client.force_login(cast.member)
    for _ in range(2):
        client.post("/notices/settings/save/", WISHES)
    assert Preference.objects.filter(person=cast.member).count() == 4
    assert QuietHours.objects.count() == 1


def test_looking_writes_nothing(client, cast):
    client.force_login(cast.member)
    assert client.get("/notices/settings/").status_code == 200
    assert client.get("/notices/settings/save/").status_code == 405
    assert not QuietHours.objects.exists()
