"""What served nobody but the learner is deleted once he has left, and nothing else."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from learning import tasks
from learning.actions.retention import forget_the_departed
from learning.models import Completion, LessonProgress, Mistake, Subscription
from tests.factories import UserFactory
from tests.learning.factories import CourseFactory, CourseVersionFactory, QuestionFactory, TopicFactory


@pytest.fixture
def learnt(org):
    """Makes a person who has one of everything; ``left`` days ago he left."""
    version = CourseVersionFactory(course=CourseFactory(branch=org.a1))
    question = QuestionFactory(branch=org.a1)
    topic = TopicFactory(branch=org.a1)

    def make(left=None, **fields):
        if left is not None:
            fields["left_on"] = timezone.localdate() - dt.timedelta(days=left)
        person = UserFactory(**fields)
        Mistake.objects.create(person=person, question=question, due_at=timezone.now())
        Subscription.objects.create(person=person, topic=topic)
        LessonProgress.objects.create(person=person, course=version.course, lesson_key=uuid.uuid4())
        Completion.objects.create(
            person=person, course=version.course, version=version, completed_at=timezone.now()
        )
        return person

    return make


def kept(person):
    rows = (Mistake, Subscription, LessonProgress, Completion)
    return [model.objects.filter(person=person).count() for model in rows]


def test_the_departed_lose_what_was_only_theirs(learnt):
    gone = learnt(left=1, is_active=False)
    assert [forget_the_departed(), forget_the_departed()] == [3, 0]
    assert kept(gone) == [0, 0, 0, 1]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"left": 0, "is_active": False},
        {"left": -30},
        {"left": 1},
        {"is_active": False},
    ],
    ids=["here", "leaves today", "will leave", "not shut out yet", "suspended"],
)
def test_everybody_else_keeps_it(learnt, fields):
    person = learnt(**fields)
    assert forget_the_departed() == 0
    assert kept(person) == [1, 1, 1, 1]


@pytest.mark.parametrize("number", [1, 3])
def test_statements_do_not_grow_with_people(learnt, number, django_assert_num_queries):
    for _ in range(number):
        learnt(left=1, is_active=False)
    with django_assert_num_queries(5):  # three, and a savepoint around them
        forget_the_departed()


def test_the_daily_task_forgets_them(learnt):
    gone = learnt(left=400, is_active=False)
    tasks.forget_the_departed()
    assert kept(gone) == [0, 0, 0, 1]
