from decimal import Decimal

import pytest
from django.utils import timezone

from core.audit.models import AuditEntry
from core.errors import Conflict, Invalid, Missing, NotAllowed
from learning.actions.attempts import close_attempt
from learning.actions.corrections import (
    apply_correction,
    preview_correction,
    propose_correction,
    regrade,
    tend_corrections,
)
from learning.actions.mistakes import note_answers
from learning.actions.questions import approve_question, change_question, return_question
from learning.models import (
    Answer,
    Attempt,
    AttemptEvent,
    Completion,
    Correction,
    LessonProgress,
    Mistake,
    QuestionVersion,
)
from learning.rules.grading import points
from notifications.models import Recipient
from tests.factories import UserFactory
from tests.granting import grant
from tests.learning.factories import QuestionVersionFactory, month_end_quiz, published_course

pytestmark = pytest.mark.django_db

State = QuestionVersion.State


@pytest.fixture
def proposer(org):
    return editor(org.a1)


@pytest.fixture
def applier(org):
    return editor(org.a1)


def editor(branch):
    person = UserFactory(branch=branch)
    grant(person, "secretary", branch)
    return person


@pytest.fixture
def quiz(org):
    """Four questions with the key B, passed from 50 %."""
    return month_end_quiz(org.a1, questions=4, pass_percent=50)


def first_version(quiz):
    return quiz.questions.select_related("version__question").order_by("position").first().version


def sit(quiz, keys, *, person=None, number=1, versions=None, state=Attempt.State.CLOSED, **fields):
    """A paper with ``keys`` such as "BBAC" ticked, graded as it would have been on that day."""
    versions = versions or [
        row.version for row in quiz.questions.select_related("version").order_by("position")
    ]
    is_closed = state == Attempt.State.CLOSED
    earned = [
        points(version, [key] if key != "-" else None) for version, key in zip(versions, keys, strict=True)
    ]
    closed = {
        "closed_at": timezone.now(),
        "closed_by": Attempt.ClosedBy.PERSON,
        "score": sum(earned),
        "full": len(earned),
        "passed": sum(earned) * 100 >= quiz.pass_percent * len(earned),
    }
    attempt = Attempt.objects.create(
        quiz=quiz,
        person=person or UserFactory(branch=quiz.branch),
        number=number,
        state=state,
        started_at=timezone.now(),
        **(closed if is_closed else {}),
        **fields,
    )
    Answer.objects.bulk_create(
        Answer(
            attempt=attempt,
            position=position,
            version=version,
            value=[key] if key != "-" else None,
            points=earned[position - 1] if is_closed else None,
        )
        for position, (version, key) in enumerate(zip(versions, keys, strict=True), start=1)
    )
    return attempt


def corrected(quiz, proposer, applier, *, answer="C", **decision):
    correction = propose_correction(
        version=first_version(quiz), answer=[answer], reason="原文是丙", by=proposer
    )
    apply_correction(correction=correction, by=applier, **decision)
    regrade(correction=correction)
    return Correction.objects.get()


def standing(attempt):
    attempt.refresh_from_db()
    return attempt.score, attempt.passed


def told(person):
    return list(Recipient.objects.filter(person=person).values_list("message__kind", flat=True))


# Proposing and seeing what would follow


def test_a_proposal_changes_nothing_yet(quiz, proposer):
    wrong = first_version(quiz)
    attempt = sit(quiz, "CBBB")
    correction = propose_correction(
        version=wrong, answer=["C"], reason=" 原文是丙 ", by=proposer, explanation="是丙。"
    )
    fixed = correction.fixed
    assert (fixed.state, fixed.number, fixed.answer, fixed.explanation) == (
        State.IN_REVIEW,
        2,
        ["C"],
        "是丙。",
    )
    assert (fixed.stem, fixed.options, fixed.author, correction.reason) == (
        wrong.stem,
        wrong.options,
        proposer,
        "原文是丙",
    )
    wrong.refresh_from_db()
    assert (wrong.state, wrong.answer) == (State.APPROVED, ["B"])
    assert standing(attempt) == (3, True)


def test_the_preview_counts_who_gains_and_who_loses(quiz, proposer, org):
    for keys in ["CABB", "CAAB", "BBAA", "BBBA", "DBBB", "CBBB"]:
        sit(quiz, keys)
    sit(quiz, "CAAA", number=2, is_practice=True)
    sit(quiz, "CAAA", state=Attempt.State.OPEN)
    [effect] = preview_correction(version=first_version(quiz), answer=["C"], by=proposer)
    assert (effect.quiz, effect.papers, effect.writing) == (quiz, 6, 1)
    # CABB 2→3, CAAB 1→2 passes, BBAA 2→1 would fail, BBBA 3→2, DBBB 3, CBBB 3→4
    assert (effect.gain, effect.lose, effect.newly_passed, effect.would_fail) == (3, 2, 1, 1)


def test_of_fewer_than_five_nothing_is_told(quiz, proposer):
    for keys in ["CBBB", "BBBB", "AAAA", "CAAA"]:
        sit(quiz, keys)
    [effect] = preview_correction(version=first_version(quiz), answer=["C"], by=proposer)
    assert (effect.papers, effect.gain, effect.lose) == (4, None, None)


@pytest.mark.parametrize("people", [1, 3])
def test_the_preview_costs_the_same_for_any_number(quiz, proposer, people, django_assert_num_queries):
    for _ in range(people):
        sit(quiz, "CBBB")
    version = first_version(quiz)
    with django_assert_num_queries(5):  # the branch, the right, the version, its papers, their quizzes
        preview_correction(version=version, answer=["C"], by=proposer)


def test_who_may_propose_see_and_apply(org, cast, quiz, proposer):
    version = first_version(quiz)
    for person in (cast.member, editor(org.a2)):
        with pytest.raises(Missing):
            propose_correction(version=version, answer=["C"], reason="错了", by=person)
        with pytest.raises(Missing):
            preview_correction(version=version, answer=["C"], by=person)
    correction = propose_correction(version=version, answer=["C"], reason="错了", by=proposer)
    with pytest.raises(NotAllowed):
        apply_correction(correction=correction, by=proposer)
    publicist = UserFactory(branch=org.a1)
    grant(publicist, "publicity_officer", org.a1)
    with pytest.raises(NotAllowed):
        apply_correction(correction=correction, by=publicist)
    with pytest.raises(Missing):
        apply_correction(correction=correction, by=editor(org.a2))


def test_what_is_no_correction_is_refused(quiz, proposer, applier, org):
    version = first_version(quiz)
    for answer, reason in [
        (["B"], "错了"),
        (["E"], "错了"),
        ([], "错了"),
        (["A", "B"], "错了"),
        (["C"], " "),
    ]:
        with pytest.raises(Invalid):
            propose_correction(version=version, answer=answer, reason=reason, by=proposer)
    draft = QuestionVersionFactory(
        question__branch=org.a1, state=State.DRAFT, reviewer=None, reviewed_at=None
    )
    with pytest.raises(Conflict):
        propose_correction(version=draft, answer=["C"], reason="错了", by=proposer)
    change_question(question=version.question, by=proposer, stem="换个说法？")
    with pytest.raises(Conflict):
        propose_correction(version=version, answer=["C"], reason="错了", by=proposer)


def test_a_proposal_is_not_approved_by_the_ordinary_door(quiz, proposer, applier):
    correction = propose_correction(version=first_version(quiz), answer=["C"], reason="错了", by=proposer)
    with pytest.raises(Conflict):
        approve_question(version=correction.fixed, by=applier)


def test_a_returned_or_changed_proposal_is_an_ordinary_draft(quiz, proposer, applier):
    version = first_version(quiz)
    correction = propose_correction(version=version, answer=["C"], reason="错了", by=proposer)
    return_question(version=correction.fixed, by=applier, note="答案没有错")
    assert not Correction.objects.exists()
    with pytest.raises(Conflict):
        apply_correction(correction=correction, by=applier)
    assert version.question.versions.get(number=2).state == State.DRAFT


# Applying


def test_papers_are_graded_again_and_their_people_told(quiz, proposer, applier):
    gains, loses, same = sit(quiz, "CAAB"), sit(quiz, "BBBA"), sit(quiz, "DBBB")
    correction = corrected(quiz, proposer, applier)
    assert [standing(paper) for paper in (gains, loses, same)] == [(2, True), (2, True), (3, True)]
    assert [told(paper.person) for paper in (gains, loses, same)] == [
        ["score_corrected"],
        ["score_corrected"],
        [],
    ]
    assert [
        (event.attempt, event.kind, event.detail) for event in AttemptEvent.objects.order_by("attempt_id")
    ] == [
        (gains, "regraded", "第 1 题 0 → 1 分，总分 1 → 2 分，改为合格"),
        (loses, "regraded", "第 1 题 1 → 0 分，总分 3 → 2 分"),
    ]
    assert (correction.attempts, correction.gained, correction.lost) == (3, 1, 1)
    assert (correction.newly_passed, correction.newly_failed, correction.kept_passed) == (1, 0, 0)


def test_the_right_key_takes_the_place_of_the_wrong_one(quiz, proposer, applier):
    wrong = first_version(quiz)
    paper = sit(quiz, "CBBB")
    correction = corrected(quiz, proposer, applier)
    wrong.refresh_from_db()
    fixed = correction.fixed
    assert (wrong.state, wrong.answer, fixed.state, fixed.reviewer) == (
        State.REPLACED,
        ["B"],
        State.APPROVED,
        applier,
    )
    assert first_version(quiz) == fixed
    assert paper.answers.get(position=1).version == fixed
    actions = AuditEntry.objects.filter(action__startswith="learning.correction").values_list(
        "action", "reason"
    )
    assert list(actions.order_by("pk")) == [
        ("learning.correction_proposed", "原文是丙"),
        ("learning.correction_applied", "原文是丙"),
    ]


def test_nobody_loses_a_pass_without_a_decision(quiz, proposer, applier):
    paper = sit(quiz, "BBAA")
    correction = corrected(quiz, proposer, applier)
    assert standing(paper) == (1, True)
    assert AttemptEvent.objects.get().detail == "第 1 题 1 → 0 分，总分 2 → 1 分，合格保留"
    assert (correction.kept_passed, correction.newly_failed) == (1, 0)


def test_taking_a_pass_back_is_decided_by_name_and_with_a_reason(quiz, proposer, applier):
    paper = sit(quiz, "BBAA")
    proposed = propose_correction(version=first_version(quiz), answer=["C"], reason="错了", by=proposer)
    with pytest.raises(Invalid):
        apply_correction(correction=proposed, by=applier, lower_passed=True)
    apply_correction(correction=proposed, by=applier, lower_passed=True, lower_reason="党委会议决定")
    regrade(correction=proposed)
    assert standing(paper) == (1, False)
    entry = AuditEntry.objects.get(action="learning.passes_lowered")
    assert (entry.actor, entry.reason) == (applier, "党委会议决定")
    proposed.refresh_from_db()
    assert (proposed.newly_failed, proposed.kept_passed) == (1, 0)


def test_doing_it_again_changes_nothing(quiz, proposer, applier):
    paper = sit(quiz, "CAAB")
    correction = corrected(quiz, proposer, applier)
    apply_correction(correction=correction, by=applier, lower_passed=True, lower_reason="再来")
    assert regrade(correction=correction) == 0
    tend_corrections()
    assert standing(paper) == (2, True)
    assert AttemptEvent.objects.count() == 1
    assert Recipient.objects.filter(person=paper.person).count() == 1
    correction.refresh_from_db()
    assert (correction.attempts, correction.lowers_passed) == (1, False)


def test_the_task_finishes_what_was_begun(quiz, proposer, applier, monkeypatch):
    monkeypatch.setattr("learning.actions.corrections.PAPERS_AT_ONCE", 2)
    papers = [sit(quiz, "CAAB") for _ in range(5)]
    correction = propose_correction(version=first_version(quiz), answer=["C"], reason="错了", by=proposer)
    tend_corrections()
    assert standing(papers[0]) == (1, False)
    apply_correction(correction=correction, by=applier)
    tend_corrections()
    assert {standing(paper) for paper in papers} == {(2, True)}
    correction.refresh_from_db()
    assert (correction.attempts, correction.gained, correction.newly_passed) == (5, 5, 5)


def test_a_paper_in_the_middle_is_graded_by_the_right_key_when_it_is_in(quiz, proposer, applier):
    paper = sit(quiz, "CAAB", state=Attempt.State.OPEN)
    correction = corrected(quiz, proposer, applier)
    answer = paper.answers.get(position=1)
    assert (answer.version, answer.points, correction.attempts) == (correction.wrong, None, 0)
    close_attempt(paper, Attempt.ClosedBy.CLOCK)
    assert standing(paper) == (1, False)
    tend_corrections()
    assert standing(paper) == (2, True)
    assert told(paper.person) == ["score_corrected"]


def test_who_began_in_the_moment_of_the_correction_is_found_by_the_task(quiz, proposer, applier):
    versions = [row.version for row in quiz.questions.select_related("version").order_by("position")]
    correction = corrected(quiz, proposer, applier)
    late = sit(quiz, "CAAB", versions=versions)
    tend_corrections()
    assert standing(late) == (2, True)
    assert late.answers.get(position=1).version == correction.fixed


def test_void_papers_and_practice(quiz, proposer, applier):
    void = sit(quiz, "CBBB", state=Attempt.State.OPEN)
    Attempt.objects.filter(pk=void.pk).update(state="void", closed_at=timezone.now(), closed_by="withdrawal")
    practice = sit(quiz, "CBBB", is_practice=True)
    correction = corrected(quiz, proposer, applier)
    assert void.answers.get(position=1).version == correction.wrong
    assert standing(practice) == (4, True)
    assert told(practice.person) == []
    assert correction.attempts == 0


def test_erased_and_missing_answers_keep_their_points(quiz, proposer, applier):
    erased, blank = sit(quiz, "BBBB"), sit(quiz, "-BBB")
    erased.answers.update(value=None)
    corrected(quiz, proposer, applier)
    assert standing(erased) == (4, True)
    assert standing(blank) == (3, True)


def test_half_marks_are_those_of_the_quiz(org, proposer, applier):
    quiz = month_end_quiz(org.a1, questions=1, half_marks=True)
    version = first_version(quiz)
    QuestionVersion.objects.filter(pk=version.pk).update(kind="multiple", answer=["A", "B"])
    version.refresh_from_db()
    paper = sit(quiz, "C")
    correction = propose_correction(version=version, answer=["A", "C"], reason="错了", by=proposer)
    apply_correction(correction=correction, by=applier)
    regrade(correction=correction)
    assert standing(paper) == (Decimal("0.5"), False)


def test_a_replaced_version_is_corrected_without_coming_back(quiz, proposer, applier):
    old = first_version(quiz)
    paper = sit(quiz, "CAAB")
    newer = change_question(question=old.question, by=proposer, stem="换个说法？")
    QuestionVersion.objects.filter(pk=old.pk).update(state=State.REPLACED)
    QuestionVersion.objects.filter(pk=newer.pk).update(
        state=State.APPROVED, reviewer=applier, reviewed_at=timezone.now()
    )
    correction = propose_correction(version=old, answer=["C"], reason="错了", by=proposer)
    apply_correction(correction=correction, by=applier)
    regrade(correction=correction)
    assert standing(paper) == (2, True)
    correction.fixed.refresh_from_db()
    assert correction.fixed.state == State.REPLACED
    assert old.question.versions.get(state=State.APPROVED) == newer


def test_a_corrected_version_is_not_corrected_twice_but_its_successor_is(quiz, proposer, applier):
    wrong = first_version(quiz)
    paper = sit(quiz, "DAAB")
    correction = corrected(quiz, proposer, applier)
    with pytest.raises(Conflict):
        propose_correction(version=wrong, answer=["D"], reason="又错了", by=proposer)
    again = propose_correction(version=correction.fixed, answer=["D"], reason="又错了", by=proposer)
    apply_correction(correction=again, by=applier)
    tend_corrections()
    assert standing(paper) == (2, True)


# Consequences


def test_a_self_test_that_is_passed_now_completes_the_course(org, proposer, applier):
    course = published_course(org.a1, questions=2, test_pass=100)
    quiz = course.current.quiz
    versions = list(QuestionVersion.objects.filter(question__course=course).order_by("pk"))
    learner = UserFactory(branch=org.a1)
    for lesson in course.current.lessons.all():
        LessonProgress.objects.create(
            person=learner, course=course, lesson_key=lesson.key, finished_at=timezone.now()
        )
    sit(quiz, "CB", person=learner, versions=versions)
    loser = sit(quiz, "BB", versions=versions)
    Completion.objects.create(
        person=loser.person, course=course, version=course.current, completed_at=timezone.now()
    )
    correction = propose_correction(version=versions[0], answer=["C"], reason="错了", by=proposer)
    apply_correction(correction=correction, by=applier, lower_passed=True, lower_reason="决定")
    regrade(correction=correction)
    assert Completion.objects.filter(person=learner, version=course.current).exists()
    assert standing(loser) == (1, False)
    assert Completion.objects.filter(person=loser.person).exists()


def test_the_books_of_mistakes_follow(quiz, proposer, applier):
    question = first_version(quiz).question
    was_right, was_wrong = sit(quiz, "CBBB"), sit(quiz, "BBBB")
    note_answers(person=was_right.person, right=(), wrong={question.pk}, at=timezone.now())
    corrected(quiz, proposer, applier)
    kept = Mistake.objects.kept().filter(question=question)
    assert [mistake.person for mistake in kept] == [was_wrong.person]


@pytest.mark.parametrize("people", [1, 3])
def test_statements_do_not_grow_with_the_papers(quiz, proposer, applier, people, django_assert_num_queries):
    for _ in range(people):
        sit(quiz, "CAAA")
    correction = propose_correction(version=first_version(quiz), answer=["C"], reason="错了", by=proposer)
    apply_correction(correction=correction, by=applier)
    with django_assert_num_queries(22):
        regrade(correction=correction)
