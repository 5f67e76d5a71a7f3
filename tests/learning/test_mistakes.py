"""The book of mistakes (``targets.md`` B6)."""

import datetime as dt
import json
import random

import pytest
from django.utils import timezone
from fsrs import Card, Rating, Scheduler

from learning.actions.mistakes import note_answers
from learning.models import Mistake
from learning.rules import schedule
from tests.learning.factories import QuestionVersionFactory

DAY = dt.timedelta(days=1)
START = dt.datetime(2026, 9, 7, 20, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))


@pytest.fixture
def question(org):
    return QuestionVersionFactory(question__branch=org.a1).question


def answer(person, question, correct, at):
    numbers = {question.pk}
    note_answers(person=person, right=numbers if correct else (), wrong=() if correct else numbers, at=at)
    return Mistake.objects.filter(person=person, question=question).first()


def midnight(at):
    return timezone.localtime(at).replace(hour=0, minute=0)


def test_a_wrong_answer_enters_the_book_for_the_next_day(cast, question):
    mistake = answer(cast.member, question, False, START)
    assert mistake.due_at == midnight(START) + DAY
    assert (mistake.successes, mistake.left_at) == (0, None)
    assert mistake.card["card_id"] == question.pk


def test_a_right_answer_enters_nothing(cast, question):
    assert answer(cast.member, question, True, START) is None


def test_two_successes_on_different_days_leave_the_book(cast, question):
    answer(cast.member, question, False, START)
    first = answer(cast.member, question, True, START + DAY)
    assert (first.successes, first.left_at) == (1, None)
    assert first.due_at > START + DAY
    again = answer(cast.member, question, True, START + DAY + dt.timedelta(hours=1))
    assert (again.successes, again.due_at) == (1, first.due_at)
    last = answer(cast.member, question, True, first.due_at)
    assert (last.successes, last.left_at) == (2, first.due_at)
    assert not Mistake.objects.kept().exists()


def test_a_right_answer_before_it_is_due_does_not_count(cast, question):
    before = answer(cast.member, question, False, START)
    after = answer(cast.member, question, True, START + dt.timedelta(hours=3))
    assert (after.card, after.due_at, after.successes) == (before.card, before.due_at, 0)


def test_a_mistake_between_two_successes_begins_again(cast, question):
    answer(cast.member, question, False, START)
    answer(cast.member, question, True, START + DAY)
    back = answer(cast.member, question, False, START + 2 * DAY)
    assert (back.successes, back.due_at) == (0, midnight(START) + 3 * DAY)


def test_a_question_that_left_comes_back_with_its_history(cast, question):
    at = START
    mistake = answer(cast.member, question, False, at)
    while mistake.left_at is None:
        at = mistake.due_at
        mistake = answer(cast.member, question, True, at)
    added = mistake.added_at
    assert answer(cast.member, question, True, at + 400 * DAY).left_at == at
    back = answer(cast.member, question, False, at + 401 * DAY)
    assert (back.left_at, back.successes, back.added_at) == (None, 0, added)
    assert back.card["stability"] != Card(card_id=1).stability


def test_wrong_wins_when_a_question_is_named_twice(cast, question):
    note_answers(person=cast.member, right={question.pk}, wrong={question.pk}, at=START)
    assert Mistake.objects.get().successes == 0


def test_books_are_kept_apart(cast, question):
    answer(cast.member, question, False, START)
    answer(cast.teacher, question, False, START)
    answer(cast.teacher, question, True, START + DAY)
    assert Mistake.objects.get(person=cast.member).successes == 0


@pytest.mark.parametrize("count", [1, 3, 30])
def test_a_sitting_costs_two_statements(org, cast, count, django_assert_num_queries):
    questions = {
        row.question_id for row in QuestionVersionFactory.create_batch(2 * count, question__branch=org.a1)
    }
    wrong = set(sorted(questions)[:count])
    note_answers(person=cast.member, right=(), wrong=questions, at=START)
    with django_assert_num_queries(2):
        note_answers(person=cast.member, right=questions - wrong, wrong=wrong, at=START + DAY)
    assert Mistake.objects.filter(successes=1).count() == count


def test_nothing_answered_costs_next_to_nothing(cast, django_assert_num_queries):
    with django_assert_num_queries(0):
        note_answers(person=cast.member, right=(), wrong=(), at=START)


def histories(number):
    """Random histories of answers: their hours and whether they were right."""
    chance = random.Random(20261108)
    for _ in range(number):
        at, history = START, []
        for _ in range(chance.randint(1, 25)):
            at += dt.timedelta(minutes=chance.choice([1, 30, 300, 1440, 3000, 20000, 90000]))
            history.append((at, chance.random() < 0.7))
        yield history


def by_reference(history):
    """The same history through the scheduler itself, one card in memory: what the book must say at the end."""
    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    card, successes, left_at = None, 0, None
    for at, correct in history:
        day = midnight(at).astimezone(dt.UTC)
        if not correct:
            card, _ = scheduler.review_card(card or Card(card_id=7), Rating.Again, day)
            successes, left_at = 0, None
        elif card and left_at is None and at >= card.due:
            card, _ = scheduler.review_card(card, Rating.Good, day)
            successes += 1
            left_at = at if successes == 2 else None
    return card and card.to_dict(), successes, left_at


def test_the_schedule_is_the_reference_scheduler_s():
    compared = 0
    for history in histories(1000):
        place = schedule.NOWHERE
        for at, correct in history:
            place = (
                schedule.after_success(place, at) if correct else schedule.after_mistake(place, at, number=7)
            )
            place = schedule.Place(
                json.loads(json.dumps(place.card)), place.due_at, place.successes, place.left_at
            )
        card, successes, left_at = by_reference(history)
        assert (place.card or None, place.successes, place.left_at) == (card, successes, left_at)
        compared += 1
    assert compared == 1000


def test_the_scheduler_is_never_random(cast, question):
    ends = {
        json.dumps(schedule.after_mistake(schedule.NOWHERE, START, 7).card, sort_keys=True) for _ in range(20)
    }
    assert len(ends) == 1
