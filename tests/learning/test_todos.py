"""What learning puts on the home page."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from learning.actions.assignments import assign, mark_done
from learning.models import Item
from learning.todos import todos_for
from tests.factories import UserFactory
from tests.granting import grant
from tests.learning.factories import (
    ItemFactory,
    QuestionVersionFactory,
    audience_of,
    month_end_quiz,
    published_course,
)

pytestmark = pytest.mark.django_db


def at(text):
    return timezone.make_aware(dt.datetime.fromisoformat(text))


@pytest.fixture
def editor(org):
    person = UserFactory(name="编辑")
    grant(person, "editor", org.college_a)
    return person


def set_course(org, **fields):
    course = published_course(org.a1, **fields)
    due_at = timezone.now() + dt.timedelta(days=9)
    return assign(by=None, branch=org.a1, audience=audience_of(org.a1), due_at=due_at, course=course)


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_open_and_not_done_is_to_do(org, cast, count, django_assert_num_queries):
    tasks = [set_course(org, title=f"党课第 {n} 讲") for n in range(count)]
    with django_assert_num_queries(1):
        todos = todos_for(cast.member)
    assert [(todo.title, todo.due) for todo in todos] == [(str(task), task.due_at) for task in tasks]
    mark_done(person=cast.member, at=timezone.now(), course=tasks[0].course)
    assert len(todos_for(cast.member)) == count - 1


def test_a_quiz_is_to_do_while_it_is_open(org, cast):
    quiz = month_end_quiz(org.a1, title="2026 年 11 月测评")
    assign(by=None, branch=org.a1, audience=audience_of(org.a1), due_at=quiz.closes_at, quiz=quiz)
    (todo,) = todos_for(cast.league)
    assert (todo.title, todo.note) == ("2026 年 11 月测评", "月末测评，可以分几次答完")
    for moment in (quiz.opens_at - dt.timedelta(minutes=1), quiz.closes_at):
        with time_machine.travel(moment):
            assert todos_for(cast.league) == []


def test_a_long_title_is_cut(org, cast):
    set_course(org, title="中国共产党纪律处分条例学习辅导")
    assert [todo.title for todo in todos_for(cast.member)] == ["中国共产党纪律处分条例学习…"]


@pytest.mark.parametrize("day", ["2026-11-10 10:00", "2026-11-22 10:00"])
def test_reviewers_hear_how_much_of_others_waits(org, editor, day, django_assert_num_queries):
    for _ in range(2):
        ItemFactory(branch=org.a1, state=Item.State.IN_REVIEW)
    ItemFactory(branch=org.a1, state=Item.State.IN_REVIEW, author=editor)
    ItemFactory(branch=org.b1, state=Item.State.IN_REVIEW)
    QuestionVersionFactory(question__branch=org.a1, state="in_review", reviewer=None, reviewed_at=None)
    with time_machine.travel(at(day)), django_assert_num_queries(2 if "-10 " in day else 3):
        todos = todos_for(editor)
    assert [(todo.title, todo.note, todo.url) for todo in todos] == [
        ("审核推送内容", "有 2 份等你审核", "/admin/learning/item/?state__exact=in_review"),
        ("审核题目", "有 1 份等你审核", "/admin/learning/question/?state=in_review"),
    ]


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        ("2026-11-19 23:00", None),
        ("2026-11-20 00:00", "2026-11-25 00:00"),
        ("2026-11-26 10:00", "2026-11-28 08:00"),
        ("2026-11-28 08:00", None),
    ],
)
def test_editors_hear_what_the_quiz_lacks(org, cast, editor, moment, due):
    for day in (3, 4):
        item = ItemFactory(branch=org.a1, sent_at=at(f"2026-11-{day:02d} 09:00"))
        QuestionVersionFactory(question__branch=org.a1, question__item=item)
    with time_machine.travel(at(moment)):
        todos = todos_for(editor)
        assert [(todo.note, todo.due) for todo in todos] == (
            [("本科生第一党支部：还差 3 题", at(due))] if due else []
        )
        assert todos_for(cast.member) == []
