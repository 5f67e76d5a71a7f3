import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from core.errors import Conflict, Invalid, Missing
from learning.actions import attempts as actions
from learning.actions.attempts import (
    close_attempt,
    close_overdue_attempts,
    erase_old_answers,
    save_answer,
    start_attempt,
    submit_attempt,
    void_attempts,
)
from learning.models import (
    Answer,
    Assignee,
    Assignment,
    Attempt,
    Completion,
    LessonProgress,
    Mistake,
    QuestionVersion,
    QuizQuestion,
)
from learning.rules import attempts as rules
from learning.rules import papers
from tests.factories import UserFactory
from tests.learning.factories import QuestionVersionFactory, month_end_quiz, published_course

pytestmark = pytest.mark.django_db

CLOSES = dt.datetime(2026, 11, 30, 22, tzinfo=dt.timezone(dt.timedelta(hours=8)))
OPENS = CLOSES - dt.timedelta(days=2, hours=14)
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def learner(cast):
    return cast.activist


@pytest.fixture
def quiz(org):
    return month_end_quiz(org.a1, questions=5)


@pytest.fixture
def paper(quiz, learner):
    return start_attempt(quiz=quiz, person=learner)


def save(paper, position, value, sequence, person=None, **more):
    return save_answer(
        attempt_id=paper.pk,
        position=position,
        person=person or paper.person,
        value=value,
        sequence=sequence,
        **more,
    )


def submit(paper, key="k", answers=()):
    return submit_attempt(attempt=paper, person=paper.person, key=key, answers=answers)


def stored(paper, position):
    return Answer.objects.get(attempt=paper, position=position)


def kinds(paper):
    return list(paper.events.values_list("kind", flat=True))


def finish_lessons(person, course):
    for lesson in course.current.lessons.all():
        LessonProgress.objects.create(
            person=person, course=course, lesson_key=lesson.key, finished_at=timezone.now()
        )


# --- starting -------------------------------------------------------------------------------------------------


def test_a_paper_fixes_its_questions_and_says_where_the_person_was(quiz, learner, org):
    paper = start_attempt(quiz=quiz, person=learner)
    assert (paper.number, paper.is_practice, paper.branch_name) == (1, False, org.a1.name)
    assert paper.ends_at == quiz.closes_at
    asked = set(paper.answers.values_list("version", flat=True))
    assert asked == set(quiz.questions.values_list("version", flat=True))
    assert [sorted(order) for order in paper.answers.values_list("order", flat=True)] == [[0, 1, 2, 3]] * 5
    assert kinds(paper) == ["started"]


def test_starting_again_goes_on_with_the_same_paper(quiz, paper, learner):
    assert start_attempt(quiz=quiz, person=learner) == paper
    assert Attempt.objects.count() == 1
    assert kinds(paper) == ["started", "resumed"]


def test_a_foreign_quiz_does_not_exist(quiz, cast):
    with pytest.raises(Missing):
        start_attempt(quiz=quiz, person=cast.stranger)


def test_a_quiz_begins_neither_early_nor_withdrawn(org, learner, cast):
    with time_machine.travel(OPENS - SECOND, tick=False):
        quiz = month_end_quiz(org.a1, opens_at=OPENS, closes_at=CLOSES)
        with pytest.raises(Conflict, match="11 月 28 日 08:00"):
            start_attempt(quiz=quiz, person=learner)
    withdraw(quiz, cast.teacher)
    with time_machine.travel(OPENS, tick=False), pytest.raises(Conflict, match="撤下"):
        start_attempt(quiz=quiz, person=learner)
    assert not Attempt.objects.exists()


def test_the_first_sitting_counts_and_the_next_are_practice(quiz, paper, learner):
    submit(paper)
    second = start_attempt(quiz=quiz, person=learner)
    assert (second.number, second.is_practice) == (2, True)


def test_after_the_window_a_quiz_is_practised_without_end(org, learner):
    with time_machine.travel(OPENS, tick=False):
        quiz = month_end_quiz(org.a1, opens_at=OPENS, closes_at=CLOSES)
    with time_machine.travel(CLOSES, tick=False):
        paper = start_attempt(quiz=quiz, person=learner)
        assert (paper.is_practice, paper.ends_at) == (True, None)


@pytest.mark.parametrize(("minutes_before", "minutes"), [(60, 30), (10, 10)])
def test_a_sitting_ends_with_its_time_or_with_the_window(org, learner, minutes_before, minutes):
    with time_machine.travel(CLOSES - dt.timedelta(minutes=minutes_before), tick=False):
        quiz = month_end_quiz(org.a1, closes_at=CLOSES, seconds=1800)
        paper = start_attempt(quiz=quiz, person=learner)
    assert paper.ends_at - paper.started_at == dt.timedelta(minutes=minutes)


def test_everybody_gets_another_order_unless_it_is_the_same_for_all(org):
    people = UserFactory.create_batch(6, branch=org.a1)
    for same_order, expected in [(True, 1), (False, 6)]:
        quiz = month_end_quiz(org.a1, questions=15, same_order=same_order, period=f"2026-0{expected}")
        seen = {
            str(list(start_attempt(quiz=quiz, person=one).answers.values_list("version", "order")))
            for one in people
        }
        assert len(seen) == expected


def test_true_or_false_is_not_shuffled_and_all_of_the_above_stays_below(org, learner):
    quiz = month_end_quiz(org.a1, questions=0)
    truth = QuestionVersionFactory(question__branch=org.a1, kind="true_false", options=[], answer=["T"])
    above = QuestionVersionFactory(question__branch=org.a1, options=["以上都对", "甲", "乙"], answer=["A"])
    for position, version in enumerate([truth, above], start=1):
        QuizQuestion.objects.create(quiz=quiz, position=position, version=version)
    paper = start_attempt(quiz=quiz, person=learner)
    orders = dict(paper.answers.values_list("version", "order"))
    assert orders[truth.pk] == []
    assert orders[above.pk][-1] == 0


def test_a_self_test_waits_for_the_lessons_and_draws_its_questions(org, learner):
    course = published_course(org.a1, lessons=2, questions=4, test_draw=3)
    with pytest.raises(Conflict, match="学完"):
        start_attempt(quiz=course.current.quiz, person=learner)
    finish_lessons(learner, course)
    paper = start_attempt(quiz=course.current.quiz, person=learner)
    assert (paper.answers.count(), paper.ends_at, paper.is_practice) == (3, None, False)


# --- saving ---------------------------------------------------------------------------------------------------


def test_the_highest_sequence_wins_and_the_other_is_told(paper):
    assert save(paper, 1, ["A"], 1).sequence == 1
    save(paper, 1, ["C"], 3)
    with pytest.raises(Conflict) as refusal:
        save(paper, 1, ["B"], 2)
    assert refusal.value.details == {"value": ["C"], "is_marked": False, "sequence": 3}
    assert (stored(paper, 1).value, stored(paper, 1).sequence) == (["C"], 3)


def test_the_same_save_again_is_answered_as_the_first_time(paper):
    first = save(paper, 1, ["A"], 1, is_marked=True)
    again = save(paper, 1, ["A"], 1, is_marked=True)
    assert (again.sequence, again.saved_at) == (first.sequence, first.saved_at)
    with pytest.raises(Conflict):
        save(paper, 1, ["B"], 1)


@pytest.mark.parametrize("nothing", [None, [], ""])
def test_an_answer_can_be_taken_back(paper, nothing):
    save(paper, 1, ["A"], 1)
    save(paper, 1, nothing, 2)
    assert stored(paper, 1).value is None


def test_a_mark_is_kept_when_nothing_is_said_about_it(paper):
    save(paper, 1, ["A"], 1, is_marked=True)
    save(paper, 1, ["B"], 2)
    assert stored(paper, 1).is_marked


@pytest.mark.parametrize("value", [["E"], ["A", "B"], "A", 5, {"a": 1}, [1], [["A"]]])
def test_what_the_question_cannot_take_is_refused(paper, value):
    with pytest.raises(Invalid):
        save(paper, 1, value, 1)


@pytest.mark.parametrize("sequence", [-1, 2**31, 1.5, "1", True, None])
def test_a_sequence_is_a_number_that_fits(paper, sequence):
    with pytest.raises(Invalid):
        save(paper, 1, ["A"], sequence)


def test_somebody_elses_paper_does_not_exist(paper, cast):
    with pytest.raises(Missing):
        save(paper, 1, ["A"], 1, person=cast.member)
    with pytest.raises(Missing):
        save(paper, 99, ["A"], 1)
    with pytest.raises(Missing):
        submit_attempt(attempt=paper, person=cast.member, key="k")
    assert stored(paper, 1).value is None


@pytest.mark.parametrize(("offset", "taken"), [(-1, True), (0, True), (119, True), (120, True), (121, False)])
def test_answers_are_taken_until_the_grace_is_over(org, learner, offset, taken):
    with time_machine.travel(OPENS, tick=False):
        quiz = month_end_quiz(org.a1, opens_at=OPENS, closes_at=CLOSES)
        paper = start_attempt(quiz=quiz, person=learner)
    with time_machine.travel(CLOSES + offset * SECOND, tick=False):
        if taken:
            save(paper, 1, ["B"], 1)
        else:
            with pytest.raises(Conflict) as refusal:
                save(paper, 1, ["B"], 1)
            assert refusal.value.code == "too_late"
        queue = [{"position": 2, "value": ["B"], "sequence": 1}]
        closed = submit(paper, answers=queue)
    assert closed.score == (2 if taken else 0)
    assert closed.closed_by == ("person" if taken else "clock")


# --- handing in -----------------------------------------------------------------------------------------------


def test_handing_in_grades_what_is_stored_and_what_came_along(paper):
    for position, value in [(1, ["B"]), (2, ["A"]), (3, ["A"])]:
        save(paper, position, value, 2)
    closed = submit(
        paper,
        answers=[
            {"position": 3, "value": ["B"], "sequence": 3, "is_marked": True},
            {"position": 1, "value": ["A"], "sequence": 1},
            {"position": 4, "value": ["B"], "sequence": 1},
        ],
    )
    assert (closed.score, closed.full, closed.passed) == (3, 5, True)
    assert list(closed.answers.values_list("points", flat=True)) == [1, 0, 1, 1, 0]
    assert (closed.state, closed.closed_by, closed.key) == ("closed", "person", "k")
    assert kinds(closed) == ["started", "submitted"]


def test_an_unanswered_question_stays_empty_in_the_database(paper):
    submit(paper)
    assert Answer.objects.filter(attempt=paper, value__isnull=True, points=0).count() == 5


def test_handing_in_again_changes_nothing(paper):
    first = submit(paper, key="one", answers=[{"position": 1, "value": ["B"], "sequence": 1}])
    for key in ("one", "two"):
        again = submit(paper, key=key, answers=[{"position": 2, "value": ["B"], "sequence": 9}])
        assert (again.score, again.closed_at, again.key) == (first.score, first.closed_at, "one")
    assert kinds(paper) == ["started", "submitted"]


def test_a_late_save_finds_the_paper_closed(paper):
    save(paper, 1, ["B"], 1)
    submit(paper)
    with pytest.raises(Conflict) as refusal:
        save(paper, 1, ["A"], 2)
    assert refusal.value.code == "handed_in"
    assert refusal.value.details == {}
    assert stored(paper, 1).value == ["B"]


def test_a_broken_answer_in_the_queue_closes_nothing(paper):
    for broken in (
        {"position": 1, "value": ["Z"], "sequence": 1},
        {"position": 77, "value": [], "sequence": 1},
    ):
        with pytest.raises(Invalid):
            submit(paper, answers=[broken])
    paper.refresh_from_db()
    assert paper.state == "open"


def test_half_marks_and_the_pass_line(org, learner):
    quiz = month_end_quiz(org.a1, questions=0, half_marks=True, pass_percent=50)
    version = QuestionVersionFactory(question__branch=org.a1, kind="multiple", answer=["A", "C"])
    QuizQuestion.objects.create(quiz=quiz, position=1, version=version)
    paper = start_attempt(quiz=quiz, person=learner)
    closed = submit(paper, answers=[{"position": 1, "value": ["C"], "sequence": 1}])
    assert (closed.score, closed.passed) == (Decimal("0.5"), True)


def test_a_counted_paper_does_what_was_assigned_and_practice_does_not(org, quiz, learner, cast):
    task = Assignment.objects.create(branch=org.a1, quiz=quiz, audience=quiz.audience, due_at=quiz.closes_at)
    row = Assignee.objects.create(assignment=task, person=learner)
    submit(start_attempt(quiz=quiz, person=learner))
    row.refresh_from_db()
    done_at = row.done_at
    assert done_at is not None
    submit(start_attempt(quiz=quiz, person=learner))
    row.refresh_from_db()
    assert row.done_at == done_at


def test_a_passed_self_test_completes_the_course(org, learner):
    course = published_course(org.a1, lessons=1, questions=2)
    finish_lessons(learner, course)
    quiz = course.current.quiz
    submit(start_attempt(quiz=quiz, person=learner))
    assert not Completion.objects.exists()
    paper = start_attempt(quiz=quiz, person=learner)
    assert not paper.is_practice
    submit(paper, answers=[{"position": n, "value": ["B"], "sequence": 1} for n in (1, 2)])
    assert Completion.objects.filter(person=learner, version=course.current).count() == 1


def test_wrong_answers_come_up_when_the_key_is_free(quiz, paper, learner):
    submit(paper, answers=[{"position": 1, "value": ["B"], "sequence": 1}])
    assert Mistake.objects.filter(person=learner).count() == 4
    assert min(Mistake.objects.values_list("due_at", flat=True)) > quiz.closes_at


def test_nothing_remains_of_a_hand_in_that_breaks(paper, monkeypatch):
    monkeypatch.setattr(actions, "note_answers", lambda **given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        submit(paper)
    paper.refresh_from_db()
    assert paper.state == "open"
    assert not paper.answers.filter(points__isnull=False).exists()


# --- the clock ------------------------------------------------------------------------------------------------


def test_the_closing_job_takes_the_stored_answers_once(org, learner, cast):
    with time_machine.travel(OPENS, tick=False):
        quiz = month_end_quiz(org.a1, opens_at=OPENS, closes_at=CLOSES)
        paper = start_attempt(quiz=quiz, person=learner)
        save(paper, 1, ["B"], 1)
    with time_machine.travel(CLOSES + rules.GRACE, tick=False):
        assert close_overdue_attempts() == 0
    with time_machine.travel(CLOSES + rules.GRACE + SECOND, tick=False):
        assert [close_overdue_attempts(), close_overdue_attempts()] == [1, 0]
    paper.refresh_from_db()
    assert (paper.state, paper.closed_by, paper.score) == ("closed", "clock", 1)
    assert kinds(paper) == ["started", "closed_by_clock"]
    assert close_attempt(paper, Attempt.ClosedBy.CLOCK).score == 1
    assert kinds(paper) == ["started", "closed_by_clock"]


def test_one_paper_that_breaks_does_not_hold_up_the_others(org, monkeypatch):
    with time_machine.travel(OPENS, tick=False):
        quiz = month_end_quiz(org.a1, opens_at=OPENS, closes_at=CLOSES)
        papers_ = [start_attempt(quiz=quiz, person=one) for one in UserFactory.create_batch(3, branch=org.a1)]
    broken, real = papers_[1].person, actions.note_answers

    def note(*, person, **given):
        if person == broken:
            raise RuntimeError("killed")
        real(person=person, **given)

    monkeypatch.setattr(actions, "note_answers", note)
    with time_machine.travel(CLOSES + dt.timedelta(hours=1), tick=False):
        assert close_overdue_attempts() == 2
        monkeypatch.undo()
        assert close_overdue_attempts() == 1
    assert Attempt.objects.filter(state="closed").count() == 3


def test_answers_are_forgotten_after_a_year_and_scores_are_not(quiz, paper):
    closed = submit(paper, answers=[{"position": 1, "value": ["B"], "sequence": 1}])
    with time_machine.travel(closed.closed_at + rules.ANSWERS_KEPT, tick=False):
        assert erase_old_answers() == 0
    with time_machine.travel(closed.closed_at + rules.ANSWERS_KEPT + SECOND, tick=False):
        assert [erase_old_answers(), erase_old_answers()] == [1, 0]
    closed.refresh_from_db()
    assert (closed.score, stored(closed, 1).points, stored(closed, 1).value) == (1, 1, None)


# --- withdrawal -----------------------------------------------------------------------------------------------


def withdraw(quiz, by):
    quiz.withdrawn_at, quiz.withdrawn_by, quiz.withdraw_reason = timezone.now(), by, "题目有误"
    quiz.save()


def test_a_withdrawn_quiz_voids_open_papers_and_leaves_the_others(quiz, paper, cast):
    done = start_attempt(quiz=quiz, person=cast.member)
    submit(done)
    save(paper, 1, ["B"], 1)
    withdraw(quiz, cast.teacher)
    with pytest.raises(Conflict) as refusal:
        save(paper, 1, ["C"], 2)
    assert refusal.value.code == "withdrawn"
    assert void_attempts(quiz=quiz) == [paper]
    assert void_attempts(quiz=quiz) == []
    paper.refresh_from_db()
    done.refresh_from_db()
    assert (paper.state, paper.score, done.state) == ("void", None, "closed")
    assert stored(paper, 1).value == ["B"]
    assert kinds(paper) == ["started", "withdrawn"]
    assert submit(paper).state == "void"


def test_a_paper_begun_in_the_moment_of_the_withdrawal_is_voided_too(quiz, paper, cast):
    withdraw(quiz, cast.teacher)
    assert submit(paper).state == "void"
    other = start_like(quiz, cast.member)
    assert close_overdue_attempts() == 1
    other.refresh_from_db()
    assert other.state == "void"


def start_like(quiz, person):
    attempt = Attempt.objects.create(quiz=quiz, person=person, number=1, started_at=timezone.now())
    Answer.objects.create(attempt=attempt, position=1, version=quiz.questions.first().version)
    return attempt


# --- rules ----------------------------------------------------------------------------------------------------


def test_the_key_is_free_when_nobody_can_answer_any_more(org, learner):
    with time_machine.travel(OPENS, tick=False):
        quiz = month_end_quiz(org.a1, opens_at=OPENS, closes_at=CLOSES)
        paper = start_attempt(quiz=quiz, person=learner)
        assert not rules.may_see_key(paper, CLOSES + dt.timedelta(days=1))
        paper = submit(paper)
    assert not rules.may_see_key(paper, CLOSES + rules.GRACE)
    assert rules.may_see_key(paper, CLOSES + rules.GRACE + SECOND)


@pytest.mark.parametrize(("score", "shown"), [("59.99", 59), ("60", 60), ("0", 0), ("100", 100)])
def test_a_score_is_not_rounded_up(score, shown):
    assert rules.percent(Decimal(score), Decimal(100)) == shown


def test_letters_are_those_the_person_saw():
    version = QuestionVersion(kind="multiple", options=["甲", "乙", "丙"], answer=["A", "C"])
    answer = Answer(version=version, order=[2, 0, 1], value=["B", "C"])
    assert [(one.key, one.letter, one.text) for one in papers.options(answer)] == [
        ("C", "A", "丙"),
        ("A", "B", "甲"),
        ("B", "C", "乙"),
    ]
    assert (papers.own_answer(answer), papers.right_answer(answer)) == ("AC", "AB")


def test_other_kinds_read_in_words():
    truth = Answer(version=QuestionVersion(kind="true_false", answer=["F"]), value=["T"])
    assert (papers.own_answer(truth), papers.right_answer(truth)) == ("对", "错")
    fill = Answer(version=QuestionVersion(kind="fill", answer=[["三", "3"], ["5"]]), value=["3", ""])
    assert (papers.own_answer(fill), papers.right_answer(fill)) == ("3；（空）", "三；5")
    assert papers.blanks(fill) == ["3", ""]
    assert papers.own_answer(Answer(version=fill.version)) == "没有答"
