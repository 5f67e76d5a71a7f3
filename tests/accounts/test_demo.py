"""The demo university is what ``domain.md`` §8.1 describes, and can be taken away without a trace."""

from collections import Counter

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.actions.roster import upload_roster
from accounts.demo import load
from accounts.models import (
    Branch,
    CultivationContact,
    DormBuilding,
    DormRoom,
    Membership,
    Office,
    RoomAssignment,
    StageChange,
    TalkGroup,
    User,
)
from accounts.roles import Kind, Stage
from notifications.models import Message
from notifications.outbox import enqueue
from tests.factories import UserFactory


@pytest.fixture
def demo(db):
    return load.load()


def test_the_college_has_the_people_it_should(demo):
    college = User.objects.filter(is_demo=True, kind=Kind.STUDENT, number__regex=r"^\d{4}05")
    assert Counter(college.values_list("stage", flat=True)) == {
        Stage.FULL: 240,
        Stage.PROBATIONARY: 60,
        Stage.TARGET: 70,
        Stage.ACTIVIST: 430,
        Stage.APPLICANT: 700,
        Stage.LEAGUE_MEMBER: 1500,
    }
    assert User.objects.filter(kind=Kind.TEACHER, stage=Stage.FULL).count() == 12
    branches = Branch.objects.filter(parent__name="商学院党委", kind=Branch.Kind.BRANCH)
    assert branches.count() == 20
    assert DormRoom.objects.count() == 9 * 6 * 24
    assert RoomAssignment.objects.count() == 3000


def test_stages_agree_with_their_facts(demo):
    """The stage on the person is the last dated fact, and the facts come in order."""
    order = [Stage.APPLICANT, Stage.ACTIVIST, Stage.TARGET, Stage.PROBATIONARY, Stage.FULL]
    facts = {}
    for person, stage, day in StageChange.objects.order_by("person", "effective_on").values_list(
        "person", "stage", "effective_on"
    ):
        assert day <= timezone.localdate()
        facts.setdefault(person, []).append(stage)
    for person in User.objects.exclude(stage__in=[Stage.LEAGUE_MEMBER, Stage.MASS]):
        assert facts[person.pk] == order[: order.index(person.stage) + 1], person


def test_relations_keep_the_rules(demo):
    assert not CultivationContact.objects.exclude(contact__stage=Stage.FULL).exists()
    sizes = [group.members.count() for group in TalkGroup.objects.all()]
    assert max(sizes) <= 4
    assert not RoomAssignment.objects.filter(room__residents="women", person__gender="male").exists()
    assert not RoomAssignment.objects.filter(room__residents="men", person__gender="female").exists()
    for membership in Membership.objects.select_related("branch")[:50]:
        assert membership.branch_name == membership.branch.name


def test_a_demo_secretary_sees_her_branch_only(demo):
    secretary = Office.objects.get(kind="secretary", branch__name="本科生第一党支部").person
    assert secretary.is_staff
    assert [branch.name for branch in Branch.objects.where(secretary, "accounts.view_person")] == [
        "本科生第一党支部"
    ]


def test_the_edge_people_are_there(demo):
    assert User.objects.filter(name="李文博").count() == 2
    assert User.objects.filter(name__in=["沈㛃", "周𬱖", "阿依古丽·买买提"]).count() == 3
    assert User.objects.filter(left_on__isnull=False, is_active=True).count() == 2


def test_removing_takes_the_demo_and_nothing_else(demo):
    real = UserFactory(name="真人")
    assert load.remove() == 3039
    assert list(User.objects.all()) == [real]
    for model in (
        Branch,
        Membership,
        Office,
        StageChange,
        TalkGroup,
        CultivationContact,
        DormBuilding,
        DormRoom,
    ):
        assert not model.objects.exists(), model


def test_removing_works_after_visitors_used_it(demo):
    secretary = Office.objects.get(kind="secretary", branch__name="本科生第一党支部").person
    branch = Branch.objects.get(name="本科生第一党支部")
    upload_roster(
        file=SimpleUploadedFile("visitors.csv", "姓名,学号\n林新来,2026059901\n".encode()),
        by=secretary,
        branch=branch,
    )
    UserFactory(name="林新来", branch=branch)
    real = UserFactory(name="真人")
    real.stage_changes.create(
        stage=Stage.LEAGUE_MEMBER, effective_on=timezone.localdate(), recorded_by=secretary
    )
    assert load.remove() == 3040
    assert list(User.objects.all()) == [real]
    assert [change.recorded_by for change in real.stage_changes.all()] == [None]


def test_removing_takes_what_was_said_to_the_demo_only(demo):
    visitor, real = User.objects.filter(is_demo=True).first(), UserFactory(name="真人")
    for key, people in [("demo", [visitor]), ("both", [visitor, real]), ("real", [real])]:
        enqueue(kind="quiz_withdrawn", key=key, recipients=people, words={"title": "月末测评"})
    load.remove()
    assert {message.key: message.recipients.count() for message in Message.objects.all()} == {
        "both": 1,
        "real": 1,
    }


def test_the_directory_of_the_sandbox_is_the_same_university(demo):
    directory = load.directory()
    assert len(directory["users"]) == 3039
    assert {person["label"] for person in directory["featured"]} >= {
        "学生党员",
        "教师党员",
        "入党积极分子",
        "普通共青团员",
        "支部书记",
        "学院管理员",
    }
    departments = {department["id"] for department in directory["departments"]}
    assert all(set(user["department"]) <= departments for user in directory["users"])
