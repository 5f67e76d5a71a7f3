"""Let the demo university learn, and take what it learnt away again."""

import random

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Audience, Branch
from learning.demo.desk import Desk
from learning.demo.learners import Learners
from learning.demo.plan import plan
from learning.models import (
    Assignment,
    Attempt,
    Completion,
    Course,
    CourseVersion,
    DutyWeek,
    Item,
    LessonProgress,
    Media,
    Mistake,
    Question,
    Quiz,
    Topic,
)

SEED = 20170902


def exists() -> bool:
    return Item.objects.filter(is_demo=True).exists()


@transaction.atomic
def load() -> dict[str, int]:
    """Give the demo university its learning content and a history with it; nothing when it is there already.

    Needs its people (``accounts.demo.load``). Everything is placed around this moment: a month-end quiz is always
    open. Returns how many rows of each kind there are.
    """
    if exists():
        return {}
    desk = Desk.open(plan(timezone.localtime()))
    desk.publish()
    Learners(desk, random.Random(SEED)).study()  # noqa: S311 - repeatable, not secret
    return {
        "课程": Course.objects.filter(is_demo=True).count(),
        "推送": Item.objects.filter(is_demo=True).count(),
        "题目": Question.objects.filter(is_demo=True).count(),
        "答卷": Attempt.objects.filter(quiz__is_demo=True).count(),
    }


@transaction.atomic
def remove() -> None:
    """Take away what the demo branches own and everything hanging on it, also what visitors added, with the files."""
    branches = Branch.objects.filter(is_demo=True)
    audiences = list(Audience.objects.filter(branches__in=branches).values_list("pk", flat=True))
    quizzes = Quiz.objects.filter(branch__in=branches)
    courses = Course.objects.filter(branch__in=branches)
    questions = Question.objects.filter(branch__in=branches)
    Assignment.objects.filter(Q(branch__in=branches) | Q(quiz__in=quizzes) | Q(course__in=courses)).delete()
    Attempt.objects.filter(quiz__in=quizzes).delete()
    quizzes.delete()
    Completion.objects.filter(course__in=courses).delete()
    LessonProgress.objects.filter(course__in=courses).delete()
    Mistake.objects.filter(question__in=questions).delete()
    questions.delete()
    courses.update(current=None)
    CourseVersion.objects.filter(course__in=courses).delete()
    courses.delete()
    DutyWeek.objects.filter(branch__in=branches).delete()
    Item.objects.filter(branch__in=branches).delete()
    Topic.objects.filter(branch__in=branches).delete()
    Audience.objects.filter(
        pk__in=audiences, items=None, courses=None, quizzes=None, assignments=None
    ).delete()
    media = Media.objects.filter(branch__in=branches)
    files = [(one.file.storage, one.file.name) for one in media]
    media.delete()
    transaction.on_commit(lambda: [storage.delete(name) for storage, name in files])
