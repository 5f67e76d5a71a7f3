"""Two reviewers at once, and a key that is put right while people hand in (``targets.md`` B7)."""

import pytest

from core.audit.models import AuditEntry
from core.errors import Conflict, DomainError
from learning.actions.attempts import save_answer, start_attempt, submit_attempt
from learning.actions.corrections import apply_correction, propose_correction, regrade, tend_corrections
from learning.actions.questions import add_question, approve_question, return_question, submit_question
from learning.models import Answer, Attempt, AttemptEvent, Correction, QuestionVersion
from tests.factories import UserFactory
from tests.granting import grant
from tests.learning.factories import month_end_quiz

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

State = QuestionVersion.State


@pytest.fixture
def editors(org):
    people = UserFactory.create_batch(3, branch=org.a1)
    for person in people:
        grant(person, "secretary", org.a1)
    return people


@pytest.fixture
def waiting(org, editors):
    """A question in review."""
    version = add_question(
        by=editors[0],
        branch=org.a1,
        kind="single",
        stem="预备期多长？",
        options=["半年", "一年"],
        answer=["B"],
        explanation="见细则。",
    )
    return submit_question(version=version, by=editors[0])


def decide(version, editors, number):
    """Every other reviewer approves, the others give it back."""
    if number % 2:
        return return_question(version=version, by=editors[1], note="改")
    return approve_question(version=version, by=editors[2])


def decisions():
    actions = ["learning.question_approved", "learning.question_returned"]
    return AuditEntry.objects.filter(action__in=actions).count()


def test_one_of_many_decisions_stands(waiting, editors, race):
    outcomes = race(lambda n: decide(waiting, editors, n))
    winners = [outcome for outcome in outcomes if not isinstance(outcome, DomainError)]
    assert len(winners) == 1
    assert {type(outcome) for outcome in outcomes if outcome not in winners} == {Conflict}
    waiting.refresh_from_db()
    assert waiting.state == winners[0].state
    assert decisions() == 1


def test_without_the_lock_several_stand(waiting, editors, race, unguarded):
    """If this fails, the test above might be useless."""
    unguarded("learning_questionversion", "learning.actions.questions._expect", 4)
    race(lambda n: decide(waiting, editors, n), 4)
    assert decisions() > 1


@pytest.fixture
def papers(org, cast):
    """Nineteen people in the middle of a quiz, each with C for its first question, whose key says B."""
    quiz = month_end_quiz(org.a1, questions=5)
    people = [cast.member, *UserFactory.create_batch(18, branch=org.a1)]
    papers = []
    wrong = quiz.questions.order_by("position").first().version
    for person in people:
        attempt = start_attempt(quiz=quiz, person=person)
        for answer in attempt.answers.all():
            value = ["C"] if answer.version_id == wrong.pk else ["B"]
            save_answer(
                attempt_id=attempt.pk, position=answer.position, person=person, value=value, sequence=1
            )
        papers.append(attempt)
    return papers


def proposed(papers, editors):
    wrong = papers[0].quiz.questions.order_by("position").first().version
    return propose_correction(version=wrong, answer=["C"], reason="原文是丙", by=editors[0])


def test_a_key_put_right_while_people_hand_in(papers, editors, race):
    """Whoever comes first: every paper ends with the right key, whole, and is counted once."""
    correction = proposed(papers, editors)

    def act(number):
        if number == len(papers):
            apply_correction(correction=correction, by=editors[1])
            return regrade(correction=correction)
        paper = papers[number]
        return submit_attempt(attempt=paper, person=paper.person, key=str(number))

    race(act, len(papers) + 1)
    tend_corrections()
    scores = Attempt.objects.values_list("state", "score", "full")
    assert set(scores) == {("closed", 5, 5)}
    assert not Answer.objects.filter(version=correction.wrong).exists()
    assert not Answer.objects.filter(points=None).exists()
    correction.refresh_from_db()
    assert correction.attempts == AttemptEvent.objects.filter(kind="regraded").count() == correction.gained


def test_a_key_is_put_right_once(papers, editors, race):
    paper = papers[0]
    submit_attempt(attempt=paper, person=paper.person, key="one")
    correction = proposed(papers, editors)

    def act(number):
        apply_correction(correction=correction, by=editors[1 + number % 2])
        return regrade(correction=correction)

    race(act, 8)
    paper.refresh_from_db()
    assert paper.score == 5
    assert Correction.objects.get().gained == 1
    assert AuditEntry.objects.filter(action="learning.correction_applied").count() == 1
    assert AttemptEvent.objects.filter(kind="regraded").count() == 1
