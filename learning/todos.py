"""What learning wants from a person now: courses and quizzes to do, texts to review, questions to write."""

from collections import Counter
from collections.abc import Iterator

from django.db.models import Q, Value
from django.urls import reverse
from django.utils import timezone

from accounts.models import Branch, User
from core.todos import Todo
from learning.actions.assignments import address
from learning.actions.editing import REVIEW, WRITE
from learning.models import CourseVersion, Item, QuestionVersion
from learning.rules import progress, quizzes

TITLE_LENGTH = 14
_REVIEWED = {
    "item": ("审核推送内容", "?state__exact=in_review"),
    "courseversion": ("审核课程", "?state__exact=in_review"),
    "question": ("审核题目", "?state=in_review"),
}


def todos_for(user: User) -> list[Todo]:
    """One query for everybody, two or three more for people with an office."""
    todos = list(_to_learn(user))
    if user.is_staff:
        todos += [*_to_review(user), *_to_write(user)]
    return todos


def _to_learn(user: User) -> Iterator[Todo]:
    """What is open now and not over: the same rows the secretary counts."""
    now = timezone.now()
    begun = Q(assignment__quiz=None) | Q(assignment__quiz__opens_at__lte=now)
    rows = progress.own_rows(user).filter(begun, done_at=None, assignment__due_at__gt=now)
    for row in rows:
        task = row.assignment
        note = "月末测评，可以分几次答完" if task.quiz_id else "布置给你的课程"
        yield Todo(due=task.due_at, title=_short(str(task)), note=note, url=address(task))


def _to_review(user: User) -> Iterator[Todo]:
    """How many texts of others wait in the branches where he reviews. Questions go with their item or course."""
    branches = Branch.objects.where(user, REVIEW)
    waiting = {
        "item": Item.objects.filter(branch__in=branches, state=Item.State.IN_REVIEW),
        "courseversion": CourseVersion.objects.filter(
            course__branch__in=branches, state=CourseVersion.State.IN_REVIEW
        ),
        "question": QuestionVersion.objects.filter(
            question__branch__in=branches,
            question__item=None,
            question__course=None,
            state=QuestionVersion.State.IN_REVIEW,
        ),
    }
    kinds = [
        rows.exclude(author=user).order_by().values_list(Value(model)) for model, rows in waiting.items()
    ]
    counts = Counter(model for (model,) in kinds[0].union(*kinds[1:], all=True))
    day = timezone.localtime().replace(hour=23, minute=59, second=0, microsecond=0)
    for model, (title, query) in _REVIEWED.items():
        if counts[model]:
            yield Todo(
                due=day,
                title=title,
                note=f"有 {counts[model]} 份等你审核",
                url=reverse(f"admin:learning_{model}_changelist") + query,
                all_day=True,
            )


def _to_write(user: User) -> Iterator[Todo]:
    """From five days before the 25th until the opening: the branches whose quiz would be short."""
    now = timezone.now()
    if not quizzes.is_time_to_warn(now):
        return
    period = quizzes.period_of(timezone.localdate())
    start = quizzes.assembled_at(period)
    due = start if now < start else quizzes.window(period)[0]
    for branch, missing in quizzes.shortages(period, Branch.objects.where(user, WRITE)):
        yield Todo(
            due=due,
            title="补月末测评题目",
            note=f"{branch.name}：还差 {missing} 题",
            url=reverse("admin:learning_item_changelist"),
        )


def _short(title: str) -> str:
    return title if len(title) <= TITLE_LENGTH else f"{title[: TITLE_LENGTH - 1]}…"
