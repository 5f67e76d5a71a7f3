"""Who belongs to an audience, asked from both ends."""

from itertools import product

import pytest

from accounts.models import Audience, User
from accounts.roles import Kind, Role, Stage
from tests.factories import UserFactory
from tests.learning.factories import audience_of


@pytest.fixture
def everyone(org):
    for kind, stage, grade, branch in product(Kind, Stage, (2024, None), (org.a1, org.b1)):
        UserFactory(kind=kind, stage=stage, grade=grade, branch=branch)
    return User.objects.all()


@pytest.mark.parametrize(
    "criteria",
    [
        {},
        {"roles": [Role.STUDENT_MEMBER]},
        {"roles": [Role.TEACHER_MEMBER, Role.ACTIVIST]},
        {"roles": [Role.LEAGUE_MEMBER], "stages": [Stage.APPLICANT]},
        {"stages": [Stage.FULL, Stage.PROBATIONARY], "grades": [2024]},
        {"roles": list(Role)},
    ],
)
@pytest.mark.parametrize("place", ["university", "college_a", "a1", "b1"])
def test_both_ends_agree(org, everyone, place, criteria):
    audience = audience_of(getattr(org, place), **criteria)
    reached = set(audience.people())
    assert reached == {person for person in everyone if audience in Audience.objects.holding(person)}
    assert reached


def test_the_same_criteria_are_one_audience(org):
    first = audience_of(org.a1, org.b1, roles=[Role.ACTIVIST, Role.STUDENT_MEMBER])
    again = audience_of(org.b1, org.a1, roles=[Role.STUDENT_MEMBER, Role.ACTIVIST])
    assert first == again
    assert str(first) == "本科生第一党支部、英语系学生党支部 · 入党积极分子、学生党员"


def test_who_moves_takes_no_old_audience_along(org):
    person = UserFactory(branch=org.a1)
    person.memberships.update(until="2025-09-02")
    assert not Audience.objects.holding(person).exists()
    assert audience_of(org.a1).people().count() == 0
