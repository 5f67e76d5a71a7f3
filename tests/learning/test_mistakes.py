"""The book of mistakes (``targets.md`` B6)."""

import datetime as dt
import json
import random
import re

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from fsrs import Card, Rating, Scheduler
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from core.errors import Missing
from learning.actions.mistakes import note_answers, practise
from learning.models import Mistake, Question
from learning.rules import schedule
from tests.learning.factories import ItemFactory, QuestionVersionFactory, published_course

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


# Pages


@pytest.fixture
def book(org, cast, client):
    """The member's book, he being signed in: ``book(number)`` enters questions that are due now."""
    client.force_login(cast.member)

    def enter(number, person=cast.member, **fields):
        versions = QuestionVersionFactory.create_batch(
            number, question__branch=org.a1, **{"explanation": "理由在此"} | fields
        )
        questions = {version.question_id for version in versions}
        note_answers(person=person, right=(), wrong=questions, at=timezone.now() - 2 * DAY)
        return list(Mistake.objects.filter(person=person, question__in=questions).order_by("pk"))

    return enter


def page(mistake):
    return reverse("learning:mistake", args=[mistake.pk])


def test_the_book_lists_what_is_due_and_what_comes_later(client, cast, book):
    assertContains(client.get("/learning/mistakes/"), "错题本是空的")
    due, later = book(2, stem="今天的题"), book(1, stem="以后的题")[0]
    note_answers(person=cast.member, right=(), wrong={later.question_id}, at=timezone.now())
    response = client.get("/learning/mistakes/")
    assertContains(response, "今天可以练 2 题")
    assert [row.pk for row in response.context["due"]] == [row.pk for row in due]
    assert [row.pk for row in response.context["later"]] == [later.pk]


@pytest.mark.parametrize("count", [1, 3])
def test_the_book_costs_the_same_however_thick(client, book, count, django_assert_num_queries):
    book(count)
    client.get("/learning/mistakes/")
    with django_assert_num_queries(4):  # session, person, entries, versions
        client.get("/learning/mistakes/")


def test_nobody_opens_another_s_book(client, cast, org, book):
    foreign = book(1, person=cast.teacher)[0]
    assert client.get(page(foreign)).status_code == 404
    assert client.post(page(foreign), {"a": "B"}).status_code == 404
    assert client.get("/learning/mistakes/").context["count"] == 0
    with pytest.raises(Missing):
        practise(mistake=foreign, version=foreign.question.versions.get(), value=["B"], by=cast.member)


KINDS = {
    "single": {"options": ["甲甲", "乙乙"], "answer": ["B"]},
    "multiple": {"options": ["甲甲", "乙乙", "丙丙"], "answer": ["A", "C"]},
    "true_false": {"options": [], "answer": ["F"]},
    "fill": {"stem": "年满 ____ 岁", "options": [], "answer": [["十八", "18"]]},
}
ANSWERS = {
    "single": (["A"], ["B"]),
    "multiple": (["A", "C"], ["A", "B", "C"]),
    "true_false": (["T"], ["F"]),
    "fill": ([["十八"]], [["二十", "20"]]),
}
GIVEN = {
    "single": (["B"], ["A"], "正确 B"),
    "multiple": (["C", "A"], ["A"], "正确 AC"),
    "true_false": (["F"], ["T"], "正确 错"),
    "fill": (["18"], ["16"], "正确 十八"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_gives_nothing_away_before_it_is_answered(client, book, kind):
    """The page is the same, byte for byte, whatever the answer is."""
    mistake = book(1, kind=kind, **KINDS[kind])[0]
    pages = []
    for answer in ANSWERS[kind]:
        mistake.question.versions.update(answer=answer, explanation=f"理由在此 {answer}", basis=f"{answer}")
        text = client.get(page(mistake)).content.decode()
        pages.append(re.sub(r'nonce="[^"]*"|value="[^"]{64}"|"X-CSRFToken":"[^"]*"', "", text))
    assert pages[0] == pages[1]
    assert "理由在此" not in pages[0]


@pytest.mark.parametrize("is_right", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_is_judged_and_explained(client, book, kind, is_right):
    mistake = book(1, kind=kind, **KINDS[kind])[0]
    right, wrong, shown = GIVEN[kind]
    response = client.post(page(mistake), {"a": right if is_right else wrong})
    assertContains(response, "答对了" if is_right else "答错了")
    assertContains(response, shown)
    assertContains(response, "理由在此")
    assertContains(response, "党章第一条")
    mistake.refresh_from_db()
    assert mistake.successes == int(is_right)


@pytest.mark.parametrize("given", [[], ["E"], ["A", "B"], ["__"], [""]])
def test_what_is_no_answer_is_refused_and_counts_for_nothing(client, book, given):
    mistake = book(1)[0]
    response = client.post(page(mistake), {"a": given})
    assert response.status_code == 422
    assertContains(response, "请选好再看答案。", status_code=422)
    assert Mistake.objects.get().card == mistake.card


def test_practice_goes_through_what_is_due(client, book):
    first, second = book(2)
    assertRedirects(client.get("/learning/mistakes/practice/"), page(first))
    assertContains(client.post(page(first), {"a": "B"}), page(second))
    assertNotContains(client.post(page(second), {"a": "A"}), "下一题")
    assertRedirects(client.get("/learning/mistakes/practice/"), "/learning/mistakes/")


def test_sending_an_answer_twice_counts_once(client, book):
    mistake = book(1)[0]
    client.post(page(mistake), {"a": "B"})
    assertContains(client.post(page(mistake), {"a": "B"}), "这次不算数")
    assert Mistake.objects.get().successes == 1


def test_the_second_success_takes_it_out_of_the_book(client, book):
    mistake = book(1)[0]
    client.post(page(mistake), {"a": "B"})
    due = Mistake.objects.get().due_at
    with time_machine.travel(due, tick=False):
        client.force_login(mistake.person)
        assertContains(client.post(page(mistake), {"a": "B"}), "已经移出错题本")
        assertContains(client.get("/learning/mistakes/"), "错题本是空的")
        assert client.post(page(mistake), {"a": "B"}).status_code == 200


def test_a_replaced_question_is_practised_as_it_stands_now(client, book):
    mistake = book(1, stem="旧的说法")[0]
    mistake.question.versions.update(state="replaced")
    QuestionVersionFactory(question=mistake.question, number=2, stem="新的说法", answer=["A"])
    assertContains(client.get("/learning/mistakes/"), "新的说法")
    assertContains(client.post(page(mistake), {"a": "A"}), "答对了")


@pytest.mark.parametrize("gone", ["retired", "expired"])
def test_a_question_that_is_asked_no_more_is_not_practised(client, book, gone):
    mistake = book(1)[0]
    if gone == "retired":
        Question.objects.update(retired_at=timezone.now())
    else:
        mistake.question.versions.update(valid_until=timezone.localdate())
    assert client.get(page(mistake)).status_code == 404
    assertContains(client.get("/learning/mistakes/"), "错题本是空的")


def test_the_source_is_linked_for_those_who_may_open_it(client, org, cast, book):
    item = ItemFactory(branch=org.a1, title="两个务必")
    open_one = book(1, question__item=item, paragraph=2)[0]
    shut = book(1, question__item=ItemFactory(branch=org.b1), paragraph=1)[0]
    source = client.post(page(open_one), {"a": "A"}).context["source"]
    assert (source.name, source.item, source.place) == ("两个务必", item.pk, "#p2")
    assert client.post(page(shut), {"a": "A"}).context["source"] is None


def test_the_source_may_be_a_lesson(client, org, book):
    course = published_course(org.a1)
    lesson = course.current.lessons.first()
    mistake = book(1, question__course=course, question__lesson_key=lesson.key)[0]
    source = client.post(page(mistake), {"a": "A"}).context["source"]
    assert (source.course, source.lesson) == (course.pk, lesson)
