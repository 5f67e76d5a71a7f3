"""A sitting of a quiz from start to score: no answer is lost, none counts twice (``reliability.md`` A4, A5, §3.5).

No audit entries: a sitting is the learner's own (``domain.md`` C12). What happened to it stands in its events.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from random import Random, SystemRandom

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from accounts.rules import home_of
from core.errors import Conflict, Invalid, Missing
from learning.actions.assignments import mark_done
from learning.actions.courses import complete_course
from learning.actions.mistakes import note_answers
from learning.models import Answer, Attempt, AttemptEvent, QuestionVersion, Quiz
from learning.rules import attempts as rules
from learning.rules.courses import can_take_test
from learning.rules.drawing import draw
from learning.rules.grading import RIGHT, is_well_formed, points

logger = structlog.get_logger(__name__)

WITHDRAWN = "这份测评已经撤下，不用再答了。已经答的不计成绩，也不影响你。"
TOO_LATE = "时间到了，这一题没有存上。之前保存的答案会自动交卷。"
HANDED_IN = "这份卷子已经交了，答案不能再改。"
CHANGED_ELSEWHERE = "这道题在另一个页面改过，现在显示的是保存的答案。"
MALFORMED = "这个答案不是这道题的选项，请刷新后再选。"
GRADED_FIELDS = ["value", "is_marked", "sequence", "saved_at", "points"]
LARGEST_SEQUENCE = 2**31 - 1


def start_attempt(*, quiz: Quiz, person: User) -> Attempt:
    """Begin a sitting of ``quiz``, or go on with the one that is open.

    The quiz is read anew. The first sitting of a month-end quiz counts, what follows, also after its window, is
    practice. Questions, their order and the order of their options are fixed here; the unique constraint decides
    when two requests begin at once, and both get the same paper. Raises ``Missing`` for a quiz the person does not
    see, ``Conflict`` when it cannot be begun, with the reason. Writes the event "started" or "resumed".
    """
    found = (
        Quiz.objects.visible_to(person).filter(pk=quiz.pk).select_related("course_version__course").first()
    )
    if found is None:
        raise Missing
    earlier = list(found.attempts_made.filter(person=person).order_by("number"))
    if going_on := _open_of(earlier):
        return _resume(going_on)
    now = timezone.now()
    _check_start(found, person, now)
    versions = _questions(found, SystemRandom(), now)
    try:
        return _create(found, person, earlier, versions, now)
    except IntegrityError as error:
        going_on = Attempt.objects.open().filter(quiz=found, person=person).first()
        if going_on is None:
            raise Conflict("刚才在另一个页面交了卷，请刷新后再看。") from error
        return going_on


def save_answer(
    *,
    attempt_id: int,
    position: int,
    person: User,
    value: object,
    sequence: int,
    is_marked: bool | None = None,
) -> Answer:
    """Store one answer, newest first: two statements, and none of them waits for anybody but a hand-in.

    ``value`` has the shape of ``Answer.value``, empty or None takes an answer back. ``sequence`` is the client's
    count of changes of this answer: only a higher one than the stored one is taken; the same request again is
    answered as the first time. ``is_marked`` None leaves the mark as it is.

    Whoever hands in locks the row and gives it points, and the UPDATE looks at both conditions once more after it
    has waited: a save is either graded or refused. Raises ``Missing`` for somebody else's paper, ``Invalid`` for a
    value the question cannot take, and ``Conflict`` for everything that came too late, with the stored ``value``,
    ``is_marked`` and ``sequence`` when the paper is still open.
    """
    answer = _find(attempt_id, position, person)
    now = timezone.now()
    _check_takes_answers(answer.attempt, now)
    value = _checked(answer.version, value, sequence)
    marked = answer.is_marked if is_marked is None else is_marked
    if sequence > answer.sequence:
        changed = {"value": value, "is_marked": marked, "sequence": sequence, "saved_at": now}
        rows = Answer.objects.filter(pk=answer.pk, sequence__lt=sequence, points=None)
        if rows.update(**changed):
            for name, new in changed.items():
                setattr(answer, name, new)
            return answer
        answer = _find(attempt_id, position, person)
        _check_takes_answers(answer.attempt, now)
    if (answer.sequence, answer.value, answer.is_marked) == (sequence, value, marked):
        return answer
    raise Conflict(
        CHANGED_ELSEWHERE,
        code="changed_elsewhere",
        value=answer.value,
        is_marked=answer.is_marked,
        sequence=answer.sequence,
    )


@transaction.atomic
def submit_attempt(*, attempt: Attempt, person: User, key: str, answers: Iterable[Mapping] = ()) -> Attempt:
    """Hand in: take what the client had not saved yet, grade what is stored, all or nothing.

    ``answers`` are mappings with ``position``, ``value``, ``sequence`` and perhaps ``is_marked``; those with an old
    sequence change nothing, and after the end and its grace none does. ``key`` names the request: handing in again,
    under whatever key, changes nothing and gives the same result. A quiz withdrawn meanwhile voids the paper.
    Raises ``Missing`` for somebody else's paper and ``Invalid`` for answers the questions cannot take. Writes
    points, score and event, the book of mistakes, and what is done by it: an assignment or a course.
    """
    attempt, rows = _locked_paper(attempt.pk, person)
    if attempt.state != Attempt.State.OPEN:
        return attempt
    now = timezone.now()
    if attempt.quiz.withdrawn_at is not None:
        return _void([attempt], now)[0]
    how = Attempt.ClosedBy.PERSON
    if rules.is_overdue(attempt, now):
        how = Attempt.ClosedBy.CLOCK
    else:
        _take(rows, answers, now)
    attempt.key = key[:64]
    return _close(attempt, rows, how, now)


@transaction.atomic
def close_attempt(attempt: Attempt, how: str) -> Attempt:
    """Grade a paper with its stored answers, whoever left it. Harmless to repeat: a closed one stays as it is."""
    attempt, rows = _locked_paper(attempt.pk, attempt.person)
    if attempt.state != Attempt.State.OPEN:
        return attempt
    if attempt.quiz.withdrawn_at is not None:
        return _void([attempt], timezone.now())[0]
    return _close(attempt, rows, how, timezone.now())


def close_overdue_attempts() -> int:
    """Close every paper whose end and grace are over, each in a transaction of its own; returns how many.

    Run each minute. Killed half-way, the rest is closed by the next run; run twice at once, each paper is closed
    once. One that cannot be closed is logged and does not hold up the others. Papers of a withdrawn quiz that were
    begun in the moment of its withdrawal are voided here.
    """
    now = timezone.now()
    overdue = Q(ends_at__lt=now - rules.GRACE) | Q(quiz__withdrawn_at__isnull=False)
    closed = 0
    for attempt in Attempt.objects.open().filter(overdue).select_related("person").order_by("pk"):
        try:
            close_attempt(attempt, Attempt.ClosedBy.CLOCK)
        except Exception:
            logger.exception("attempt_not_closed", attempt=attempt.pk)
        else:
            closed += 1
    return closed


@transaction.atomic
def void_attempts(*, quiz: Quiz) -> list[Attempt]:
    """Void the open papers of a quiz that was withdrawn; returns them with their persons, who should be told.

    Called in the transaction that withdraws the quiz. Papers handed in before stay as they are.
    """
    papers = Attempt.objects.open().filter(quiz=quiz).select_related("person")
    return _void(list(papers.select_for_update(of=("self",), no_key=True).order_by("pk")), timezone.now())


def note_reconnection(*, attempt: Attempt) -> None:
    """Write down that a phone came back and saved what it had kept, for the learner who asks later."""
    AttemptEvent.objects.create(attempt=attempt, kind=AttemptEvent.Kind.RECONNECTED)


def erase_old_answers() -> int:
    """Forget what was answered in papers closed more than twelve months ago; points and score stay (``C16``).

    Returns how many answers were erased.
    """
    long_ago = timezone.now() - rules.ANSWERS_KEPT
    kept = Answer.objects.filter(attempt__closed_at__lt=long_ago, value__isnull=False)
    return kept.update(value=None, is_marked=False)


def _open_of(attempts: list[Attempt]) -> Attempt | None:
    return next((attempt for attempt in attempts if attempt.state == Attempt.State.OPEN), None)


def _resume(attempt: Attempt) -> Attempt:
    AttemptEvent.objects.create(attempt=attempt, kind=AttemptEvent.Kind.RESUMED)
    return attempt


def _check_start(quiz: Quiz, person: User, now: datetime) -> None:
    if quiz.withdrawn_at is not None:
        raise Conflict("这份测评已经撤下，不用做了。")
    if quiz.opens_at is not None and now < quiz.opens_at:
        opens = date_format(timezone.localtime(quiz.opens_at), "n 月 j 日 H:i")
        raise Conflict(f"还没有开始，{opens} 开放。")
    version = quiz.course_version
    if version is None:
        return
    if version.course.current_id != version.pk:
        raise Conflict("课程已经更新，请从课程页面做新版本的自测。")
    if not can_take_test(person, version.course):
        raise Conflict("学完全部课节以后才能自测。")


def _questions(quiz: Quiz, rng: Random, now: datetime) -> list[QuestionVersion]:
    if quiz.course_version is not None:
        return draw(quiz.course_version, rng, timezone.localdate(now))
    rows = quiz.questions.select_related("version").order_by("position")
    versions = [row.version for row in rows]
    if not versions:
        raise Conflict("这份测评还没有题目，请过一会儿再来。")
    if not quiz.same_order:
        rng.shuffle(versions)
    return versions


@transaction.atomic
def _create(
    quiz: Quiz, person: User, earlier: list[Attempt], versions: list[QuestionVersion], now: datetime
) -> Attempt:
    counted = sum(one.state == Attempt.State.CLOSED and not one.is_practice for one in earlier)
    branch = home_of(person)
    attempt = Attempt.objects.create(
        quiz=quiz,
        person=person,
        number=earlier[-1].number + 1 if earlier else 1,
        is_practice=not rules.counts(quiz, now, counted),
        branch_name=branch.name if branch else "",
        started_at=now,
        ends_at=rules.ends_at(quiz, now),
    )
    rng = SystemRandom()
    Answer.objects.bulk_create(
        Answer(
            attempt=attempt,
            position=position,
            version=version,
            order=rules.option_order(version, rng, same_order=quiz.same_order),
        )
        for position, version in enumerate(versions, start=1)
    )
    AttemptEvent.objects.create(attempt=attempt, kind=AttemptEvent.Kind.STARTED)
    return attempt


def _find(attempt_id: int, position: int, person: User) -> Answer:
    rows = Answer.objects.filter(attempt=attempt_id, position=position, attempt__person=person)
    answer = rows.select_related("attempt__quiz", "version").first()
    if answer is None:
        raise Missing
    return answer


def _check_takes_answers(attempt: Attempt, now: datetime) -> None:
    if attempt.state == Attempt.State.VOID or attempt.quiz.withdrawn_at is not None:
        raise Conflict(WITHDRAWN, code="withdrawn")
    if attempt.state == Attempt.State.CLOSED:
        raise Conflict(HANDED_IN, code="handed_in")
    if not rules.takes_answers(attempt, now):
        raise Conflict(TOO_LATE, code="too_late")


def _checked(version: QuestionVersion, value: object, sequence: object) -> list[str] | None:
    """``value`` as it is stored: None when nothing is chosen, keys in one order."""
    if not isinstance(sequence, int) or isinstance(sequence, bool) or not 0 <= sequence <= LARGEST_SEQUENCE:
        raise Invalid(MALFORMED)
    if not is_well_formed(version, value or None):
        raise Invalid(MALFORMED)
    if not isinstance(value, list) or not any(value):
        return None
    return sorted(value) if version.kind == QuestionVersion.Kind.MULTIPLE else list(value)


def _locked_paper(attempt_id: int, person: User) -> tuple[Attempt, list[Answer]]:
    """The paper and its answers, all held until the transaction ends: a save waits, and then finds points.

    One statement; the paper is locked first, as corrections do, then its answers in their order.
    """
    rows = list(
        Answer.objects.filter(attempt=attempt_id, attempt__person=person)
        .select_related("attempt__quiz__course_version", "version")
        .select_for_update(of=("attempt", "self"), no_key=True)
        .order_by("position")
    )
    if not rows:
        raise Missing
    attempt = rows[0].attempt
    attempt.person = person
    return attempt, rows


def _take(rows: list[Answer], answers: Iterable[Mapping], now: datetime) -> None:
    by_position = {row.position: row for row in rows}
    for given in answers:
        row = by_position.get(given["position"])
        if row is None:
            raise Invalid(MALFORMED)
        value = _checked(row.version, given["value"], given["sequence"])
        if given["sequence"] > row.sequence:
            row.value, row.sequence, row.saved_at = value, given["sequence"], now
            if given.get("is_marked") is not None:
                row.is_marked = given["is_marked"]


def _close(attempt: Attempt, rows: list[Answer], how: str, now: datetime) -> Attempt:
    """Grade the locked paper and draw the consequences."""
    quiz = attempt.quiz
    graded = [points(row.version, row.value, half_marks=quiz.half_marks) for row in rows]
    for row, earned in zip(rows, graded, strict=True):
        row.points = earned
    # An upsert of rows that all exist: a fifth of what the CASE expressions of bulk_update cost.
    Answer.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=GRADED_FIELDS)
    attempt.score, attempt.full, attempt.passed = rules.outcome(graded, quiz.pass_percent)
    attempt.state, attempt.closed_at, attempt.closed_by = Attempt.State.CLOSED, now, how
    attempt.save(update_fields=["state", "closed_at", "closed_by", "key", "score", "full", "passed"])
    by_clock = how == Attempt.ClosedBy.CLOCK
    kind = AttemptEvent.Kind.CLOSED_BY_CLOCK if by_clock else AttemptEvent.Kind.SUBMITTED
    AttemptEvent.objects.create(attempt=attempt, kind=kind)
    _draw_consequences(attempt, rows, now)
    return attempt


def _draw_consequences(attempt: Attempt, rows: list[Answer], now: datetime) -> None:
    quiz, person = attempt.quiz, attempt.person
    right = {row.version.question_id for row in rows if row.points == RIGHT}
    wrong = {row.version.question_id for row in rows} - right
    # The book of mistakes shows the right answers: what is still being asked comes up after the window.
    noted_at = max(now, rules.key_free_at(quiz) or now)
    note_answers(person=person, right=right, wrong=wrong, at=noted_at)
    if attempt.is_practice:
        return
    if quiz.kind == Quiz.Kind.MONTH_END:
        mark_done(person=person, at=now, quiz=quiz)
    elif attempt.passed and quiz.course_version is not None:
        complete_course(person=person, version=quiz.course_version, at=now)


def _void(attempts: list[Attempt], now: datetime) -> list[Attempt]:
    for attempt in attempts:
        attempt.state, attempt.closed_at = Attempt.State.VOID, now
        attempt.closed_by = Attempt.ClosedBy.WITHDRAWAL
    Attempt.objects.bulk_update(attempts, ["state", "closed_at", "closed_by"], batch_size=500)
    AttemptEvent.objects.bulk_create(
        AttemptEvent(attempt=attempt, kind=AttemptEvent.Kind.WITHDRAWN) for attempt in attempts
    )
    return attempts
