"""Who has not done it: what the secretary sees, what the learner sees, and that the two agree."""

import datetime as dt
import random

import pytest
import time_machine
from django.utils import timezone
from openpyxl import load_workbook

from accounts.actions.membership import move_person
from accounts.models import User
from core.audit.models import AuditEntry
from core.errors import Conflict, Invalid, Missing, TooMany
from core.files import ProtectedFile
from learning.actions.assignments import assign, mark_done, refresh_assignees
from learning.actions.nudges import nudge
from learning.actions.outstanding import export_progress
from learning.models import Assignee, Attempt, Nudge
from learning.rules import progress
from notifications.models import Message, Recipient, State
from tests.factories import UserFactory
from tests.granting import grant
from tests.learning.factories import audience_of, month_end_quiz, published_course

pytestmark = pytest.mark.django_db
HOURS_48 = dt.timedelta(hours=48)


@pytest.fixture
def secretary(org, cast):
    grant(cast.teacher, "secretary", org.a1)
    return cast.teacher


@pytest.fixture
def college(org):
    person = UserFactory(name="方敏", branch=org.a2)
    grant(person, "college_admin", org.college_a)
    return person


@pytest.fixture
def task(org, cast):
    """The month-end quiz of the university, a task of everybody."""
    quiz = month_end_quiz(org.university, closes_at=timezone.now() + dt.timedelta(days=9))
    audience = audience_of(org.university)
    return assign(by=None, branch=org.university, audience=audience, due_at=quiz.closes_at, quiz=quiz)


def told():
    rows = Recipient.objects.filter(message__kind="study_nudge").exclude(state=State.CANCELLED)
    return list(rows.order_by("person").values_list("person", flat=True))


def of_a1(cast):
    """Everybody of A1 but the secretary himself."""
    return sorted(person.pk for person in (cast.member, cast.probationary, cast.activist, cast.league))


# What the secretary sees


def test_only_the_people_of_my_branches_count(org, cast, secretary, college, task):
    mark_done(person=cast.member, at=timezone.now(), quiz=task.quiz)
    mark_done(person=cast.stranger, at=timezone.now(), quiz=task.quiz)
    assert [(row.done, row.total) for row in progress.tasks_of(secretary)] == [(1, 5)]
    assert [(row.done, row.total) for row in progress.tasks_of(college)] == [(1, 6)]
    assert not progress.tasks_of(cast.member).exists()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_tasks_costs_the_same(client, org, secretary, count, django_assert_num_queries):
    for _ in range(count):
        assign(
            by=None,
            branch=org.a1,
            audience=audience_of(org.a1),
            due_at=timezone.now() + dt.timedelta(days=9),
            course=published_course(org.a1),
        )
    client.force_login(secretary)
    client.get("/learning/progress/")
    with django_assert_num_queries(4):
        answer = client.get("/learning/progress/")
    assert len(answer.context["tasks"]) == count


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_of_people_costs_the_same(client, org, secretary, task, count, django_assert_num_queries):
    for person in UserFactory.create_batch(count, branch=org.a1):
        row = Assignee.objects.create(assignment=task, person=person)
        Nudge.objects.create(assignee=row, number=1, by=secretary, at=timezone.now())
    client.force_login(secretary)
    path = f"/learning/progress/{task.pk}/"
    client.get(path)
    with django_assert_num_queries(8):
        page = client.get(path).content.decode()
    assert page.count("提醒过") == count


def test_people_stand_by_number_and_nobody_who_is_done(client, cast, secretary, task):
    mark_done(person=cast.activist, at=timezone.now(), quiz=task.quiz)
    client.force_login(secretary)
    answer = client.get(f"/learning/progress/{task.pk}/")
    people = [row.person for row in answer.context["rows"]]
    assert people == sorted(people, key=lambda person: person.number)
    assert {person.pk for person in people} == {*of_a1(cast), secretary.pk} - {cast.activist.pk}
    assert "5 人里完成了 1 人，还有 4 人" in answer.content.decode()


def test_many_people_come_a_page_at_a_time(client, org, secretary, task, monkeypatch):
    monkeypatch.setattr("learning.views.progress.PEOPLE_PER_PAGE", 2)
    client.force_login(secretary)
    path, seen = f"/learning/progress/{task.pk}/", []
    after = ""
    for _ in range(3):
        rows = client.get(path, {"after": after})
        seen += [row.person_id for row in rows.context["rows"]]
        after = rows.context["more"]
    assert len(seen) == len(set(seen)) == 5
    assert not after
    assert "<html" not in client.get(path, headers={"HX-Request": "true"}).content.decode()


@pytest.mark.parametrize("path", ["", "nudge/", "export/"])
def test_a_task_without_people_of_mine_does_not_exist(client, org, cast, secretary, path):
    quiz = month_end_quiz(org.b1)
    foreign = assign(by=None, branch=org.b1, audience=audience_of(org.b1), due_at=quiz.closes_at, quiz=quiz)
    for person in (secretary, cast.member):
        client.force_login(person)
        address = f"/learning/progress/{foreign.pk}/{path}"
        answer = client.post(address) if path == "export/" else client.get(address)
        assert answer.status_code == 404
    assert client.get("/learning/progress/").status_code == 404  # no office


# Averages


def hand_in(quiz, people, score):
    for person in people:
        Attempt.objects.create(
            quiz=quiz,
            person=person,
            number=1,
            state="closed",
            started_at=timezone.now(),
            closed_at=timezone.now(),
            closed_by="person",
            score=score,
            full=5,
            passed=True,
        )


def test_an_average_needs_five_people_of_one_branch_and_a_closed_quiz(org, cast, secretary, college, task):
    quiz = task.quiz
    four = [cast.member, cast.probationary, cast.teacher, cast.activist]
    hand_in(quiz, four, 4)
    hand_in(quiz, UserFactory.create_batch(4, branch=org.a2), 1)
    hand_in(quiz, [college], 1)
    after = quiz.closes_at + dt.timedelta(minutes=1)
    with time_machine.travel(after):
        # five of A2; the four of A1 stay hidden although the college has nine
        assert [(row.branch, row.takers, row.percent) for row in progress.averages(quiz, college)] == [
            (org.a2.name, 5, 20)
        ]
        assert progress.averages(quiz, secretary) == []
    hand_in(quiz, [cast.league], 2)
    assert progress.averages(quiz, secretary) == []
    with time_machine.travel(after):
        (average,) = progress.averages(quiz, secretary)
        assert (average.takers, average.percent) == (5, 72)
        assert progress.averages(quiz, cast.member) == []


# Both sides


def test_the_learner_and_the_secretary_see_the_same_in_a_random_world(org, cast):
    rng = random.Random(4)
    branches = [org.a1, org.a2, org.b1]
    people = [UserFactory(branch=rng.choice(branches)) for _ in range(40)]
    watchers = []
    for branch, kind in [
        (org.a1, "secretary"),
        (org.college_a, "college_admin"),
        (org.university, "organizer"),
    ]:
        watcher = UserFactory()
        grant(watcher, kind, branch)
        watchers.append((watcher, branch))
    tasks = []
    for place in [org.university, org.college_a, *branches]:
        quiz = month_end_quiz(place, closes_at=timezone.now() + dt.timedelta(days=9))
        tasks.append(
            assign(by=None, branch=place, audience=audience_of(place), due_at=quiz.closes_at, quiz=quiz)
        )
    for person in rng.sample(people, 15):
        mark_done(person=person, at=timezone.now(), quiz=rng.choice(tasks).quiz)
    for person in rng.sample(people, 10):
        move_person(person=person, branch=rng.choice(branches), by=None)
    for task in tasks[:3]:
        refresh_assignees(task)
    User.objects.filter(pk__in=[person.pk for person in rng.sample(people, 3)]).update(is_active=False)
    Assignee.objects.filter(assignment=tasks[-1]).update(removed_at=timezone.now())
    compared = 0
    for watcher, branch in watchers:
        listed = {(row.person_id, task.pk) for task in tasks for row in progress.open_rows(task, watcher)}
        for person in User.objects.in_branches(type(branch).objects.subtree(branch)):
            own = {(person.pk, row.assignment_id) for row in progress.own_rows(person) if row.done_at is None}
            assert own == {row for row in listed if row[0] == person.pk}
            compared += len(own)
        for task in progress.tasks_of(watcher):
            assert task.total - task.done == len([row for row in listed if row[1] == task.pk])
    assert compared > 100


def test_the_learner_sees_who_reminded_him_and_when(client, cast, secretary, task):
    nudge(assignment=task, by=secretary)
    client.force_login(cast.activist)
    at = timezone.localtime(Nudge.objects.get(assignee__person=cast.activist).at)
    page = client.get("/learning/tasks/").content.decode()
    assert f"陈守正 {at.month} 月 {at.day} 日 {at:%H:%M} 提醒过你" in page


@pytest.mark.parametrize("count", [1, 3])
def test_ones_own_page_costs_the_same(client, org, cast, count, django_assert_num_queries):
    for _ in range(count):
        course = published_course(org.a1)
        due_at = timezone.now() + dt.timedelta(days=9)
        task = assign(by=None, branch=org.a1, audience=audience_of(org.a1), due_at=due_at, course=course)
        row = task.assignees.get(person=cast.member)
        Nudge.objects.create(assignee=row, number=1, by=cast.teacher, at=timezone.now())
    client.force_login(cast.member)
    client.get("/learning/tasks/")
    with django_assert_num_queries(6):
        page = client.get("/learning/tasks/").content.decode()
    assert page.count("提醒过你") == count


# Reminding


def test_exactly_those_who_have_not_done_it_are_reminded(org, cast, secretary, task):
    mark_done(person=cast.member, at=timezone.now(), quiz=task.quiz)
    assert nudge(assignment=task, by=secretary) == 3
    assert told() == [person for person in of_a1(cast) if person != cast.member.pk]
    message = Message.objects.get(kind="study_nudge")
    assert (message.link, message.expires_at) == ("/learning/tasks/", task.due_at)
    entry = AuditEntry.objects.get(action="learning.people_nudged")
    assert (entry.actor, entry.reason) == (secretary, "3 人")


def test_who_finishes_before_it_goes_out_does_not_get_it(cast, secretary, task):
    nudge(assignment=task, by=secretary)
    mark_done(person=cast.league, at=timezone.now(), quiz=task.quiz)
    assert cast.league.pk not in told()
    assert len(told()) == 3


def test_twice_at_most_and_two_days_apart_whoever_it_is(org, cast, secretary, college, task):
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        nudge(assignment=task, by=secretary)
        with pytest.raises(Conflict, match="没有可以提醒"):
            nudge(assignment=task, by=secretary)
    with time_machine.travel(start + HOURS_48 - dt.timedelta(seconds=1), tick=False):
        # the secretary himself and the one of A2 (the college does not remind itself)
        assert nudge(assignment=task, by=college) == 1
    with time_machine.travel(start + HOURS_48, tick=False):
        assert nudge(assignment=task, by=college) == 4
    with time_machine.travel(start + 3 * HOURS_48, tick=False), pytest.raises(Conflict):
        nudge(assignment=task, by=secretary)
    assert set(Nudge.objects.filter(assignee__person=cast.member).values_list("number", "by")) == {
        (1, secretary.pk),
        (2, college.pk),
    }


def test_outside_of_its_time_nobody_is_reminded(org, secretary, cast, task):
    with pytest.raises(Missing):
        nudge(assignment=task, by=cast.member)
    with (
        time_machine.travel(task.quiz.opens_at - dt.timedelta(hours=1)),
        pytest.raises(Conflict, match="开放"),
    ):
        nudge(assignment=task, by=secretary)
    with time_machine.travel(task.due_at), pytest.raises(Conflict, match="截止"):
        nudge(assignment=task, by=secretary)
    type(task).objects.update(withdrawn_at=timezone.now())
    with pytest.raises(Conflict, match="取消"):
        nudge(assignment=task, by=secretary)
    assert not Nudge.objects.exists()


def test_the_secretary_is_asked_first_and_sees_who_is_left_out(client, cast, secretary, task):
    row = task.assignees.get(person=cast.member)
    Nudge.objects.create(assignee=row, number=1, by=secretary, at=timezone.now())
    client.force_login(secretary)
    path = f"/learning/progress/{task.pk}/nudge/"
    page = client.get(path).content.decode()
    assert "提醒 3 人" in page
    assert "48 小时内提醒过" in page
    assert "是你自己" in page
    assert client.post(path).url == f"/learning/progress/{task.pk}/"
    assert len(told()) == 3
    answer = client.post(path)
    assert answer.status_code == 409
    assert "现在没有可以提醒的人" in answer.content.decode()


# Taking the list away


def test_the_list_can_be_taken_away_with_a_reason(client, cast, secretary, task):
    User.objects.filter(pk=cast.league.pk).update(name="=1+1")
    mark_done(person=cast.member, at=timezone.now(), quiz=task.quiz)
    nudge(assignment=task, by=secretary)
    client.force_login(secretary)
    path = f"/learning/progress/{task.pk}/export/"
    refused = client.post(path, {"reason": "x"})
    assert refused.status_code == 422
    assert "请写明用途" in refused.content.decode()
    answer = client.post(path, {"reason": "支部会上提醒"})
    file = ProtectedFile.objects.get(owner=secretary)
    assert answer.url == file.get_absolute_url()
    with file.file.open() as content:
        rows = list(load_workbook(content).active.iter_rows())
    assert "陈守正（T2001）导出" in rows[0][0].value
    assert "用途：支部会上提醒" in rows[0][0].value
    assert {row[0].value for row in rows[2:]} == {
        person.number for person in (cast.probationary, cast.teacher, cast.activist, cast.league)
    }
    formula = next(row for row in rows[2:] if row[1].value == "=1+1")
    assert (formula[1].data_type, formula[3].value) == ("s", 1)
    assert AuditEntry.objects.get(action="learning.progress_exported").reason == "支部会上提醒"
    noticed = Recipient.objects.filter(message__kind="data_exported").values_list("person", flat=True)
    assert set(noticed) == set(of_a1(cast)) - {cast.member.pk}


def test_it_is_limited(cast, secretary, task):
    for _ in range(10):
        export_progress(assignment=task, by=secretary, reason="支部会上提醒")
    with pytest.raises(TooMany):
        export_progress(assignment=task, by=secretary, reason="支部会上提醒")
    with pytest.raises(Missing):
        export_progress(assignment=task, by=cast.member, reason="支部会上提醒")


def test_with_everybody_done_there_is_nothing_to_take(org, cast, secretary, task):
    Assignee.objects.update(done_at=timezone.now())
    with pytest.raises(Invalid, match="都完成了"):
        export_progress(assignment=task, by=secretary, reason="支部会上提醒")
