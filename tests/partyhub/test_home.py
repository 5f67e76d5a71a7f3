"""The home page answers one question: what do I have to do, by when."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.actions.offices import give_office
from accounts.roles import Stage
from core.todos import Todo
from partyhub import todos, views
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def wishes(monkeypatch):
    """Three apps with wishes of their own; the test fills the list."""
    rows = []
    sources = [lambda user, place=place: iter(rows[place::3]) for place in range(3)]
    monkeypatch.setattr(todos, "_sources", lambda: sources)
    return rows


def wish(number):
    due = timezone.now() + dt.timedelta(hours=number)
    return Todo(due, f"第 {number} 件", "规定的依据", f"/todo/{number}/")


@pytest.mark.parametrize("count", [1, 3, 300])
def test_the_page_costs_the_same_whatever_there_is_to_do(
    client, cast, wishes, count, django_assert_max_num_queries
):
    wishes.extend(wish(number) for number in range(count, 0, -1))
    client.force_login(cast.member)
    client.get("/")
    with django_assert_max_num_queries(12) as queries:
        answer = client.get("/")
    assert len(queries) == 5  # session, person, branch, unread, pushes
    assert [row.title for row in answer.context["todos"]] == [
        f"第 {n} 件" for n in range(1, min(count, 5) + 1)
    ]
    assert ("全部 300 件" in answer.content.decode()) == (count == 300)


@pytest.mark.parametrize("count", [1, 3])
def test_it_costs_a_secretary_the_same_however_many_branches(
    client, org, cast, count, django_assert_max_num_queries
):
    for branch in (org.a1, org.a2, org.b1)[:count]:
        give_office(person=cast.teacher, kind="secretary", branch=branch, by=None)
        UserFactory.create_batch(count, stage=Stage.ACTIVIST, branch=branch)
    client.force_login(cast.teacher)
    session = client.session
    session["seen_at"] -= 60  # the page also notes when it was last used
    session.save()
    with django_assert_max_num_queries(19):
        answer = client.get("/")
    assert [row.title for row in answer.context["todos"]].count("指定培养联系人") == count


def test_all_of_them_are_one_tap_away(client, cast, wishes):
    wishes.extend(wish(number) for number in (7, 2, 5, 1, 6, 3, 4))
    client.force_login(cast.member)
    assert [row.title for row in client.get("/todos/").context["todos"]] == [
        f"第 {n} 件" for n in range(1, 8)
    ]


def test_htmx_gets_the_list_alone(client, cast, wishes):
    wishes.append(wish(1))
    client.force_login(cast.member)
    answer = client.get("/", headers={"HX-Request": "true"})
    assert "第 1 件" in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert "HX-Request" in answer["Vary"]


def test_with_nothing_to_do_the_page_says_so(client, cast, wishes):
    client.force_login(cast.league)
    assert "今天没有要办的事" in client.get("/").content.decode()


def test_every_source_is_asked_by_its_module():
    assert all(source.__name__ == "todos_for" for source in todos._sources())


@pytest.mark.parametrize(
    ("who", "label"),
    [
        ("member", "学生党员"),
        ("teacher", "教师党员"),
        ("activist", "入党积极分子"),
        ("league", "普通共青团员"),
    ],
)
def test_everybody_sees_who_he_is(client, cast, who, label):
    client.force_login(getattr(cast, who))
    page = client.get("/").content.decode()
    assert label in page
    assert "本科生第一党支部" in page


def test_the_stepper_shows_dates_for_facts_only(client, cast, org):
    cast.activist.stage_changes.create(stage="applicant", effective_on="2025-10-08", branch=org.a1)
    cast.activist.stage_changes.create(
        stage="activist",
        effective_on="2026-03-01",
        branch=org.a1,
        voided_at=timezone.now(),
        voided_by=cast.member,
        void_reason="日期写错",
    )
    steps = views.growth_steps(cast.activist)
    assert [(step["label"], step["on"], step["done"], step["current"]) for step in steps] == [
        ("申请人", dt.date(2025, 10, 8), True, False),
        ("积极分子", None, False, True),
        ("发展对象", None, False, False),
        ("预备党员", None, False, False),
        ("正式党员", None, False, False),
    ]
    assert not any(step["done"] or step["current"] for step in views.growth_steps(cast.league))


def test_a_person_without_branch_is_told_so(client, cast):
    cast.member.memberships.update(until=timezone.localdate())
    client.force_login(cast.member)
    assert "还没有编入支部" in client.get("/me/").content.decode()
