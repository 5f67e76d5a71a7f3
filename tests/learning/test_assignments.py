"""Study that is set: who is on the list, who is done, and what is said to whom."""

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actions.membership import move_person
from accounts.models import User
from accounts.roles import Stage
from core.audit.models import AuditEntry
from core.errors import Conflict, Invalid, Missing, NotAllowed
from learning.actions.assignments import (
    assign,
    mark_done,
    refresh_assignees,
    remind_of_courses,
    withdraw_assignment,
)
from learning.models import Assignee, Assignment, Completion
from notifications.models import Recipient, State
from tests.factories import UserFactory
from tests.granting import grant
from tests.learning.factories import audience_of, month_end_quiz, published_course

pytestmark = pytest.mark.django_db


@pytest.fixture
def secretary(org, cast):
    grant(cast.teacher, "secretary", org.a1)
    return cast.teacher


@pytest.fixture
def course(org):
    return published_course(org.university, lessons=1)


@pytest.fixture
def give(org, secretary, course):
    """Set the course for people of A1, due in ten days."""

    def give(**more):
        fields = {
            "by": secretary,
            "branch": org.a1,
            "audience": audience_of(org.a1),
            "due_at": timezone.now() + dt.timedelta(days=10),
            "course": course,
        }
        return assign(**fields | more)

    return give


def complete(person, course, days_ago=30):
    at = timezone.now() - dt.timedelta(days=days_ago)
    return Completion.objects.create(person=person, course=course, version=course.current, completed_at=at)


def told(kind):
    rows = Recipient.objects.filter(message__kind=kind).exclude(state=State.CANCELLED)
    return set(rows.values_list("person", flat=True))


def outstanding(assignment):
    return set(Assignee.objects.outstanding().filter(assignment=assignment).values_list("person", flat=True))


def test_everybody_of_the_audience_is_on_the_list_and_hears_of_it(org, cast, give):
    assignment = give(audience=audience_of(org.a1, stages=[Stage.ACTIVIST, Stage.FULL]))
    people = {cast.member.pk, cast.teacher.pk, cast.activist.pk}
    assert outstanding(assignment) == told("study_assigned") == people
    entry = AuditEntry.objects.get(action="learning.study_assigned")
    assert (entry.actor, entry.branch_id, entry.subject_id) == (cast.teacher, org.a1.pk, str(assignment.pk))


def test_who_completed_the_course_before_is_done_and_hears_nothing(cast, course, give):
    completion = complete(cast.activist, course)
    assignment = give()
    assert assignment.assignees.get(person=cast.activist).done_at == completion.completed_at
    assert cast.activist.pk not in told("study_assigned")


@pytest.mark.parametrize("where", ["a2", "college_a"])
def test_nobody_sets_study_outside_of_his_branches(org, give, where):
    with pytest.raises(NotAllowed):
        give(audience=audience_of(org.a1, getattr(org, where)))
    with pytest.raises(Missing):
        give(branch=getattr(org, where))
    assert not Assignment.objects.exists()


def test_people_without_the_right_set_nothing(cast, give):
    with pytest.raises(Missing):
        give(by=cast.member)


def test_a_foreign_or_withdrawn_course_does_not_exist(org, give, course, secretary):
    with pytest.raises(Missing):
        give(course=published_course(org.b1, lessons=1))
    type(course).objects.filter(pk=course.pk).update(
        withdrawn_at=timezone.now(), withdrawn_by=secretary, withdraw_reason="过时"
    )
    with pytest.raises(Missing):
        give()


def test_a_moment_that_is_over_and_an_audience_of_nobody_are_refused(org, give):
    with pytest.raises(Invalid, match="以后"):
        give(due_at=timezone.now())
    with pytest.raises(Invalid, match="没有人"):
        give(audience=audience_of(org.a1, grades=[1999]))


def test_the_same_course_for_the_same_people_is_set_once(give, secretary):
    first = give()
    with pytest.raises(Conflict, match="已经布置"):
        give()
    withdraw_assignment(assignment=first, by=secretary)
    assert give() != first


def test_the_list_follows_the_audience(org, cast, give):
    assignment = give()
    newcomer = UserFactory(branch=org.a1)
    mark_done(person=cast.member, at=timezone.now(), course=assignment.course)
    tomorrow = timezone.now() + dt.timedelta(days=1)
    for person in (cast.activist, cast.member):
        move_person(person=person, branch=org.a2, by=None)
    with time_machine.travel(tomorrow):
        refresh_assignees(assignment)
        left = assignment.assignees.get(person=cast.activist)
        assert left.removed_at >= tomorrow
        assert cast.activist.pk not in told("study_assigned")
        assert assignment.assignees.get(person=cast.member).removed_at is None  # he is done
        assert newcomer.pk in outstanding(assignment) & told("study_assigned")
        move_person(person=cast.activist, branch=org.a1, by=None)
    with time_machine.travel(tomorrow + dt.timedelta(days=1)):
        refresh_assignees(assignment)
        assert cast.activist.pk in outstanding(assignment)


def test_a_list_that_is_over_stays_as_it_is(org, give):
    assignment = give()
    UserFactory(branch=org.a1)
    before = outstanding(assignment)
    with time_machine.travel(assignment.due_at):
        refresh_assignees(assignment)
    assert outstanding(assignment) == before


def test_who_finished_unnoticed_is_marked_with_the_next_refresh(cast, course, give):
    assignment = give()
    completion = complete(cast.member, course, days_ago=0)
    refresh_assignees(assignment)
    assert assignment.assignees.get(person=cast.member).done_at == completion.completed_at


def test_done_is_done_from_the_first_time_on(cast, give, org):
    one = give()
    other = give(audience=audience_of(org.a1, stages=[Stage.FULL]))
    first = timezone.now()
    assert mark_done(person=cast.member, at=first, course=one.course) == 2
    assert mark_done(person=cast.member, at=first + dt.timedelta(days=1), course=one.course) == 0
    rows = Assignee.objects.filter(person=cast.member, assignment__in=[one, other])
    assert set(rows.values_list("done_at", flat=True)) == {first}


def test_a_reminder_that_waits_is_not_sent_to_who_is_done(cast, give):
    assignment = give()
    with time_machine.travel(assignment.due_at - dt.timedelta(days=2)):
        assert remind_of_courses() == 5
        mark_done(person=cast.member, at=timezone.now(), course=assignment.course)
        assert cast.member.pk not in told("course_due") | told("study_assigned")
        assert cast.activist.pk in told("course_due") & told("study_assigned")


def test_two_days_before_it_is_due_those_who_are_not_done_hear_it_once(org, cast, give):
    assignment = give()
    mark_done(person=cast.member, at=timezone.now(), course=assignment.course)
    with time_machine.travel(assignment.due_at - dt.timedelta(days=2, seconds=1)):
        assert remind_of_courses() == 0
    with time_machine.travel(assignment.due_at - dt.timedelta(days=2)):
        assert remind_of_courses() == 4
        assert remind_of_courses() == 0
    assert told("course_due") == {
        person.pk for person in (cast.teacher, cast.activist, cast.probationary, cast.league)
    }
    with time_machine.travel(assignment.due_at):
        assert remind_of_courses() == 0


def test_who_was_told_yesterday_is_not_reminded_today(org, give):
    assignment = give()
    with time_machine.travel(assignment.due_at - dt.timedelta(days=1)):
        late = UserFactory(branch=org.a1)
        refresh_assignees(assignment)
        remind_of_courses()
    assert late.pk in told("study_assigned") - told("course_due")


def test_what_is_withdrawn_is_not_said_any_more(give, secretary, cast, org):
    assignment = give()
    with pytest.raises(Missing):
        withdraw_assignment(assignment=assignment, by=cast.member)
    withdraw_assignment(assignment=assignment, by=secretary)
    withdraw_assignment(assignment=assignment, by=secretary)
    assert not told("study_assigned")
    assert not Assignee.objects.standing().exists()
    assert AuditEntry.objects.filter(action="learning.assignment_withdrawn").count() == 1
    UserFactory(branch=org.a1)
    refresh_assignees(assignment)
    assert assignment.assignees.count() == 5


def test_a_quiz_is_set_by_the_portal_and_not_told_before_it_opens(org, cast, secretary):
    quiz = month_end_quiz(org.a1)
    assignment = assign(
        by=None, branch=org.a1, audience=audience_of(org.a1), due_at=quiz.closes_at, quiz=quiz
    )
    assert not told("study_assigned")
    assert mark_done(person=cast.member, at=timezone.now(), quiz=quiz) == 1
    with pytest.raises(Conflict):
        withdraw_assignment(assignment=assignment, by=secretary)


def test_many_people_cost_no_more_queries(org, secretary, give, django_assert_num_queries):
    audience = audience_of(org.a1)
    with django_assert_num_queries(27):
        assignment = give(audience=audience)
    withdraw_assignment(assignment=assignment, by=secretary)
    UserFactory.create_batch(20, branch=org.a1)
    with django_assert_num_queries(27):
        give(audience=audience)


def test_marking_costs_one_query_for_those_who_were_told_nothing(cast, course, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert mark_done(person=cast.member, at=timezone.now(), course=course) == 0


def test_the_database_knows_each_person_once(give, cast):
    assignment = give()
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignee.objects.create(assignment=assignment, person=User.objects.get(pk=cast.member.pk))


def test_a_secretary_sets_and_calls_off_a_course_at_his_desk(client, org, cast, secretary, course):
    client.force_login(secretary)
    due = timezone.localtime() + dt.timedelta(days=9)
    form = {
        "course": course.pk,
        "branch": org.a1.pk,
        "branches": [org.a1.pk],
        "due_at": f"{due:%Y-%m-%dT%H:%M}",
    }
    answer = client.post("/admin/learning/assignment/do/assign/", form)
    assignment = Assignment.objects.get()
    assert answer.url == f"/admin/learning/assignment/{assignment.pk}/change/"
    page = client.get(answer.url).content.decode()
    assert "0 / 5 人" in page
    assert f"/learning/progress/{assignment.pk}/" in page
    assert client.post("/admin/learning/assignment/do/assign/", form).status_code == 409
    client.post(f"/admin/learning/assignment/{assignment.pk}/do/withdraw/")
    assignment.refresh_from_db()
    assert assignment.withdrawn_at
