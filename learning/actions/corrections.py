"""Putting a wrong key right after people were graded by it (``targets.md`` B7, ``domain.md`` §1.9).

One person proposes the right key, another sees what it would change and applies it. Whoever begins from then on is
asked with the right key; papers handed in before are graded again. A paper in the middle keeps the version it began
with, is graded by it when it is handed in, and again by the right key within a minute: moving its questions while it
is handed in could lose one of them.
Nobody loses a pass he had, unless that is decided by name and with a reason; a completed course is never taken away.

Reviewers see how many gain and lose, never who: results belong to the learner (``domain.md`` C12), and whether a key
is right does not depend on who chose it. Of a quiz with fewer than five takers they see nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from celery import current_app
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from accounts.actions.locks import lock
from accounts.models import User
from core.audit.log import record
from core.errors import Conflict, Invalid, NotAllowed
from learning.actions.courses import complete_course
from learning.actions.editing import REVIEW, WRITE, check_right
from learning.actions.mistakes import note_answers
from learning.actions.questions import tidy_answer
from learning.analysis import SHOWN_FROM
from learning.models import (
    Answer,
    Attempt,
    AttemptEvent,
    Correction,
    Mistake,
    QuestionVersion,
    Quiz,
    QuizQuestion,
)
from learning.rules.grading import RIGHT, points
from learning.rules.questions import answer_problems
from notifications.outbox import enqueue

PAPERS_AT_ONCE = 500

_State = QuestionVersion.State


@dataclass(frozen=True)
class Effect:
    """What a correction would do to the counted papers of one quiz. ``writing`` papers are still being written.

    The counts are None where fewer than five people have handed in.
    """

    quiz: Quiz
    papers: int
    writing: int
    gain: int | None = None
    lose: int | None = None
    newly_passed: int | None = None
    would_fail: int | None = None


@dataclass(frozen=True)
class Grade:
    """A paper before and after its key was put right."""

    answer: Answer
    before: Decimal
    after: Decimal
    old_score: Decimal
    passed: bool
    reaches: bool

    @property
    def paper(self) -> Attempt:
        return self.answer.attempt

    @property
    def score(self) -> Decimal:
        return self.old_score + self.change

    @property
    def change(self) -> Decimal:
        return self.after - self.before


@transaction.atomic
def propose_correction(
    *, version: QuestionVersion, answer: list, reason: str, by: User, explanation: str = ""
) -> Correction:
    """Propose the right key for an approved or replaced version; another person applies it.

    Makes a version in review that differs in nothing but key and, if given, explanation. Raises ``Missing`` or
    ``NotAllowed`` without the right to write, ``Conflict`` while another change of the question is open or the
    version has been corrected already, ``Invalid`` without a reason, for an impossible key or the same one.
    """
    question = lock(version.question)
    check_right(by, WRITE, question.branch)
    version = question.versions.get(pk=version.pk)
    _check_correctable(version)
    if not reason.strip():
        raise Invalid(fields={"reason": ["请写明为什么要更正。"]})
    fixed = _fixed(version, answer)
    if fixed.answer == version.answer:
        raise Invalid(fields={"answer": ["这和现在的答案是一样的。"]})
    fixed.question, fixed.author = question, by
    fixed.explanation = explanation.strip() or version.explanation
    fixed.number = question.versions.order_by("-number").values_list("number", flat=True)[0] + 1
    fixed.state = _State.IN_REVIEW
    fixed.reviewer = fixed.reviewed_at = None
    if problems := list(answer_problems(fixed)):
        raise Invalid(fields={"__all__": problems})
    fixed.save()
    correction = Correction.objects.create(wrong=version, fixed=fixed, reason=reason.strip()[:200])
    record(by, "learning.correction_proposed", question, branch=question.branch, reason=reason)
    return correction


def preview_correction(*, version: QuestionVersion, answer: list, by: User) -> list[Effect]:
    """What ``answer`` as the key of ``version`` would change, quiz by quiz, newest first. Writes nothing.

    Three statements whatever the number of papers, read in pieces. Raises ``Missing`` or ``NotAllowed`` without the
    right to review or write.
    """
    if not by.has_right(REVIEW, version.question.branch):
        check_right(by, WRITE, version.question.branch)
    fixed = _fixed(version, answer)
    tallies: dict[int, Counter] = {}
    for row in _papers_of(version).iterator(chunk_size=2000):
        tally = tallies.setdefault(row.attempt.quiz_id, Counter())
        if row.attempt.state == Attempt.State.OPEN:
            tally["writing"] += 1
        elif not row.attempt.is_practice:
            tally.update(_tally(_graded(row, fixed)))
    quizzes = Quiz.objects.filter(pk__in=tallies).order_by("-opens_at", "-pk")
    return [_effect(quiz, tallies[quiz.pk]) for quiz in quizzes]


@transaction.atomic
def apply_correction(
    *, correction: Correction, by: User, lower_passed: bool = False, lower_reason: str = ""
) -> Correction:
    """Approve the right key: from now on it is asked and graded by. Papers handed in follow in the background.

    Assembled quizzes ask the fixed version from here on, so that nobody begins with the wrong key any more. A pass
    is taken back only with ``lower_passed`` and a reason for it. Applying twice changes nothing. Raises
    ``NotAllowed`` for whoever proposed it, ``Missing`` or ``NotAllowed`` without the right to review, ``Conflict``
    when the proposal is gone, ``Invalid`` without the reason. Writes audit entries; those whose score changes are
    told when it does.
    """
    question = lock(correction.fixed.question)
    check_right(by, REVIEW, question.branch)
    found = Correction.objects.select_related("wrong", "fixed").filter(pk=correction.pk).first()
    if found is None:
        raise Conflict("这个更正已经撤回。")
    correction = found
    if correction.applied_at is not None:
        return correction
    if correction.fixed.author_id == by.pk:
        raise NotAllowed("自己提出的更正要由另一位同志执行。")
    if lower_passed and not lower_reason.strip():
        raise Invalid(fields={"lower_reason": ["请写明为什么要把合格改为不合格。"]})
    _replace(correction, by)
    correction.applied_at = timezone.now()
    correction.lowers_passed = lower_passed
    correction.lower_reason = lower_reason.strip()[:200] if lower_passed else ""
    correction.save(update_fields=["applied_at", "lowers_passed", "lower_reason"])
    record(by, "learning.correction_applied", question, branch=question.branch, reason=correction.reason)
    if lower_passed:
        record(
            by, "learning.passes_lowered", question, branch=question.branch, reason=correction.lower_reason
        )
    transaction.on_commit(_wake_up, robust=True)
    return correction


def tend_corrections() -> None:
    """Grade again whatever is still graded by a corrected key. Harmless to repeat, and goes on where it was killed.

    Run each minute: somebody who began with the wrong key may have handed in.
    """
    applied = Correction.objects.filter(applied_at__isnull=False)
    waiting = Answer.objects.exclude(attempt__state=Attempt.State.VOID).filter(
        version__correction__in=applied
    )
    for correction in applied.filter(wrong__in=waiting.values("version")).order_by("pk"):
        regrade(correction=correction)


def regrade(*, correction: Correction) -> int:
    """Grade every closed paper that was asked the wrong version; returns how many. Practice is not counted.

    A few hundred papers a transaction, locked in the order of their keys. The answers move to the fixed version in
    the transaction that grades them, so nothing is counted twice.
    """
    correction = Correction.objects.select_related("wrong", "fixed__question").get(pk=correction.pk)
    count = 0
    while papers := _regrade_some(correction):
        count += papers
    return count


@transaction.atomic
def _regrade_some(correction: Correction) -> int:
    asked = Attempt.objects.filter(answers__version=correction.wrong_id, state=Attempt.State.CLOSED)
    keys = list(
        asked.select_for_update(of=("self",), no_key=True)
        .order_by("pk")
        .values_list("pk", flat=True)[:PAPERS_AT_ONCE]
    )
    rows = _papers_of(correction.wrong).filter(attempt__in=keys).order_by("attempt_id")
    grades = [_graded(row, correction.fixed) for row in rows]
    _write_points(grades, correction)
    changed = [grade for grade in grades if grade.change]
    _write_scores(changed, correction)
    _write_events(changed, correction)
    _draw_consequences(changed, correction)
    _count(grades, correction)
    return len(keys)


# Grading


def _papers_of(version: QuestionVersion):
    """The answers to ``version`` with their papers, void ones left out."""
    return (
        Answer.objects.filter(version=version)
        .exclude(attempt__state=Attempt.State.VOID)
        .select_related("attempt__quiz__course_version")
        .order_by("pk")
    )


def _graded(row: Answer, fixed: QuestionVersion) -> Grade:
    """The paper of a closed attempt under the right key. Where the answer has been erased, its points stay."""
    paper = row.attempt
    before = row.points or Decimal(0)
    after = before if row.value is None else points(fixed, row.value, half_marks=paper.quiz.half_marks)
    old_score, full = paper.score or Decimal(0), paper.full or Decimal(0)
    reaches = (old_score + after - before) * 100 >= full * paper.quiz.pass_percent
    return Grade(row, before, after, old_score, bool(paper.passed), reaches)


def _tally(grade: Grade) -> Iterator[str]:
    yield "papers"
    if grade.change:
        yield "gain" if grade.change > 0 else "lose"
        if grade.reaches != grade.passed:
            yield "newly_passed" if grade.reaches else "would_fail"


def _effect(quiz: Quiz, tally: Counter) -> Effect:
    papers, writing = tally["papers"], tally["writing"]
    if papers < SHOWN_FROM:
        return Effect(quiz, papers, writing)
    return Effect(
        quiz, papers, writing, tally["gain"], tally["lose"], tally["newly_passed"], tally["would_fail"]
    )


# The versions


def _check_correctable(version: QuestionVersion) -> None:
    if version.state not in {_State.APPROVED, _State.REPLACED}:
        raise Conflict("还没有通过审核的题目，直接修改就可以。")
    if Correction.objects.filter(wrong=version).exists():
        raise Conflict("这一版的答案已经更正过，请更正新的一版。")
    if version.question.versions.filter(state__in=(_State.DRAFT, _State.IN_REVIEW)).exists():
        raise Conflict("这道题有一个还没有审完的修改，请先处理完。")


def _fixed(version: QuestionVersion, answer: list) -> QuestionVersion:
    """An unsaved copy of ``version`` with another key."""
    fixed = QuestionVersion.objects.get(pk=version.pk)
    fixed.pk, fixed._state.adding = None, True
    fixed.answer = answer
    fixed.answer = tidy_answer(fixed)
    return fixed


def _replace(correction: Correction, by: User) -> None:
    """The fixed version takes the place of the wrong one: what was asked today, or what was asked once."""
    wrong, fixed = correction.wrong, correction.fixed
    if fixed.state != _State.IN_REVIEW:
        raise Conflict("这个更正已经撤回。")
    fixed.state = wrong.state
    fixed.reviewer, fixed.reviewed_at = by, timezone.now()
    QuestionVersion.objects.filter(pk=wrong.pk).update(state=_State.REPLACED)
    fixed.save(update_fields=["state", "reviewer", "reviewed_at"])
    QuizQuestion.objects.filter(version=wrong).update(version=fixed)


# What follows for a paper


def _write_points(grades: Iterable[Grade], correction: Correction) -> None:
    by_points: dict[Decimal, list[int]] = {}
    for grade in grades:
        by_points.setdefault(grade.after, []).append(grade.answer.pk)
    for after, keys in by_points.items():
        Answer.objects.filter(pk__in=keys).update(points=after, version=correction.fixed_id)


def _passes(grade: Grade, correction: Correction) -> bool:
    return grade.reaches or (grade.passed and not correction.lowers_passed)


def _write_scores(grades: Iterable[Grade], correction: Correction) -> None:
    by_change: dict[tuple[Decimal, bool], list[int]] = {}
    for grade in grades:
        by_change.setdefault((grade.change, _passes(grade, correction)), []).append(grade.paper.pk)
    for (change, passed), keys in by_change.items():
        Attempt.objects.filter(pk__in=keys).update(score=F("score") + change, passed=passed)


def _write_events(grades: Iterable[Grade], correction: Correction) -> None:
    AttemptEvent.objects.bulk_create(
        AttemptEvent(
            attempt=grade.paper, kind=AttemptEvent.Kind.REGRADED, detail=_told_later(grade, correction)
        )
        for grade in grades
    )


def _told_later(grade: Grade, correction: Correction) -> str:
    """Old and new, for the learner who asks."""
    sentence = (
        f"第 {grade.answer.position} 题 {_plain(grade.before)} → {_plain(grade.after)} 分，"
        f"总分 {_plain(grade.old_score)} → {_plain(grade.score)} 分"
    )
    passes = _passes(grade, correction)
    if passes == grade.passed:
        return f"{sentence}，合格保留" if passes and not grade.reaches else sentence
    return f"{sentence}，{'改为合格' if passes else '改为不合格'}"


def _plain(number: Decimal) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _draw_consequences(grades: list[Grade], correction: Correction) -> None:
    """Courses that are passed now, the books of mistakes, and a word to those whose counted score changed."""
    now = timezone.now()
    people = User.objects.in_bulk({grade.paper.person_id for grade in grades})
    question = correction.fixed.question_id
    gained = [grade.paper.person_id for grade in grades if grade.after == RIGHT]
    Mistake.objects.kept().filter(person__in=gained, question=question).update(left_at=now)
    told: dict[int, list[User]] = {}
    quizzes = {grade.paper.quiz_id: grade.paper.quiz for grade in grades}
    for grade in grades:
        paper, person = grade.paper, people[grade.paper.person_id]
        if grade.change < 0:
            note_answers(person=person, right=(), wrong={question}, at=now)
        if grade.reaches and not grade.passed and paper.quiz.course_version is not None:
            complete_course(person=person, version=paper.quiz.course_version, at=now)
        if not paper.is_practice:
            told.setdefault(paper.quiz_id, []).append(person)
    for number, persons in told.items():
        enqueue(
            kind="score_corrected",
            recipients=persons,
            key=f"{correction.pk}:{number}",
            link=reverse("learning:quiz", args=[number]),
            words={"title": quizzes[number].title},
        )


def _count(grades: Iterable[Grade], correction: Correction) -> None:
    counts: Counter = Counter()
    for grade in grades:
        if not grade.paper.is_practice:
            counts.update(_tally(grade))
    failed = counts["would_fail"]
    Correction.objects.filter(pk=correction.pk).update(
        attempts=F("attempts") + counts["papers"],
        gained=F("gained") + counts["gain"],
        lost=F("lost") + counts["lose"],
        newly_passed=F("newly_passed") + counts["newly_passed"],
        newly_failed=F("newly_failed") + (failed if correction.lowers_passed else 0),
        kept_passed=F("kept_passed") + (0 if correction.lowers_passed else failed),
    )


def _wake_up() -> None:
    """Start at once. The queue may be down: the next minute looks by itself."""
    current_app.send_task("learning.tasks.tend_corrections", retry=False)
