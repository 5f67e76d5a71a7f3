"""Plain factories: what a test does not name is ordinary and surprises nobody."""

import datetime as dt

import factory
from factory.django import DjangoModelFactory

from accounts.models import Branch, Membership, User
from accounts.roles import Kind, Stage

SINCE = dt.date(2025, 9, 1)


class BranchFactory(DjangoModelFactory):
    class Meta:
        model = Branch

    name = factory.Sequence(lambda n: f"第 {n} 党支部")
    kind = Branch.Kind.BRANCH
    since = SINCE


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    number = factory.Sequence(lambda n: f"2024{n:06d}")
    name = factory.Sequence(lambda n: f"同学{n}")
    kind = Kind.STUDENT
    stage = Stage.LEAGUE_MEMBER
    grade = 2024

    @factory.post_generation
    def branch(self, create, branch, **kwargs):
        """``UserFactory(branch=...)`` also makes the person belong to that branch."""
        if branch:
            MembershipFactory(person=self, branch=branch)


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    side = Membership.Side.PARTY
    since = SINCE
    branch_name = factory.SelfAttribute("branch.name")
