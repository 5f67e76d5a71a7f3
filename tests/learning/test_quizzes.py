"""Which questions the month-end quiz asks, who has to take it, and what happens when there are too few."""

import datetime as dt
import os
import signal

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from accounts.models import Audience, Branch
from accounts.roles import Stage
from core.audit.models import AuditEntry
from core.errors import Conflict, Invalid, Missing
from learning.actions import quizzes as actions
from learning.actions.assignments import mark_done
from learning.actions.attempts import start_attempt
from learning.actions.items import withdraw_item
from learning.actions.quizzes import assemble_quiz, repair_quizzes_with, tend_quizzes, withdraw_quiz
from learning.models import Assignee, Assignment, Item, Question, QuestionVersion, Quiz
from learning.rules import quizzes as rules
from notifications.models import Message, Recipient, State
from tests.factories import BranchFactory, UserFactory
from tests.granting import grant
from tests.learning.factories import ItemFactory, QuestionVersionFactory, audience_of

pytestmark = pytest.mark.django_db

PERIOD = "2026-11"
ASSEMBLING = "2026-11-25 00:05"
OPENING = "2026-11-28 08:01"


def at(text):
    return timezone.make_aware(dt.datetime.fromisoformat(text))


def on(text):
    return time_machine.travel(at(text), tick=False)


def item(branch, questions=1, day=3, **fields):
    """An item sent on a day of November with approved questions."""
    sent = ItemFactory(branch=branch, sent_at=at(f"2026-11-{day:02d} 09:00"), **fields)
    for _ in range(questions):
        QuestionVersionFactory(question__branch=branch, question__item=sent)
    return sent


def told(kind):
    rows = Recipient.objects.filter(message__kind=kind).exclude(state=State.CANCELLED)
    return set(rows.values_list("person", flat=True))


def asked(quiz):
    return [row.item_id for row in quiz.questions.order_by("position")]


@pytest.fixture
def editor(org):
    person = UserFactory(name="编辑")
    grant(person, "editor", org.college_a)
    return person


@pytest.fixture
def items(org, editor):
    return [item(org.a1, day=day) for day in range(3, 9)]


@pytest.fixture
def quiz(org, cast, items):
    with on(ASSEMBLING):
        return assemble_quiz(branch=org.a1, period=PERIOD)


# What is asked


def test_one_question_of_each_item_in_the_order_they_were_sent(org, cast, items):
    item(org.a1, questions=3, day=20)
    with on(ASSEMBLING):
        quiz = assemble_quiz(branch=org.a1, period=PERIOD)
    assert asked(quiz) == [*(sent.pk for sent in items), Item.objects.get(sent_at__day=20).pk]


def test_second_questions_only_fill_up_to_five_spread_over_the_items(org, cast):
    for day in (3, 4, 5):
        item(org.a1, questions=4, day=day)
    with on(ASSEMBLING):
        quiz = assemble_quiz(branch=org.a1, period=PERIOD)
    numbers = [asked(quiz).count(sent.pk) for sent in Item.objects.all()]
    assert sorted(numbers) == [1, 2, 2]


def test_at_most_fifteen_of_many_items(org, cast):
    for day in range(1, 21):
        item(org.a1, questions=2, day=day)
    with on(ASSEMBLING):
        quiz = assemble_quiz(branch=org.a1, period=PERIOD)
    assert len(asked(quiz)) == len(set(asked(quiz))) == 15


def test_only_what_stands_and_is_usable_is_asked(org, cast, items, editor):
    today = dt.date(2026, 11, 25)
    item(org.a2, day=10)
    expiring = item(org.a1, day=11)
    QuestionVersion.objects.filter(question__item=expiring).update(valid_until=today + dt.timedelta(days=5))
    early = item(org.a1, day=12)
    QuestionVersion.objects.filter(question__item=early).update(valid_from=today + dt.timedelta(days=1))
    retired = item(org.a1, day=13)
    Question.objects.filter(item=retired).update(retired_at=timezone.now())
    unapproved = item(org.a1, day=14)
    QuestionVersion.objects.filter(question__item=unapproved).update(state="draft")
    last_month = item(org.a1, day=15)
    Item.objects.filter(pk=last_month.pk).update(sent_at=at("2026-10-31 23:59"))
    with on(ASSEMBLING):
        quiz = assemble_quiz(branch=org.a1, period=PERIOD)
    assert asked(quiz) == [sent.pk for sent in items]


def test_the_same_questions_whoever_assembles_and_how_often(org, cast, editor):
    for day in (3, 4, 5):
        item(org.a1, questions=4, day=day)
    with on(ASSEMBLING):
        found = list(rules.candidates(org.a1, PERIOD))
        once = rules.choose(found, seed="7")
        assert rules.choose(found, seed="7") == once
        assert {tuple(rules.choose(found, seed=str(n))) for n in range(20)} != {tuple(once)}


# Whose task it is


def test_everybody_may_take_it_and_it_is_the_task_of_those_on_the_way(org, cast, quiz):
    assert quiz.audience == Audience.objects.obtain([org.a1])
    on_the_way = {cast.member.pk, cast.probationary.pk, cast.teacher.pk, cast.activist.pk}
    assert set(quiz.assignment.assignees.values_list("person", flat=True)) == on_the_way
    assert (quiz.assignment.due_at, quiz.is_late, quiz.title) == (quiz.closes_at, False, "2026 年 11 月测评")
    assert not told("quiz_open")
    assert AuditEntry.objects.get(action="learning.quiz_assembled").subject_id == str(quiz.pk)


def test_who_was_sent_the_items_may_take_the_quiz_but_need_not(org, cast):
    league = BranchFactory(name="商学院团委", kind=Branch.Kind.LEAGUE_GENERAL)
    classmate = UserFactory(branch=league)
    for day in range(3, 8):
        item(org.college_a, day=day, audience=audience_of(org.college_a, league))
    with on(ASSEMBLING):
        quiz = assemble_quiz(branch=org.college_a, period=PERIOD)
        assert quiz in Quiz.objects.visible_to(classmate)
    assert cast.activist.pk in quiz.assignment.assignees.values_list("person", flat=True)
    assert not quiz.assignment.assignees.filter(person=classmate).exists()


def test_it_is_told_at_the_opening_and_on_the_last_day_to_those_who_are_not_done(org, cast, quiz):
    mark_done(person=cast.member, at=timezone.now(), quiz=quiz)
    on_the_way = {cast.probationary.pk, cast.teacher.pk, cast.activist.pk}
    with on("2026-11-28 07:59"):
        tend_quizzes()
        assert not told("quiz_open")
    with on(OPENING):
        tend_quizzes()
        tend_quizzes()
        assert told("quiz_open") == on_the_way
        mark_done(person=cast.activist, at=timezone.now(), quiz=quiz)
        assert told("quiz_open") == on_the_way - {cast.activist.pk}
    with on("2026-11-30 07:59"):
        tend_quizzes()
        assert not told("quiz_last_day")
    with on("2026-11-30 08:00"):
        tend_quizzes()
        tend_quizzes()
    assert told("quiz_last_day") == on_the_way - {cast.activist.pk}
    assert Message.objects.get(kind="quiz_last_day").words == {
        "title": "2026 年 11 月测评",
        "due": "11 月 30 日 周一 22:00",
    }


def test_a_branch_in_which_nobody_is_on_the_way_gets_its_quiz_too(org, items):
    league = UserFactory(stage=Stage.LEAGUE_MEMBER, branch=org.a1)
    with on(ASSEMBLING):
        quiz = assemble_quiz(branch=org.a1, period=PERIOD)
    assert Quiz.objects.visible_to(league).get() == quiz
    assert not Assignee.objects.exists()


# Too few


def test_with_four_questions_there_is_no_quiz_and_the_editors_hear_of_it_once(org, cast, items, editor):
    Question.objects.filter(item__in=items[:2]).update(retired_at=timezone.now())
    with on("2026-11-19 12:00"):
        tend_quizzes()
        assert not told("quiz_short")
    with on("2026-11-20 12:00"):
        tend_quizzes()
        tend_quizzes()
    assert told("quiz_short") == {editor.pk}
    assert Message.objects.get(kind="quiz_short").words == {
        "title": "2026 年 11 月测评",
        "missing": 1,
        "due": "11 月 25 日 周三 00:00",
    }
    with on(ASSEMBLING):
        tend_quizzes()
    assert not Quiz.objects.exists()
    assert Recipient.objects.filter(message__kind="quiz_short").count() == 1


def test_what_is_planned_until_the_25th_counts_for_the_warning(org, cast, items, editor):
    Item.objects.filter(pk__in=[sent.pk for sent in items[:2]]).update(
        state=Item.State.SCHEDULED, sent_at=None, scheduled_at=at("2026-11-24 09:00")
    )
    with on("2026-11-20 12:00"):
        tend_quizzes()
        assert not told("quiz_short")
    with on("2026-11-25 00:05"):  # they never went out
        tend_quizzes()
    assert told("quiz_short") == {editor.pk}


def test_a_quiz_that_was_short_is_made_when_the_questions_come(org, cast, items):
    Question.objects.filter(item__in=items[:2]).update(retired_at=at("2026-11-24 09:00"))
    with on(ASSEMBLING):
        tend_quizzes()
        assert not Quiz.objects.exists()
    with on("2026-11-27 15:00"):
        QuestionVersionFactory(
            question__branch=org.a1, question__item=items[2], reviewed_at=at("2026-11-27 14:00")
        )
        tend_quizzes()
        quiz = Quiz.objects.get()
        assert (quiz.is_late, quiz.questions.count()) == (True, 5)
        assert (quiz.opens_at, quiz.closes_at) == rules.window(PERIOD)


def test_a_month_that_was_short_at_the_opening_stays_without(org, cast, items):
    Question.objects.filter(item__in=items[:2]).update(retired_at=at("2026-11-24 09:00"))
    with on("2026-11-29 15:00"):
        QuestionVersionFactory(
            question__branch=org.a1, question__item=items[2], reviewed_at=at("2026-11-28 09:00")
        )
        tend_quizzes()
    assert not Quiz.objects.exists()


def test_an_editor_may_press_the_button_and_gets_the_one_that_exists(org, cast, quiz, editor):
    with on("2026-11-26 10:00"):
        assert assemble_quiz(branch=org.a1, period=PERIOD, by=editor) == quiz
        with pytest.raises(Missing):
            assemble_quiz(branch=org.a1, period=PERIOD, by=cast.member)
        with pytest.raises(Missing):
            assemble_quiz(branch=org.b1, period=PERIOD, by=editor)
        with pytest.raises(Conflict, match="还差 5 题"):
            assemble_quiz(branch=org.a2, period=PERIOD, by=editor)
        for period in ("2026-12", "2026-09"):
            with pytest.raises(Conflict, match="25 日起"):
                assemble_quiz(branch=org.a1, period=period, by=editor)


# Between assembling and opening


def withdraw(sent, by):
    Item.objects.filter(pk=sent.pk).update(
        state=Item.State.WITHDRAWN, withdrawn_at=timezone.now(), withdrawn_by=by, withdraw_reason="有误"
    )


def test_the_question_of_a_withdrawn_item_gives_way_to_another_of_the_month(org, quiz, items, editor):
    QuestionVersionFactory(question__branch=org.a1, question__item=items[3])
    withdraw(items[0], editor)
    with on("2026-11-27 10:00"):
        repair_quizzes_with(item=items[0])
    assert sorted(asked(quiz)) == sorted([*(sent.pk for sent in items[1:]), items[3].pk])
    assert AuditEntry.objects.filter(action="learning.quiz_repaired").count() == 1
    with on("2026-11-27 10:10"):
        tend_quizzes()
    assert AuditEntry.objects.filter(action="learning.quiz_repaired").count() == 1


def test_without_another_it_is_left_out(quiz, items, editor):
    withdraw(items[0], editor)
    with on("2026-11-27 10:00"):
        tend_quizzes()
    assert asked(quiz) == [sent.pk for sent in items[1:]]
    assert list(quiz.questions.values_list("position", flat=True)) == [1, 2, 3, 4, 5]


def test_a_new_version_takes_the_place_of_the_old_one(quiz, items):
    old = QuestionVersion.objects.get(question__item=items[0])
    QuestionVersion.objects.filter(pk=old.pk).update(state="replaced")
    new = QuestionVersionFactory(question=old.question, number=2, reviewed_at=at("2026-11-26 09:00"))
    with on("2026-11-27 10:00"):
        tend_quizzes()
    assert quiz.questions.get(position=1).version == new


def test_below_five_it_is_undone_the_editors_hear_of_it_and_it_is_tried_again(org, cast, quiz, items, editor):
    for sent in items[:2]:
        withdraw(sent, editor)
    with on("2026-11-26 10:00"):
        tend_quizzes()
        assert not Quiz.objects.exists()
        assert not Assignment.objects.exists()
        assert told("quiz_short") == {editor.pk}
        assert AuditEntry.objects.get(action="learning.quiz_undone").reason == "还差 1 题"
    with on("2026-11-27 10:00"):
        QuestionVersionFactory(
            question__branch=org.a1, question__item=items[3], reviewed_at=at("2026-11-27 09:00")
        )
        tend_quizzes()
    assert Quiz.objects.get().questions.count() == 5


def test_an_open_quiz_is_not_touched(quiz, items, editor):
    withdraw(items[0], editor)
    with on(OPENING):
        repair_quizzes_with(item=items[0])
        tend_quizzes()
    assert quiz.questions.count() == 6


def test_withdrawing_an_item_repairs_the_quiz_at_once(org, quiz, items, editor):
    with on("2026-11-27 10:00"):
        withdraw_item(item=items[0], reason="数字有误", by=editor)
    assert asked(quiz) == [sent.pk for sent in items[1:]]


# Taking it back


def test_a_quiz_is_taken_back_while_people_are_in_it(org, cast, quiz, editor):
    with on(OPENING):
        tend_quizzes()
        attempt = start_attempt(quiz=quiz, person=cast.member)
        with pytest.raises(Missing):
            withdraw_quiz(quiz=quiz, reason="题目有误", by=cast.member)
        with pytest.raises(Invalid):
            withdraw_quiz(quiz=quiz, reason="误", by=editor)
        withdraw_quiz(quiz=quiz, reason="题目有误", by=editor)
        withdraw_quiz(quiz=quiz, reason="题目有误", by=editor)
        tend_quizzes()
    attempt.refresh_from_db()
    assert attempt.state == "void"
    assert told("quiz_withdrawn") == {cast.member.pk}
    assert not told("quiz_open")
    assert not Assignee.objects.standing().exists()
    assert AuditEntry.objects.get(action="learning.quiz_withdrawn").reason == "题目有误"
    assert Quiz.objects.get().withdraw_reason == "题目有误"


# At the desk


def test_an_editor_makes_and_takes_back_a_quiz_at_his_desk(client, org, cast, items, editor):
    with on("2026-11-25 10:00"):
        client.force_login(editor)
        answer = client.post("/admin/learning/quiz/do/assemble/", {"branch": org.a1.pk, "period": PERIOD})
        quiz = Quiz.objects.get()
        assert answer.url == f"/admin/learning/quiz/{quiz.pk}/change/"
        page = client.get(answer.url).content.decode()
        assert "0 / 4 人" in page
        assert all(row.version.stem in page for row in quiz.questions.all())
        assert "未开放" in client.get("/admin/learning/quiz/").content.decode()
        client.post(f"/admin/learning/quiz/{quiz.pk}/do/withdraw/", {"reason": "题目有误"})
    quiz.refresh_from_db()
    assert quiz.withdrawn_by == editor


# All or nothing


def count_all():
    return [model.objects.count() for model in (Quiz, Assignment, Assignee)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["_create", "_ask", "assign", "record", "tell"])
@pytest.mark.parametrize("before", [True, False])
def test_kill_nine_inside_leaves_all_or_nothing(org, cast, items, step, before):
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()
    real = getattr(actions, step)

    def die(*args, **kwargs):
        if not before:
            real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    if (worker := os.fork()) == 0:
        setattr(actions, step, die)
        with on(OPENING if step == "tell" else ASSEMBLING):
            tend_quizzes()
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(worker, 0)[1]) == signal.SIGKILL
    whole = [1, 1, 4]
    assert count_all() == (whole if step == "tell" else [0, 0, 0])
    with on(OPENING):
        tend_quizzes()
    assert count_all() == whole
    assert Quiz.objects.get().questions.count() == 6
    assert Recipient.objects.filter(message__kind="quiz_open").count() == 4
