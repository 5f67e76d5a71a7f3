import datetime as dt

import pytest
from django.utils import timezone

from accounts.actions.contacts import assign_contact
from accounts.actions.groups import propose_groups, save_groups
from accounts.actions.offices import end_office, give_office
from accounts.models import Branch, User
from accounts.roles import Stage
from accounts.todos import todos_for
from tests.factories import UserFactory


@pytest.fixture
def secretary(org, cast):
    give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=None)
    UserFactory.create_batch(2, stage=Stage.FULL, branch=org.a1)
    return User.objects.get(pk=cast.teacher.pk)


def titles(user):
    return sorted(todo.title for todo in todos_for(user))


def test_people_without_office_have_nothing_to_do_and_cost_nothing(cast, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert todos_for(cast.member) == []


def test_an_activist_without_contact_is_listed_until_he_has_one(cast, secretary):
    assert titles(secretary) == ["指定培养联系人"]
    assert todos_for(secretary)[0].note == "1 名积极分子还没有培养联系人"
    assign_contact(activist=cast.activist, contact=cast.member, by=secretary)
    assert titles(secretary) == []


def test_a_lead_who_leaves_within_sixty_days_and_an_office_that_ends_are_listed(org, cast, secretary):
    assign_contact(activist=cast.activist, contact=cast.member, by=secretary)
    (group,) = save_groups(branch=org.a1, plan=propose_groups(org.a1), by=secretary)
    office = give_office(person=cast.member, kind="organization_officer", branch=org.a1, by=secretary)
    end_office(office=office, by=secretary, on=timezone.localdate() + dt.timedelta(days=29))
    User.objects.filter(pk=group.lead_id).update(left_on=timezone.localdate() + dt.timedelta(days=61))
    assert titles(secretary) == ["职务即将到期"]
    User.objects.filter(pk=group.lead_id).update(left_on=timezone.localdate() + dt.timedelta(days=60))
    assert titles(secretary) == ["职务即将到期", "谈话小组换组长"]


def test_more_branches_and_people_cost_no_more(org, cast, secretary, django_assert_num_queries):
    give_office(person=secretary, kind="secretary", branch=org.a2, by=None)
    Branch.objects.filter(pk=org.a2.pk).update(elected_on=dt.date(2020, 1, 1))
    UserFactory.create_batch(5, stage=Stage.ACTIVIST, branch=org.a2)
    with django_assert_num_queries(5):
        assert titles(secretary) == ["指定培养联系人", "指定培养联系人", "支部人数需要留意", "支部换届"]
    # who has several branches reads which one is meant
    assert {todo.note.split("：")[0] for todo in todos_for(secretary)} == {org.a1.name, org.a2.name}
