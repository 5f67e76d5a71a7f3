import datetime as dt
import json
import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from learning.actions.attempts import save_answer, start_attempt, submit_attempt
from learning.models import Assignee, Assignment, Attempt, Mistake, QuizQuestion
from learning.rules import attempts as rules
from tests.learning.factories import (
    LessonFactory,
    QuestionVersionFactory,
    month_end_quiz,
    published_course,
)
from tests.learning.test_attempts import finish_lessons, withdraw

pytestmark = pytest.mark.django_db

JSON = {"HTTP_ACCEPT": "application/json"}
CANARY = "CANARY"
TRANSACTION = {"BEGIN", "BEGIN IMMEDIATE", "COMMIT"}


@pytest.fixture
def learner(client, cast):
    client.force_login(cast.activist)
    return cast.activist


@pytest.fixture
def quiz(org):
    return month_end_quiz(org.a1, questions=3)


@pytest.fixture
def paper(quiz, learner):
    return start_attempt(quiz=quiz, person=learner)


def address(paper, name="attempt"):
    return reverse(f"learning:{name}", args=[paper.pk])


def fields(response):
    """The hidden fields of the question form, as a browser would send them."""
    html = response.content.decode()
    form = html[html.index('id="qf"') :]
    return dict(re.findall(r'<input type="hidden" name="(q|sequence|key)" value="([^"]*)"', form)) | {
        "before": response.context["before"]
    }


def key_of(paper, position=1):
    return paper.answers.get(position=position).version.answer


def test_the_start_page_says_what_awaits_and_begins_it(client, quiz, learner):
    page = client.get(reverse("learning:quiz", args=[quiz.pk]))
    assert "3 题，不限时，60 分合格" in page.content.decode()
    started = client.post(reverse("learning:quiz", args=[quiz.pk]))
    paper = Attempt.objects.get()
    assert started.url == address(paper)
    assert "接着答" in client.get(reverse("learning:quiz", args=[quiz.pk])).content.decode()


def test_a_locked_self_test_says_why_and_begins_nothing(client, org, learner):
    course = published_course(org.a1, questions=2)
    answer = client.post(reverse("learning:quiz", args=[course.current.quiz.pk]))
    assert answer.status_code == 409
    assert "学完全部课节以后才能自测" in answer.content.decode()
    assert not Attempt.objects.exists()


def test_without_script_each_button_saves_and_goes_on(client, paper):
    page = client.get(address(paper))
    assert page.context["answer"].position == 1
    answer = client.post(address(paper), fields(page) | {"a": "B", "mark": "on", "go": "2"})
    assert answer.url == address(paper) + "?q=2"
    stored = paper.answers.get(position=1)
    assert (stored.value, stored.is_marked, stored.sequence) == (["B"], True, 1)
    page = client.get(answer.url)
    answer = client.post(address(paper), fields(page) | {"a": "A", "go": "check"})
    assert answer.url == address(paper) + "?q=2#submit"
    page = client.get(answer.url)
    assert "还有 1 题没答，现在交卷？" in page.content.decode()
    answer = client.post(address(paper), fields(page) | {"a": "B", "go": "submit"})
    assert answer.url == address(paper, "result")
    paper.refresh_from_db()
    assert paper.score == 2


def test_who_changed_nothing_saves_nothing(client, paper):
    page = client.get(address(paper))
    client.post(address(paper), fields(page) | {"go": "2"})
    assert paper.answers.get(position=1).sequence == 0


def test_blanks_keep_their_places(client, quiz, learner, org):
    version = QuestionVersionFactory(
        question__branch=org.a1,
        kind="fill",
        stem="____ 大 ____ 中全会",
        options=[],
        answer=[["十九"], ["六"]],
    )
    QuizQuestion.objects.create(quiz=quiz, position=9, version=version)
    paper = start_attempt(quiz=quiz, person=learner)
    position = paper.answers.get(version=version).position
    url = f"{address(paper)}?q={position}"
    client.post(address(paper), fields(client.get(url)) | {"a": ["", "六"], "go": "1"})
    assert paper.answers.get(version=version).value == ["", "六"]
    client.post(address(paper), fields(client.get(url)) | {"a": ["六", ""], "go": "1"})
    assert paper.answers.get(version=version).value == ["六", ""]
    client.post(address(paper), fields(client.get(url)) | {"a": ["", ""], "go": "1"})
    assert paper.answers.get(version=version).value is None


def test_another_phone_goes_on_at_the_first_unanswered(client, paper):
    for position in (1, 3):
        save_answer(attempt_id=paper.pk, position=position, person=paper.person, value=["A"], sequence=1)
    assert client.get(address(paper)).context["answer"].position == 2
    assert client.get(address(paper) + "?q=3").context["answer"].position == 3
    assert client.get(address(paper) + "?q=nonsense").context["answer"].position == 2


def test_a_tab_left_behind_is_told_and_shows_what_is_stored(client, paper):
    page = client.get(address(paper) + "?q=1")
    save_answer(attempt_id=paper.pk, position=1, person=paper.person, value=["C"], sequence=1)
    answer = client.post(address(paper), fields(page) | {"a": "A", "go": "2"})
    assert answer.status_code == 409
    assert "这道题在另一个页面改过" in answer.content.decode()
    assert [one.key for one in answer.context["options"] if one.is_chosen] == ["C"]
    assert answer.context["next_sequence"] == 2


def test_a_program_gets_the_saved_state(client, paper):
    data = {"q": 1, "sequence": 1, "a": "B", "go": "save"}
    saved = client.post(address(paper), data, **JSON)
    assert saved.json() == {
        "sequence": 1,
        "saved_at": f"{timezone.localtime():%H:%M}",
        "left": None,
    }
    old = client.post(address(paper), data | {"a": "C"}, **JSON)
    assert old.status_code == 409
    body = old.json()
    assert (body["code"], body["value"], body["sequence"], body["is_marked"]) == (
        "changed_elsewhere",
        ["B"],
        1,
        False,
    )


@pytest.mark.parametrize(
    "data",
    [{}, {"q": "x", "sequence": 1}, {"q": 1, "sequence": -1}, {"q": 1, "sequence": 1, "go": "elsewhere"}]
    + [
        {"q": 1, "sequence": 1, "go": "submit", "queue": queue}
        for queue in ("{", '{"a": 1}', "[1]", '[{"q": 1}]', json.dumps([{}] * 201))
    ],
)
def test_a_broken_request_changes_nothing(client, paper, data):
    assert client.post(address(paper), data).status_code == 400
    paper.refresh_from_db()
    assert paper.state == "open"


def test_a_foreign_paper_does_not_exist(client, paper, cast):
    client.force_login(cast.member)
    assert client.get(address(paper)).status_code == 404
    assert client.get(address(paper, "result")).status_code == 404
    for go in ("save", "submit", "reconnected", "2"):
        data = {"q": 1, "sequence": 1, "a": "B", "go": go}
        assert client.post(address(paper), data).status_code == 404
    assert paper.answers.get(position=1).value is None


def test_what_the_phone_kept_goes_along_with_the_paper(client, paper):
    page = client.get(address(paper))
    queue = [{"q": n, "a": ["B"], "mark": n == 2, "sequence": 1} for n in (2, 3)]
    data = fields(page) | {"a": "B", "go": "submit", "queue": json.dumps(queue)}
    client.post(address(paper), data)
    paper.refresh_from_db()
    assert (paper.score, paper.answers.get(position=2).is_marked) == (3, True)
    again = client.post(address(paper), data)
    assert again.url == address(paper, "result")
    assert paper.events.filter(kind="submitted").count() == 1


def test_a_score_from_the_client_is_ignored(client, paper):
    client.post(address(paper), {"q": 1, "sequence": 1, "go": "submit", "score": 3, "points": 3, "key": "k"})
    paper.refresh_from_db()
    assert paper.score == 0


def test_coming_back_online_is_written_down(client, paper):
    client.post(address(paper), {"q": 1, "sequence": 1, "go": "reconnected"}, **JSON)
    assert list(paper.events.values_list("kind", flat=True)) == ["started", "reconnected"]


def test_a_withdrawn_quiz_tells_the_next_tap_kindly(client, paper, cast):
    page = client.get(address(paper))
    withdraw(paper.quiz, cast.teacher)
    tapped = client.post(address(paper), {"q": 1, "sequence": 1, "a": "B", "go": "save"}, **JSON)
    assert (tapped.status_code, tapped.json()["code"]) == (409, "withdrawn")
    followed = client.post(address(paper), fields(page) | {"a": "B", "go": "2"}, follow=True)
    assert "已经答的不计成绩，也不影响你" in followed.content.decode()
    handed_in = client.post(address(paper), fields(page) | {"a": "B", "go": "submit"}, follow=True)
    assert "这份测评撤下了" in handed_in.content.decode()


def test_after_the_end_only_handing_in_is_left(client, org, learner):
    quiz = month_end_quiz(org.a1, seconds=600)
    paper = start_attempt(quiz=quiz, person=learner)
    save_answer(attempt_id=paper.pk, position=1, person=learner, value=["B"], sequence=1)
    page = client.get(address(paper))
    assert 590 <= page.context["left"] <= 600
    with time_machine.travel(paper.ends_at + rules.GRACE + dt.timedelta(seconds=1), tick=False):
        tapped = client.post(address(paper), {"q": 2, "sequence": 1, "a": "B", "go": "save"}, **JSON)
        assert tapped.json()["code"] == "too_late"
        assert "时间到了" in client.get(address(paper)).content.decode()
        over = {"q": 1, "sequence": 0, "before": "[[], false]", "key": "k", "go": "submit"}
        shown = client.post(address(paper), over, follow=True)
    assert "按当时保存的答案交的卷" in shown.content.decode()
    paper.refresh_from_db()
    assert paper.score == 1


def test_the_result_shows_the_score_at_once_and_the_key_after_the_window(client, paper, quiz):
    submit_attempt(
        attempt=paper,
        person=paper.person,
        key="k",
        answers=[{"position": 1, "value": ["B"], "sequence": 1}],
    )
    page = client.get(address(paper, "result")).content.decode()
    assert "33 分，满分 100 分" in page
    assert "因为是乙" not in page
    with time_machine.travel(quiz.closes_at + rules.GRACE + dt.timedelta(seconds=1), tick=False):
        client.force_login(paper.person)
        response = client.get(address(paper, "result"))
        page = response.content.decode()
        everything = client.get(address(paper, "result") + "?show=all")
    assert [one.answer.position for one in response.context["explained"]] == [2, 3]
    assert len(everything.context["explained"]) == 3
    first = response.context["explained"][0]
    item = first.answer.version.question.item
    assert (first.own, first.source) == ("没有答", "第一段。")
    assert first.link == reverse("learning:item", args=[item.pk]) + "#p1"
    assert "因为是乙。" in page
    assert "出处：党章第一条" in page


def test_the_text_of_a_withdrawn_item_stays_withdrawn(client, paper, quiz, cast):
    submit_attempt(attempt=paper, person=paper.person, key="k")
    item = quiz.questions.first().item
    item.state, item.withdrawn_at = "withdrawn", timezone.now()
    item.withdrawn_by, item.withdraw_reason = cast.teacher, "有误"
    item.save()
    with time_machine.travel(quiz.closes_at + dt.timedelta(hours=1), tick=False):
        client.force_login(paper.person)
        explained = client.get(address(paper, "result")).context["explained"]
    sources = {one.where: one.source for one in explained}
    assert sources[item.title] == ""
    assert sorted(sources.values()) == ["", "第一段。", "第一段。"]


def test_a_self_test_explains_at_once_from_its_lesson(client, org, learner):
    course = published_course(org.a1, lessons=0, questions=1)
    lesson = LessonFactory(version=course.current, position=1, body="<p>甲</p><p>乙的由来。</p>")
    question = course.questions.get()
    question.lesson_key = lesson.key
    question.save()
    question.versions.update(paragraph=2)
    finish_lessons(learner, course)
    paper = start_attempt(quiz=course.current.quiz, person=learner)
    submit_attempt(attempt=paper, person=learner, key="k")
    [one] = client.get(address(paper, "result")).context["explained"]
    assert (one.right, one.source) == (
        one.options[[o.key for o in one.options].index("B")].letter,
        "乙的由来。",
    )
    assert one.link.endswith("#p2")


def test_an_open_paper_has_no_result_and_a_closed_one_no_questions(client, paper):
    assert client.get(address(paper, "result")).url == address(paper)
    submit_attempt(attempt=paper, person=paper.person, key="k")
    assert client.get(address(paper)).url == address(paper, "result")


def test_the_key_never_leaves_during_a_sitting(client, org, learner):
    """Canaries in everything only the author knows; nothing that is answered during the sitting holds one."""
    quiz = month_end_quiz(org.a1, questions=0)
    secret = {"explanation": f"{CANARY}-why", "basis": f"{CANARY}-basis"}
    QuizQuestion.objects.create(
        quiz=quiz, position=1, version=QuestionVersionFactory(question__branch=org.a1, **secret)
    )
    fill = QuestionVersionFactory(
        question__branch=org.a1, kind="fill", stem="____", options=[], answer=[[f"{CANARY}-key"]], **secret
    )
    QuizQuestion.objects.create(quiz=quiz, position=2, version=fill)
    answers = [client.get(reverse("learning:quiz", args=[quiz.pk]))]
    answers.append(client.post(reverse("learning:quiz", args=[quiz.pk])))
    paper = Attempt.objects.get()
    for position in (1, 2):
        answers.append(client.get(f"{address(paper)}?q={position}"))
        for accept in ({}, JSON):
            for value, sequence in [("B", 1), ("Z", 2), ("B", 0), (f"{CANARY[:3]}", 3)]:
                data = {"q": position, "sequence": sequence, "a": value, "go": "save"}
                answers.append(client.post(address(paper), data, **accept))
    answers.append(client.post(address(paper), {"q": 1, "sequence": 9, "go": "submit", "key": "k"}))
    answers.append(client.get(address(paper, "result")))
    answers.append(client.get(reverse("learning:mistakes")))
    assert {200, 302, 409, 422} <= {answer.status_code for answer in answers}
    for answer in answers:
        assert CANARY not in answer.content.decode() + str(answer.headers)
        assert '"answer"' not in answer.content.decode()
    with time_machine.travel(quiz.closes_at + dt.timedelta(hours=1), tick=False):
        client.force_login(learner)
        assert CANARY in client.get(address(paper, "result")).content.decode()


def test_the_book_of_mistakes_waits_until_the_quiz_is_over(client, paper, quiz):
    submit_attempt(attempt=paper, person=paper.person, key="k")
    mistake = Mistake.objects.filter(person=paper.person).first()
    book = reverse("learning:mistake", args=[mistake.pk])
    assert client.get(book).status_code == client.post(book, {"a": "A"}).status_code == 404
    with time_machine.travel(quiz.closes_at + rules.GRACE + dt.timedelta(seconds=1), tick=False):
        client.force_login(paper.person)
        assert client.get(book).status_code == 200


@pytest.mark.parametrize("questions", [5, 20])
def test_one_save_costs_four_statements(client, org, learner, questions, django_assert_num_queries):
    """Session, person, the answer with its paper, the conditional UPDATE; no transaction around them."""
    paper = start_attempt(quiz=month_end_quiz(org.a1, questions=questions), person=learner)
    client.get("/")
    data = {"q": 1, "sequence": 1, "a": "B", "go": "save"}
    with django_assert_num_queries(4):
        assert client.post(address(paper), data, **JSON).status_code == 200
    with django_assert_num_queries(3):
        assert client.post(address(paper), data, **JSON).status_code == 200
    with django_assert_num_queries(3):
        assert client.post(address(paper), data | {"a": "C"}, **JSON).status_code == 409


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("questions", [5, 20])
def test_a_whole_quiz_costs_the_same_however_many_questions(client, org, learner, questions):
    """Open, start, hand everything in, see the score: real transactions, so that nothing but the portal counts."""
    quiz = month_end_quiz(org.a1, questions=questions)
    task = Assignment.objects.create(branch=org.a1, quiz=quiz, audience=quiz.audience, due_at=quiz.closes_at)
    Assignee.objects.create(assignment=task, person=learner)
    client.get("/")
    counts = {}

    def count(step, ask):
        with CaptureQueriesContext(connection) as queries:
            response = ask()
        around = sum(query["sql"] in TRANSACTION for query in queries.captured_queries)
        counts[step] = (len(queries) - around, around)
        return response

    url = reverse("learning:quiz", args=[quiz.pk])
    count("open", lambda: client.get(url))
    started = count("start", lambda: client.post(url))
    page = count("paper", lambda: client.get(started.url))
    letters = "A" + "B" * (questions - 1)  # one is wrong, for the book of mistakes
    queue = json.dumps(
        [{"q": n, "a": [letter], "mark": False, "sequence": 1} for n, letter in enumerate(letters, start=1)]
    )
    data = fields(page) | {"go": "submit", "queue": queue}
    result = count("submit", lambda: client.post(started.url, data))
    shown = count("score", lambda: client.get(result.url))
    assert f"{100 - 100 // questions} 分，满分 100 分" in shown.content.decode()
    assert counts == {
        "open": (4, 0),
        "start": (9, 2),
        "paper": (3, 0),
        "submit": (11, 2),
        "score": (3, 0),
    }
    assert sum(work for work, _ in counts.values()) <= 30
