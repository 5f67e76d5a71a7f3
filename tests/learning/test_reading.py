"""What a reader finds, opens and subscribes to, by role and by place."""

import datetime as dt

import pytest
import time_machine
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.roles import Role
from learning.actions.reading import open_item, subscribe
from learning.models import Column, Item, Reading, Subscription
from learning.rules.reading import Place, listed, page
from tests.factories import UserFactory
from tests.learning.factories import ItemFactory, TopicFactory, audience_of, published_course

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
NOW = dt.datetime(2026, 11, 18, 2, tzinfo=dt.UTC)


@pytest.fixture
def read(client):
    """``read(person, path)``: what the portal shows to ``person``."""

    def get(person, path, data=None, **headers):
        client.force_login(person)
        return client.get(path, data, headers=headers)

    return get


def withdraw(item, by):
    item.state, item.withdrawn_at, item.withdrawn_by = Item.State.WITHDRAWN, timezone.now(), by
    item.withdraw_reason = "数字写错了"
    item.save()


def titles(response):
    return [item.title for item in response.context["items"]]


def test_everybody_finds_what_is_for_him(read, org, cast):
    ItemFactory(branch=org.university, title="全校", audience=audience_of(org.university))
    ItemFactory(
        branch=org.college_a, title="本院积极分子", audience=audience_of(org.college_a, roles=[Role.ACTIVIST])
    )
    ItemFactory(
        branch=org.college_a, title="本院党员", audience=audience_of(org.a1, roles=[Role.STUDENT_MEMBER])
    )
    ItemFactory(branch=org.a1, title="支部", audience=audience_of(org.a1))
    ItemFactory(branch=org.b1, title="外院", audience=audience_of(org.b1))
    seen = {name: set(titles(read(getattr(cast, name), "/learning/items/"))) for name in vars(cast)}
    assert seen == {
        "member": {"全校", "本院党员", "支部"},
        "probationary": {"全校", "本院党员", "支部"},
        "teacher": {"全校", "支部"},
        "activist": {"全校", "本院积极分子", "支部"},
        "league": {"全校", "支部"},
        "stranger": {"全校", "外院"},
    }


def test_a_row_says_who_sent_it(read, org, cast):
    ItemFactory(branch=org.college_a, title="答辩安排", minutes=2, sent_at=NOW)
    text = read(cast.league, "/learning/items/").text
    assert "百科，2 分钟" in text
    assert "11 月 18 日，商学院党委" in text


@pytest.mark.parametrize("state", ["draft", "in_review", "approved"])
def test_what_is_not_sent_does_not_exist(read, org, cast, state):
    item = ItemFactory(branch=org.a1, state=state)
    assert read(cast.member, f"/learning/items/{item.pk}/").status_code == 404
    assert titles(read(cast.member, "/learning/items/")) == []


def test_outside_the_audience_there_is_nothing(client, org, cast):
    item = ItemFactory(branch=org.a1)
    client.force_login(cast.stranger)
    assert client.get(f"/learning/items/{item.pk}/").status_code == 404
    assert client.post(f"/learning/items/{item.pk}/opened/").status_code == 404
    assert not Reading.objects.exists()


def test_what_was_sent_to_me_stays_mine(read, org, cast):
    item = ItemFactory(branch=org.b1)
    Reading.objects.create(item=item, person=cast.member, is_recipient=True)
    assert read(cast.member, f"/learning/items/{item.pk}/").status_code == 200
    assert titles(read(cast.member, "/learning/items/")) == [item.title]


def test_an_article_shows_all_of_itself(read, org, cast):
    item = ItemFactory(
        branch=org.a1, title="组织关系怎么转", minutes=3, source="党章第三十条", sent_at=NOW,
        body="<h2>先问支部</h2><p>带上介绍信。<script>alert(1)</script></p>",
    )  # fmt: skip
    text = read(cast.member, f"/learning/items/{item.pk}/").text
    assert "百科，2026 年 11 月 18 日，约 3 分钟" in text
    assert '<h2 id="p1">先问支部</h2><p id="p2">带上介绍信。</p>' in text
    assert "来源：党章第三十条" in text
    assert "alert(1)" not in text


def test_a_withdrawn_article_keeps_only_title_reason_and_date(read, org, cast):
    item = ItemFactory(
        branch=org.a1,
        title="推免名额",
        summary="内幕摘要",
        body="<p>内幕正文</p>",
        text="内幕正文",
        source="内幕来源",
    )
    withdraw(item, cast.teacher)
    for path in (f"/learning/items/{item.pk}/", "/learning/items/"):
        text = read(cast.member, path).text
        assert "推免名额" in text
        assert f"{timezone.localdate().month} 月 {timezone.localdate().day} 日撤下" in text
        assert "内幕" not in text
    assert "数字写错了" in read(cast.member, f"/learning/items/{item.pk}/").text


def test_before_and_after(read, org, cast):
    first, second, third = (
        ItemFactory(branch=org.a1, sent_at=NOW + dt.timedelta(days=day)) for day in range(3)
    )
    ItemFactory(branch=org.b1, sent_at=NOW + dt.timedelta(hours=1))
    withdraw(ItemFactory(branch=org.a1, sent_at=NOW + dt.timedelta(hours=2)), cast.teacher)
    around = {
        item.pk: (context["newer"], context["older"])
        for item in (first, second, third)
        for context in [read(cast.member, f"/learning/items/{item.pk}/").context]
    }
    assert around == {first.pk: (second, None), second.pk: (third, first), third.pk: (None, second)}


def test_opening_is_told_by_the_page_and_noted_once(client, org, cast):
    item = ItemFactory(branch=org.a1)
    Reading.objects.create(item=item, person=cast.member, is_recipient=True)
    client.force_login(cast.member)
    note = f'hx-post="/learning/items/{item.pk}/opened/" hx-trigger="load"'
    with time_machine.travel(NOW, tick=False):
        assert note in client.get(f"/learning/items/{item.pk}/").text
        assert Reading.objects.get().opened_on is None
        assert client.get(f"/learning/items/{item.pk}/opened/").status_code == 405
        assert client.post(f"/learning/items/{item.pk}/opened/").status_code == 204
    with time_machine.travel(NOW + dt.timedelta(days=3), tick=False):
        assert note not in client.get(f"/learning/items/{item.pk}/").text
        client.post(f"/learning/items/{item.pk}/opened/")
    reading = Reading.objects.get()
    assert (reading.opened_on, reading.is_recipient) == (dt.date(2026, 11, 18), True)
    assert "已读" in client.get("/learning/items/").text


def test_somebody_it_was_not_sent_to_may_open_it_too(org, cast):
    item = ItemFactory(branch=org.a1)
    open_item(item=item, by=cast.league)
    reading = Reading.objects.get()
    assert (reading.person, reading.is_recipient) == (cast.league, False)


def test_nothing_is_noted_of_a_withdrawn_article(org, cast):
    item = ItemFactory(branch=org.a1)
    withdraw(item, cast.teacher)
    open_item(item=item, by=cast.member)
    assert not Reading.objects.exists()


def test_by_column(read, org, cast):
    news = Column.objects.get(name="资讯")
    ItemFactory(branch=org.a1, title="一则消息", column=news)
    ItemFactory(branch=org.a1, title="一条百科")
    assert titles(read(cast.member, "/learning/items/", {"column": news.pk})) == ["一则消息"]
    empty = Column.objects.get(name="经典书目")
    assert "这个栏目还没有内容" in read(cast.member, "/learning/items/", {"column": empty.pk}).text


@pytest.mark.parametrize("column", ["x", "999999", "-1", "1'"])
def test_a_column_there_is_not(read, cast, column):
    assert read(cast.member, "/learning/items/", {"column": column}).status_code == 404


def test_a_chip_swaps_the_list_with_its_chips(read, org, cast):
    ItemFactory(branch=org.a1)
    text = read(cast.member, "/learning/items/", **HTMX).text
    assert text.lstrip().startswith('<div id="items"')
    assert "<html" not in text


@pytest.mark.parametrize("count", [3, 300])
def test_the_list_costs_the_same(client, org, cast, count, django_assert_num_queries):
    ItemFactory.create_batch(count, branch=org.a1, author=cast.teacher, reviewer=cast.member)
    Reading.objects.create(item=Item.objects.first(), person=cast.member, opened_on=NOW.date())
    client.force_login(cast.member)
    client.get("/notices/settings/")
    with django_assert_num_queries(4):  # session, person, columns, items
        response = client.get("/learning/items/")
    assert len(response.context["items"]) == min(count, 20)


def test_every_item_once_across_pages(org, cast):
    for day in range(15):  # three of each moment, so that the place has to tell them apart
        ItemFactory.create_batch(3, branch=org.a1, author=cast.teacher, sent_at=NOW + dt.timedelta(days=day))
    items, seen, place = listed(Item.objects.visible_to(cast.member), cast.member), [], None
    for _ in range(3):
        rows, place = page(items, Place.parse(str(place)) if place else None)
        seen += [row.pk for row in rows]
    assert place is None
    assert seen == list(Item.objects.order_by("-sent_at", "-pk").values_list("pk", flat=True))


def test_more_comes_as_rows_only(read, org, cast):
    ItemFactory.create_batch(25, branch=org.a1, author=cast.teacher)
    more = read(cast.member, "/learning/items/").context["more"]
    rest = read(cast.member, "/learning/items/", {"after": str(more)}, **HTMX)
    assert rest.text.count("<li>") == 5
    assert "<html" not in rest.text
    assert "加载更多" not in rest.text


@pytest.mark.parametrize(
    "after",
    [
        "x",
        "2026_5",
        "2026-01-01T00:00:00_5",
        "0001-01-01T00:00:00+14:00_5",
        "9999-12-31T23:59:59-14:00_5",
        "_",
    ],
)
def test_a_made_up_place_shows_the_first_page(read, org, cast, after):
    ItemFactory(branch=org.a1)
    assert len(titles(read(cast.member, "/learning/items/", {"after": after}))) == 1


def test_the_topic_beside_an_article(read, org, cast):
    topic = TopicFactory(branch=org.college_a, name="两学一做")
    course = published_course(org.college_a)
    course.topic = topic
    course.save()
    old = [
        ItemFactory(branch=org.a1, topic=topic, sent_at=NOW - dt.timedelta(days=day)) for day in range(1, 6)
    ]
    item = ItemFactory(branch=org.a1, topic=topic, sent_at=NOW)
    ItemFactory(branch=org.b1, topic=topic, sent_at=NOW - dt.timedelta(days=1))
    context = read(cast.member, f"/learning/items/{item.pk}/").context
    assert context["topic"] == topic
    assert list(context["earlier"]) == old[:3]
    assert list(context["courses"]) == [course]
    whole = read(cast.member, f"/learning/topics/{topic.pk}/").context
    assert list(whole["items"]) == [item, *old]
    assert list(whole["courses"]) == [course]


def test_a_topic_of_others_is_not_shown(read, org, cast):
    topic = TopicFactory(branch=org.b1)
    item = ItemFactory(branch=org.a1, topic=topic)
    assert "topic" not in read(cast.member, f"/learning/items/{item.pk}/").context
    assert read(cast.member, f"/learning/topics/{topic.pk}/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_an_article_costs_the_same(client, org, cast, count, django_assert_num_queries):
    topic = TopicFactory(branch=org.a1)
    items = [
        ItemFactory(branch=org.a1, topic=topic, sent_at=NOW + dt.timedelta(days=day))
        for day in range(count + 1)
    ]
    client.force_login(cast.member)
    client.get("/notices/settings/")
    with django_assert_num_queries(8):  # session, person, item, two neighbours, topic, its items, its courses
        client.get(f"/learning/items/{items[-1].pk}/")


@pytest.mark.parametrize("count", [1, 3])
def test_topics_cost_the_same(client, org, cast, count, django_assert_num_queries):
    for topic in TopicFactory.create_batch(count, branch=org.a1):
        ItemFactory.create_batch(count, branch=org.a1, topic=topic)
    client.force_login(cast.member)
    client.get("/notices/settings/")
    with django_assert_num_queries(3):
        text = client.get("/learning/topics/").text
    assert text.count(f"{count} 篇") == count
    with django_assert_num_queries(5):
        client.get(f"/learning/topics/{topic.pk}/")


def test_topics_of_my_organisations(read, org, cast):
    for branch in (org.university, org.college_a, org.a1, org.a2, org.b1):
        TopicFactory(branch=branch, name=f"专题·{branch.name}")
    seen = {topic.branch for topic in read(cast.member, "/learning/topics/").context["topics"]}
    assert seen == {org.university, org.college_a, org.a1}


def test_subscribing_and_back(client, org, cast):
    topic = TopicFactory(branch=org.a1)
    client.force_login(cast.member)
    for _ in range(2):
        response = client.post(f"/learning/topics/{topic.pk}/subscribe/", follow=True)
        assert "已订阅" in response.text
        assert "取消订阅" in response.text
    assert list(Subscription.objects.values_list("topic", "person")) == [(topic.pk, cast.member.pk)]
    assert "已订阅" in client.get("/learning/topics/").text
    for _ in range(2):
        response = client.post(f"/learning/topics/{topic.pk}/unsubscribe/", headers=HTMX)
        assert "取消订阅" not in response.text
        assert "<html" not in response.text
    assert not Subscription.objects.exists()


def test_my_subscription_is_mine(org, cast, read):
    topic = TopicFactory(branch=org.a1)
    subscribe(topic=topic, by=cast.league)
    assert not read(cast.member, f"/learning/topics/{topic.pk}/").context["topic"].is_subscribed


def test_a_topic_of_others_cannot_be_subscribed_to(client, org, cast):
    topic = TopicFactory(branch=org.b1)
    client.force_login(cast.member)
    assert client.post(f"/learning/topics/{topic.pk}/subscribe/").status_code == 404

    assert not Subscription.objects.exists()


def test_empty_pages_say_what_will_be_there(read, cast, org):
    assert "每周推送的内容会留在这里" in read(cast.member, "/learning/items/").text
    assert "还没有专题" in read(cast.member, "/learning/topics/").text
    topic = TopicFactory(branch=org.a1)
    assert "这个专题还没有内容" in read(cast.member, f"/learning/topics/{topic.pk}/").text
    assert "还没有内容" in read(UserFactory(), "/learning/items/").text


def test_the_preview_of_an_item_notes_no_opening(org, cast, rf):
    item = ItemFactory(branch=org.a1, state="draft")
    request = rf.get("/")
    request.user, request.resolver_match = cast.member, None
    text = render_to_string("learning/item.html", {"item": item, "body": "正文"}, request)
    assert "hx-post" not in text
    assert "百科，约 1 分钟" in text
