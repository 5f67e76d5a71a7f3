"""The month-end quiz makes itself: assembled, repaired, opened and told (``domain.md`` §1.9, ``reliability.md`` §2.3).

Nothing here counts on being called on time or once. Every step looks at what is there and does what is missing.
"""

from collections.abc import Callable
from datetime import datetime

import structlog
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.actions.locks import lock
from accounts.models import Audience, Branch, User
from accounts.roles import Stage
from core.audit.log import record
from core.errors import Conflict, Invalid
from learning.actions.assignments import assign, call_off, tell
from learning.actions.attempts import void_attempts
from learning.actions.editing import REVIEW, WRITE, check_right, people_asked
from learning.models import Assignment, Attempt, Item, QuestionVersion, Quiz, QuizQuestion
from learning.rules import quizzes as rules
from learning.rules.assignments import in_words
from notifications.outbox import enqueue

# Whose study task it is; the others may take it freely (``domain.md`` X1).
TAKERS = (Stage.APPLICANT, Stage.ACTIVIST, Stage.TARGET, Stage.PROBATIONARY, Stage.FULL)

log = structlog.get_logger(__name__)


@transaction.atomic
def assemble_quiz(*, branch: Branch, period: str, by: User | None = None) -> Quiz | None:
    """Make the quiz of a month from the questions of its items; the one that exists is returned, whoever asks again.

    ``by`` is None for the portal, which gets None while there are fewer than five questions. Everybody below
    ``branch`` and below the branches its items went to may take it; it is a task for the applicants, activists,
    targets and members below ``branch``, for whom the list is made here and who hear of it when it opens. ``is_late`` says that it was not the 25th any more. The whole quiz or
    nothing. Raises ``Missing`` or ``NotAllowed`` for people who do not write in ``branch``, and ``Conflict`` for
    them when it is too early, too late or short. Audited.
    """
    check_right(by, WRITE, branch)
    branch = lock(branch)
    if quiz := _existing(branch, period):
        return quiz
    today = timezone.localdate()
    if period not in rules.periods_due(today):
        raise Conflict(f"{rules.ASSEMBLED_ON} 日起才能生成当月的测评，也只补上个月的。")
    chosen = rules.choose(list(rules.candidates(branch, period)), seed=_seed(branch, period))
    if len(chosen) < rules.FEWEST:
        if by is None:
            return None
        raise Conflict(f"还差 {rules.FEWEST - len(chosen)} 题，补上以后再生成。")
    opens, closes = rules.window_from(period, timezone.now())
    quiz = _create(
        branch=branch,
        period=period,
        title=rules.title_of(period),
        audience=Audience.objects.obtain({branch, *rules.branches_told(branch, period)}),
        opens_at=opens,
        closes_at=closes,
        is_late=today > timezone.localdate(rules.assembled_at(period)),
    )
    _ask(quiz, chosen)
    takers = Audience.objects.obtain([branch], stages=TAKERS)
    assign(by=None, branch=branch, audience=takers, due_at=closes, quiz=quiz)
    record(by, "learning.quiz_assembled", quiz, branch=branch)
    return quiz


@transaction.atomic
def withdraw_quiz(*, quiz: Quiz, reason: str, by: User) -> Quiz:
    """Take a month-end quiz back, before or while people are in it: their attempts are void, and they hear of it.

    Nobody has to take it any more, and the month gets no other one. Raises ``Missing`` or ``NotAllowed`` for people
    who do not review in its branch, ``Invalid`` without a reason, ``Conflict`` for a self-test, which goes with its
    course. Withdrawing twice changes nothing. Audited.
    """
    quiz = lock(quiz)
    check_right(by, REVIEW, quiz.branch)
    reason = " ".join(reason.split())
    if len(reason) < 4:
        raise Invalid("请写明原因，至少 4 个字。", fields={"reason": ["请写明原因，至少 4 个字。"]})
    if quiz.kind != Quiz.Kind.MONTH_END:
        raise Conflict("课后自测随课程撤下。")
    if quiz.withdrawn_at:
        return quiz
    people = User.objects.filter(pk__in=_sittings(quiz).values("person"))
    enqueue(
        kind="quiz_withdrawn",
        recipients=list(people),
        key=str(quiz.pk),
        link=reverse("learning:quiz", args=[quiz.pk]),
        words={"title": quiz.title},
    )
    quiz.withdrawn_at, quiz.withdrawn_by, quiz.withdraw_reason = timezone.now(), by, reason[:200]
    quiz.save(update_fields=["withdrawn_at", "withdrawn_by", "withdraw_reason"])
    void_attempts(quiz=quiz)
    for assignment in _assignments(quiz):
        call_off(assignment)
    record(by, "learning.quiz_withdrawn", quiz, branch=quiz.branch, reason=reason)
    return quiz


@transaction.atomic
def repair_quiz(quiz: Quiz) -> Quiz | None:
    """Before it opens, replace the questions that cannot be asked any more, or leave them out.

    With fewer than five left the quiz is undone, as if it had never been assembled (nobody has seen it yet), and
    the editors are told what is missing: it is tried again until it should open. Returns the quiz, or None when it
    was undone. An open quiz stays as it is. Audited when something changed.
    """
    quiz = lock(quiz)
    if quiz.withdrawn_at or quiz.opens_at is None or quiz.opens_at <= timezone.now():
        return quiz
    asked = list(quiz.questions.values_list("version", flat=True))
    found = list(rules.candidates(quiz.branch, quiz.period))
    kept = [version for version in found if version.pk in asked]
    if len(kept) == len(asked):
        return quiz
    chosen = rules.choose(found, seed=_seed(quiz.branch, quiz.period), kept=kept, fewest=len(asked))
    if len(chosen) < rules.FEWEST:
        _undo(quiz, missing=rules.FEWEST - len(chosen))
        return None
    quiz.questions.all().delete()
    _ask(quiz, chosen)
    record(None, "learning.quiz_repaired", quiz, branch=quiz.branch)
    return quiz


def repair_quizzes_with(*, item: Item) -> None:
    """An item was withdrawn: repair the quizzes that are not open yet and ask about it, in the same transaction."""
    for quiz in Quiz.objects.filter(
        questions__item=item, opens_at__gt=timezone.now(), withdrawn_at=None
    ).distinct():
        repair_quiz(quiz)


def tend_quizzes() -> None:
    """Every few minutes: whatever of all this is due and not done. What fails for one branch waits; others go on."""
    now = timezone.now()
    for period in rules.periods_due(timezone.localdate()):
        for branch in _branches_without(period):
            _try(assemble_quiz, branch=branch, period=period)
    for quiz in Quiz.objects.filter(
        kind=Quiz.Kind.MONTH_END, withdrawn_at=None, opens_at__gt=now
    ).select_related("branch"):
        _try(repair_quiz, quiz)
    warn_of_shortage()
    announce_quizzes()


def warn_of_shortage() -> int:
    """From five days before the 25th until the quiz should open: tell the editors once when it would be short.

    Returns how many branches that were.
    """
    if not rules.is_time_to_warn(timezone.now()):
        return 0
    period = rules.period_of(timezone.localdate())
    short = rules.shortages(period, Branch.objects.all())
    for branch, missing in short:
        _tell_editors(branch, period, missing, key=f"{branch.pk}:{period}")
    return len(short)


def announce_quizzes() -> None:
    """``quiz_open`` to those who have not done it, and ``quiz_last_day`` on the last day, each person once."""
    now = timezone.now()
    for quiz in Quiz.objects.open(now).filter(kind=Quiz.Kind.MONTH_END):
        for assignment in _assignments(quiz):
            tell(assignment, "quiz_open")
            if now >= _last_morning(quiz):
                tell(assignment, "quiz_last_day")


def _seed(branch: Branch, period: str) -> str:
    return f"{branch.pk}:{period}"


def _existing(branch: Branch, period: str) -> Quiz | None:
    return Quiz.objects.filter(kind=Quiz.Kind.MONTH_END, branch=branch, period=period).first()


def _create(**fields) -> Quiz:
    try:
        with transaction.atomic():
            return Quiz.objects.create(kind=Quiz.Kind.MONTH_END, **fields)
    except IntegrityError as error:
        raise Conflict("这个月的测评刚刚生成了。") from error


def _ask(quiz: Quiz, versions: list[QuestionVersion]) -> None:
    QuizQuestion.objects.bulk_create(
        QuizQuestion(quiz=quiz, position=position, version=version, item_id=version.question.item_id)
        for position, version in enumerate(versions, 1)
    )


def _undo(quiz: Quiz, *, missing: int) -> None:
    entry = record(None, "learning.quiz_undone", quiz, branch=quiz.branch, reason=f"还差 {missing} 题")
    _tell_editors(quiz.branch, quiz.period, missing, key=f"{quiz.branch_id}:{quiz.period}:{entry.pk}")
    _assignments(quiz).delete()
    quiz.delete()


def _tell_editors(branch: Branch, period: str, missing: int, *, key: str) -> None:
    opens, start = rules.window(period)[0], rules.assembled_at(period)
    enqueue(
        kind="quiz_short",
        recipients=people_asked(branch, WRITE),
        key=key,
        link=reverse("admin:learning_item_changelist"),
        words={
            "title": rules.title_of(period),
            "missing": missing,
            "due": in_words(start if timezone.now() < start else opens),
        },
        expires_at=opens,
    )


def _branches_without(period: str) -> list[Branch]:
    have = Quiz.objects.filter(kind=Quiz.Kind.MONTH_END, period=period).values("branch")
    return list(rules.branches_of(period).exclude(pk__in=have))


def _assignments(quiz: Quiz):
    return Assignment.objects.standing().filter(quiz=quiz)


def _sittings(quiz: Quiz):
    return Attempt.objects.filter(quiz=quiz).exclude(state=Attempt.State.VOID)


def _last_morning(quiz: Quiz) -> datetime:
    return timezone.localtime(quiz.closes_at).replace(hour=rules.OPENS.hour, minute=0)


def _try(action: Callable, *args, **kwargs) -> None:
    try:
        action(*args, **kwargs)
    except Exception:
        log.exception("quiz_step_failed", step=action.__name__)
