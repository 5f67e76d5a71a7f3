"""The back office of pushes, through its pages."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from learning.models import Column, DutyWeek, Item, QuestionVersion, Topic
from notifications.models import Preference
from tests.granting import grant
from tests.learning.factories import ItemFactory, audience_of
from tests.learning.test_items import TUESDAY, approved, draft, in_review, scheduled, staff  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday_morning():
    with time_machine.travel("2026-10-12 09:00+08:00", tick=False):
        yield


def step(slug, item=None, model="item"):
    if item is None:
        return reverse(f"admin:learning_{model}_list_step", args=[slug])
    return reverse(f"admin:learning_{model}_row_step", args=[item.pk, slug])


def press(client, person, url, **data):
    client.force_login(person)
    return client.post(url, data)


def buttons(client, person, item):
    client.force_login(person)
    page = client.get(reverse("admin:learning_item_change", args=[item.pk]))
    return [button["title"] for button in page.context_data["actions_detail"]]


def test_an_item_is_written_reviewed_and_placed_in_the_back_office(client, org, staff):  # noqa: F811
    words = {"headline": "学习党章", "summary": "为什么学。", "body": "<p>第一段。</p><p>第二段。</p>"}
    column = Column.objects.get(name="党的知识")
    answer = press(client, staff.editor, step("write"), branch=org.college_a.pk, column=column.pk, **words)
    item = Item.objects.get()
    assert answer.url == reverse("admin:learning_item_change", args=[item.pk])

    press(client, staff.editor, step("question", item), kind="single", stem="几段？", options="一\n二", answer="b",
          explanation="数一数。", paragraph="2")  # fmt: skip
    asked = QuestionVersion.objects.get()
    assert (asked.options, asked.answer, asked.paragraph) == (["一", "二"], ["B"], 2)

    press(client, staff.editor, step("submit", item))
    assert buttons(client, staff.editor, item) == ["修改", "加题目", "推送对象", "撤下"]
    assert buttons(client, staff.reviewer, item) == ["修改", "加题目", "推送对象", "通过", "退回", "撤下"]
    item.refresh_from_db()
    page = client.get(step("approve", item)).content.decode()
    assert "第二段。" in page
    assert "答案：B，出自第 2 段" in page
    press(client, staff.reviewer, step("approve", item), version=item.version)

    press(client, staff.editor, step("schedule", item), at="2026-10-13T10:05")
    item.refresh_from_db()
    assert (item.state, item.scheduled_at) == ("scheduled", TUESDAY)


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("multiple", "c、a", ["A", "C"]),
        ("true_false", "对", ["T"]),
        ("true_false", " 错 ", ["F"]),
        ("fill", "两|2\n十", [["两", "2"], ["十"]]),
    ],
)
def test_answers_are_typed_in_plain_words(client, org, staff, kind, typed, kept):  # noqa: F811
    item = draft(staff.editor, org.college_a)
    options = "一\n二\n三" if kind == "multiple" else ""
    press(
        client,
        staff.editor,
        step("question", item),
        kind=kind,
        stem="____和____",
        options=options,
        answer=typed,
    )
    assert QuestionVersion.objects.get().answer == kept


def test_a_word_that_is_neither_true_nor_false_is_refused(client, org, staff):  # noqa: F811
    item = draft(staff.editor, org.college_a)
    answer = press(
        client, staff.editor, step("question", item), kind="true_false", stem="是吗", answer="是的"
    )
    assert answer.status_code == 422
    assert "写“对”或“错”" in answer.content.decode()
    assert not QuestionVersion.objects.exists()


def test_who_comes_second_keeps_his_words(client, org, staff):  # noqa: F811
    item = draft(staff.editor, org.college_a)
    words = {"headline": "甲", "column": item.column_id, "body": "<p>一</p>", "version": item.version}
    press(client, staff.reviewer, step("change", item), **words)
    answer = press(client, staff.editor, step("change", item), **words | {"headline": "我写的题目"})
    assert answer.status_code == 409
    assert "孙审改过这篇内容" in answer.content.decode()
    assert "我写的题目" in answer.content.decode()


def test_submitting_lists_every_problem(client, org, staff):  # noqa: F811
    item = draft(staff.editor, org.college_a, summary="")
    page = press(client, staff.editor, step("submit", item)).content.decode()
    assert "还没有摘要" in page
    assert "还没有题目" in page


def test_a_foreign_item_does_not_exist(client, org, staff):  # noqa: F811
    item = in_review(staff.editor, org.college_a)
    client.force_login(staff.foreign)
    slugs = ("change", "question", "audience", "submit", "approve", "return", "withdraw")
    urls = [step(slug, item) for slug in slugs]
    urls += [
        reverse(f"admin:learning_item_{name}", args=[item.pk]) for name in ("change", "reach", "preview")
    ]
    urls += [reverse("admin:learning_item_weeks") + f"?branch={org.college_a.pk}"]
    assert {client.get(url).status_code for url in urls} == {404}
    assert {client.post(url).status_code for url in urls[:7]} == {404}
    assert item.title not in client.get(reverse("admin:learning_item_changelist")).content.decode()


def test_lists_end_where_the_right_ends(client, org, staff):  # noqa: F811
    own, above = (
        draft(staff.editor, org.a1, title="支部的"),
        draft(staff.editor, org.college_a, title="学院的"),
    )
    topics = [Topic.objects.create(branch=branch, name=f"专题{branch}") for branch in (org.a1, org.college_a)]
    client.force_login(staff.publicity)
    page = client.get(reverse("admin:learning_item_changelist")).content.decode()
    assert (own.title in page, above.title in page) == (True, False)
    page = client.get(reverse("admin:learning_topic_changelist")).content.decode()
    assert [topic.name in page for topic in topics] == [True, False]
    assert client.get(step("audience", own)).content.decode().count('name="branches"') == 1


# Whom it reaches


def test_the_audience_is_chosen_and_counted(client, org, staff, cast):  # noqa: F811
    User.objects.filter(pk=cast.league.pk).update(is_active=False)
    Preference.objects.create(person=cast.activist, category="push", wanted=False)
    item = approved(staff, org.college_a)
    answer = press(client, staff.editor, step("audience", item), branches=[org.a1.pk], stages=["activist"],
                   grades="2024、2025", version=item.version)  # fmt: skip
    assert answer.url == reverse("admin:learning_item_reach", args=[item.pk])
    item.refresh_from_db()
    assert (item.state, item.audience) == (
        "draft",
        audience_of(org.a1, stages=["activist"], grades=[2024, 2025]),
    )
    reach = client.get(answer.url).context_data["reach"]
    assert (reach.total, reach.reached) == (5, 1)
    assert [(group.count, group.names) for group in reach.left_out] == [(1, []), (3, []), (0, [])]
    assert [group.count for group in reach.inside] == [1, 0]
    assert reach.reached + sum(group.count for group in reach.left_out) == reach.total


def test_names_are_for_those_who_may_look_people_up(client, org, staff, cast):  # noqa: F811
    item = draft(staff.editor, org.a1, audience=audience_of(org.a1, stages=["activist"]))
    reach = reverse("admin:learning_item_reach", args=[item.pk])
    client.force_login(staff.editor)
    assert "许知夏" not in client.get(reach).content.decode()
    client.force_login(staff.secretary)
    assert "许知夏" in client.get(reach).content.decode()


def test_the_preview_stands_above_the_date(client, org, staff):  # noqa: F811
    item = approved(staff, org.college_a)
    client.force_login(staff.editor)
    page = client.get(step("schedule", item)).content.decode()
    assert "人会收到" in page
    assert page.index("人会收到") < page.index('name="at"')


def test_a_fourth_item_asks_for_the_tick(client, org, staff):  # noqa: F811
    for day in range(3):
        scheduled(staff, org.college_a, at=TUESDAY + dt.timedelta(days=day))
    item = approved(staff, org.college_a)
    answer = press(client, staff.editor, step("schedule", item), at="2026-10-16T10:05")
    assert answer.status_code == 409
    assert "已经有 3 篇" in answer.content.decode()
    press(client, staff.editor, step("schedule", item), at="2026-10-16T10:05", more_than_three="on")
    assert Item.objects.filter(state="scheduled").count() == 4


def test_the_preview_is_the_page_of_a_reader(client, org, staff):  # noqa: F811
    item = draft(staff.editor, org.college_a)
    client.force_login(staff.editor)
    answer = client.get(reverse("admin:learning_item_preview", args=[item.pk]))
    assert "learning/item.html" in [template.name for template in answer.templates]
    assert '<p id="p2">学习党章，是每个党员的基本功。</p>' in answer.content.decode()


# The calendar


@pytest.mark.parametrize("count", [1, 3])
def test_the_calendar_shows_weeks_with_their_items(client, org, staff, count, django_assert_num_queries):  # noqa: F811
    for day in range(count):
        scheduled(staff, org.college_a, at=TUESDAY + dt.timedelta(days=day))
    ItemFactory(branch=org.a1, title="别处的")
    DutyWeek.objects.create(branch=org.college_a, monday=dt.date(2026, 10, 12), editor=staff.editor)
    client.force_login(staff.editor)
    url = reverse("admin:learning_item_weeks")
    client.get(url)
    with django_assert_num_queries(13):
        page = client.get(url)
    now = page.context_data["weeks"][1]
    assert (now["monday"], now["count"], now["is_now"], now["editor"]) == (
        dt.date(2026, 10, 12),
        count,
        True,
        staff.editor,
    )
    assert now["warning"] == ("不到 2 篇" if count == 1 else "")
    assert [len(items) for _, items in now["days"]] == [0, *[1] * count, *[0] * (4 - count)]
    assert "别处的" not in page.content.decode()


@pytest.mark.parametrize("query", ["?from=x", "?from=0001-01-01", "?from=9999-12-31", "?from=2026-02-30"])
def test_a_week_that_is_none_is_the_present_one(client, org, staff, query):  # noqa: F811
    client.force_login(staff.editor)
    page = client.get(reverse("admin:learning_item_weeks") + query)
    assert page.context_data["weeks"][1]["is_now"]


# Topics, columns, the rota


def test_topics_are_written_in_ones_own_branches(client, org, staff):  # noqa: F811
    press(
        client, staff.editor, step("add", model="topic"), branch=org.college_a.pk, name="三严三实", position=1
    )
    topic = Topic.objects.get()
    answer = press(
        client, staff.editor, step("add", model="topic"), branch=org.college_a.pk, name="三严三实", position=1
    )
    assert "已经有同名的专题" in answer.content.decode()
    press(
        client, staff.editor, step("change", topic, "topic"), name="两学一做", position=2, until="2027-01-01"
    )
    topic.refresh_from_db()
    assert (topic.name, topic.until) == ("两学一做", dt.date(2027, 1, 1))
    assert press(client, staff.foreign, step("change", topic, "topic"), name="改").status_code == 404
    answer = press(
        client, staff.foreign, step("add", model="topic"), branch=org.college_a.pk, name="改", position=1
    )
    assert answer.status_code == 422


def test_columns_belong_to_the_university(client, org, staff, cast):  # noqa: F811
    column = Column.objects.get(name="资讯")
    answer = press(client, staff.editor, step("add", model="column"), name="新", position=9)
    assert answer.status_code == 403
    assert (
        press(client, staff.editor, step("change", column, "column"), name="新", position=9).status_code
        == 404
    )
    grant(cast.league, "editor", org.university)
    press(client, cast.league, step("change", column, "column"), name="新闻资讯", position=2)
    column.refresh_from_db()
    assert (column.name, column.is_open) == ("新闻资讯", False)


def test_one_editor_is_on_duty_in_a_week(client, org, staff):  # noqa: F811
    for editor in (staff.editor, staff.reviewer):
        press(client, staff.editor, step("save", model="dutyweek"), branch=org.college_a.pk, day="2026-10-15",
              editor=editor.pk)  # fmt: skip
    duty = DutyWeek.objects.get()
    assert (duty.monday, duty.editor) == (dt.date(2026, 10, 12), staff.reviewer)
    answer = press(client, staff.editor, step("save", model="dutyweek"), branch=org.a1.pk, day="2026-10-15",
                   editor=staff.foreign.pk)  # fmt: skip
    assert answer.status_code == 422
    press(client, staff.editor, step("clear", duty, "dutyweek"))
    assert not DutyWeek.objects.exists()


def test_the_import_map_of_the_editor_carries_the_nonce(client, org, staff):  # noqa: F811
    client.force_login(staff.editor)
    page = client.get(step("write"))
    nonce = page.headers["Content-Security-Policy"].split("'nonce-")[1].split("'")[0]
    assert f'<script type="importmap" nonce="{nonce}">' in page.content.decode()
