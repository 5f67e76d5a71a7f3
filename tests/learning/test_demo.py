"""The demo university learns, whatever the date, and can be taken away without a trace."""

import datetime as dt
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.utils import timezone

import learning.models
from accounts.models import Audience, Branch
from accounts.roles import Stage
from learning.actions.attempts import start_attempt
from learning.actions.quizzes import tend_quizzes
from learning.demo import load
from learning.demo.desk import _steps
from learning.models import (
    Answer,
    Assignee,
    Attempt,
    Column,
    Completion,
    Course,
    Item,
    ItemStatistic,
    Media,
    Mistake,
    QuestionVersion,
    Quiz,
    Reading,
)
from learning.rules.courses import is_complete
from learning.rules.drawing import problems_of_blueprint
from learning.rules.grading import points
from learning.rules.questions import problems_of
from tests.factories import BranchFactory, UserFactory
from tests.granting import grant

TODAY = dt.datetime(2026, 11, 22, 13, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
STAGES = [Stage.FULL, Stage.PROBATIONARY, Stage.TARGET, Stage.ACTIVIST, Stage.APPLICANT]


@pytest.fixture
def university(org):
    """As much of the demo university as its content needs: some people, their League, editors, a secretary."""
    BranchFactory(name="商学院团委", kind=Branch.Kind.LEAGUE_GENERAL)
    Branch.objects.update(is_demo=True)
    people = [UserFactory(stage=stage, branch=org.a1, is_demo=True) for stage in STAGES for _ in range(6)]
    for editor in people[6:9]:
        grant(editor, "editor", org.college_a)
    grant(people[0], "secretary", org.a1)
    grant(people[1], "organizer", org.college_a)
    grant(people[2], "college_admin", org.college_a)
    return org


@pytest.fixture
def demo(university):
    with time_machine.travel(TODAY, tick=False):
        load.load()
        yield university


def test_the_content_of_five_courses_and_three_months(demo):
    assert [str(course) for course in Course.objects.published()] == [
        "党章基本知识",
        "党员的权利与义务",
        "发展党员工作流程",
        "党的纪律与组织生活",
        "大学生志愿服务与安全",
    ]
    for course in Course.objects.select_related("current"):
        assert problems_of_blueprint(course.current) == []
        assert course.current.quiz.is_open()
    assert Counter(Item.objects.values_list("state", flat=True)) == {
        "sent": 28,
        "scheduled": 3,
        "approved": 1,
        "in_review": 1,
        "draft": 4,
        "withdrawn": 1,
    }
    returned = Item.objects.filter(state=Item.State.DRAFT).exclude(review_note="")
    assert returned.count() == 1
    assert {media.is_demo for media in Media.objects.all()} == {True}
    assert Counter(Media.objects.values_list("kind", flat=True)) == {"image": 36, "pdf": 3}
    assert not Media.objects.filter(kind="image", alt="").exists()
    _everything_that_is_asked_could_be_approved()


def _everything_that_is_asked_could_be_approved():
    for version in QuestionVersion.objects.select_related("question__item", "question__course"):
        assert problems_of(version) == [], version.stem
    assert QuestionVersion.objects.filter(reviewer=None, state="approved").count() == 0


def test_scores_follow_from_the_answers(demo):
    given = {}
    for answer in Answer.objects.select_related("version"):
        assert answer.points == points(answer.version, answer.value)
        given[answer.attempt_id] = given.get(answer.attempt_id, Decimal(0)) + answer.points
    attempts = Attempt.objects.all()
    assert attempts.count() > 20
    for attempt in attempts:
        assert attempt.score == given[attempt.pk]
        assert attempt.started_at < attempt.closed_at <= timezone.now()
    assert Mistake.objects.filter(due_at__lte=timezone.now()).exists()
    assert ItemStatistic.objects.exists()
    _done_means_done()


def _done_means_done():
    for row in Assignee.objects.select_related("assignment", "person"):
        if quiz := row.assignment.quiz:
            closed = Attempt.objects.counted().filter(quiz=quiz, person=row.person)
            assert [attempt.closed_at for attempt in closed] == ([row.done_at] if row.done_at else [])
    completions = Completion.objects.select_related("person", "version")
    assert completions
    for completion in completions:
        assert is_complete(completion.person, completion.version)
    assert Reading.objects.filter(opened_on__gt=timezone.localdate()).count() == 0


@pytest.mark.parametrize(
    "moment",
    ["2026-12-01 00:10", "2026-12-12 09:00", "2026-12-25 12:00", "2026-12-31 23:30", "2027-02-28 22:30"],
)
def test_a_quiz_is_open_whatever_the_date(university, moment):
    with time_machine.travel(timezone.make_aware(dt.datetime.fromisoformat(moment)), tick=False):
        load.load()
        quizzes = Quiz.objects.filter(kind=Quiz.Kind.MONTH_END)
        assert [quiz.is_open() for quiz in quizzes] == [True, False, False]
        assert all(quiz.questions.count() >= 5 for quiz in quizzes)
        states = set(Item.objects.values_list("state", flat=True))
        assert states == {"sent", "scheduled", "in_review", "draft", "withdrawn"} | states & {"approved"}
        tend_quizzes()
        assert Quiz.objects.filter(kind=Quiz.Kind.MONTH_END).count() == 3
        learner = Assignee.objects.outstanding().filter(assignment__quiz=quizzes[0]).first().person
        assert start_attempt(quiz=quizzes[0], person=learner).state == Attempt.State.OPEN


def test_loading_twice_is_loading_once_and_removing_leaves_nothing(demo, django_capture_on_commit_callbacks):
    before = _counts()
    assert load.load() == {}
    assert _counts() == before
    visitor = UserFactory(branch=demo.a1)
    quiz = Quiz.objects.get(kind=Quiz.Kind.MONTH_END, closes_at__gt=timezone.now())
    start_attempt(quiz=quiz, person=visitor)
    folder = Path(default_storage.base_location)
    assert sum(path.is_file() for path in folder.rglob("*")) == 39
    with django_capture_on_commit_callbacks(execute=True):
        load.remove()
    assert _counts() == dict.fromkeys(learning.models.__all__, 0) | {"Column": Column.objects.count()}
    assert not any(path.is_file() for path in folder.rglob("*"))
    assert not Audience.objects.exists()


def _counts():
    return {name: getattr(learning.models, name).objects.count() for name in learning.models.__all__}


@pytest.mark.parametrize("count", range(3, 13))
def test_the_desk_is_never_empty(count):
    steps = list(_steps(count))
    assert len(steps) == count
    assert {"scheduled", "in_review", "draft"} <= set(steps)
