import datetime as dt

import pytest
from django.utils import timezone

from accounts import rules
from accounts.actions.branches import close_branch, move_branch, open_branch, rename_branch
from accounts.actions.offices import give_office
from accounts.models import Branch, BranchRight, Office
from accounts.roles import Stage
from core.audit.models import AuditEntry
from core.errors import Conflict, Invalid, Missing
from tests.factories import BranchFactory, UserFactory

YESTERDAY = timezone.localdate() - dt.timedelta(days=1)


@pytest.fixture
def admin(org):
    person = UserFactory(name="韦学校", kind="teacher", number="T0001", branch=org.a2)
    give_office(person=person, kind="university_admin", branch=org.university, by=None)
    return person


def test_a_branch_is_opened_with_its_first_record(org, admin):
    branch = open_branch(parent=org.college_a, name=" 第三党支部 ", kind="branch", by=admin, reason="批复")
    record = branch.records.get()
    assert (branch.name, record.name, record.parent, record.until) == (
        "第三党支部",
        "第三党支部",
        org.college_a,
        None,
    )
    assert AuditEntry.objects.get(action="accounts.branch_opened").reason == "批复"


@pytest.mark.parametrize(
    ("parent", "kind"),
    [
        ("a1", "branch"),
        ("college_a", "university_committee"),
        ("college_a", "league_branch"),
        ("university", "party_group"),
        ("a1", "nonsense"),
    ],
)
def test_only_what_may_stand_there_is_opened(org, admin, parent, kind):
    with pytest.raises(Invalid):
        open_branch(parent=getattr(org, parent), name="新", kind=kind, by=admin)


def test_who_may_not_change_the_tree_does_not_see_that_he_could(org, cast, admin):
    give_office(person=cast.teacher, kind="college_admin", branch=org.college_a, by=admin)
    with pytest.raises(Missing):
        open_branch(parent=org.college_a, name="新", kind="branch", by=cast.teacher)
    with pytest.raises(Missing):
        rename_branch(branch=org.a1, name="新", by=cast.teacher)
    with pytest.raises(Missing):
        open_branch(parent=None, name="另一所大学", kind="university_committee", by=admin)


def test_a_name_is_taken_once_under_one_parent(org, admin):
    with pytest.raises(Conflict):
        open_branch(parent=org.college_a, name=org.a1.name, kind="branch", by=admin)
    with pytest.raises(Conflict):
        rename_branch(branch=org.a2, name=org.a1.name, by=admin)
    org.a2.refresh_from_db()
    assert org.a2.name == "本科生第二党支部"


def test_a_renamed_branch_keeps_the_name_it_had(org, admin):
    branch = rename_branch(branch=org.a1, name="会计学本科生党支部", by=admin, since=YESTERDAY)
    assert branch.name_on(YESTERDAY) == "会计学本科生党支部"
    assert branch.name_on(YESTERDAY - dt.timedelta(days=1)) == "本科生第一党支部"
    rename_branch(branch=org.a1, name="会计学党支部", by=admin)
    assert [record.name for record in branch.records.all()] == [
        "本科生第一党支部",
        "会计学本科生党支部",
        "会计学党支部",
    ]
    with pytest.raises(Invalid):
        rename_branch(branch=org.a1, name="晚了", by=admin, since=YESTERDAY)


def test_rights_follow_a_branch_that_moves(org, cast, admin):
    give_office(person=cast.teacher, kind="college_admin", branch=org.college_b, by=admin)
    assert not cast.teacher.has_right("accounts.view_person", org.a1)
    move_branch(branch=org.a1, parent=org.college_b, by=admin)
    assert cast.teacher.has_right("accounts.view_person", org.a1)
    assert org.a1.records.on(YESTERDAY).get().parent == org.college_a


def test_no_branch_stands_below_itself(org, admin):
    league = open_branch(parent=org.university, name="校团委", kind="league_committee", by=admin)
    below = open_branch(parent=league, name="学院团委", kind="league_committee", by=admin)
    with pytest.raises(Invalid, match="自己"):
        move_branch(branch=league, parent=below, by=admin)


def test_closing_with_people_inside_needs_a_place_for_them(org, cast, admin):
    give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=admin)
    with pytest.raises(Invalid, match="5 人"):
        close_branch(branch=org.a1, by=admin, reason="合并")
    close_branch(branch=org.a1, by=admin, reason="合并", people_to=org.a2)
    assert rules.branch_of(cast.member) == org.a2
    assert not Office.objects.current().filter(branch=org.a1).exists()
    assert not BranchRight.objects.filter(content_object=org.a1).exists()
    assert Branch.objects.get(pk=org.a1.pk).until == timezone.localdate()
    assert not cast.teacher.has_right("accounts.view_person")
    again = close_branch(branch=org.a1, by=admin, reason="合并")
    assert again.until == timezone.localdate()
    with pytest.raises(Invalid):
        close_branch(branch=org.college_a, by=admin, reason="x")


def test_nothing_is_moved_when_closing_fails_half_way(org, cast, admin, monkeypatch):
    monkeypatch.setattr("accounts.actions.branches.end_offices", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        close_branch(branch=org.a1, by=admin, reason="合并", people_to=org.a2)
    assert rules.branch_of(cast.member) == org.a1


def test_no_right_is_left_behind_after_a_hundred_closings(org, cast, admin):
    for _ in range(100):
        branch = BranchFactory(parent=org.college_a)
        give_office(person=cast.stranger, kind="counselor", branch=branch, by=admin)
        close_branch(branch=branch, by=admin, reason="演练")
    assert not BranchRight.objects.filter(user=cast.stranger).exists()


def found(branch):
    return [(finding.rule, str(finding.severity)) for finding in rules.branch_findings(branch)]


def test_the_rules_flag_what_a_branch_lacks(org, cast, admin):
    assert found(org.a1) == [("O-1", "nonconform"), ("O-3", "nonconform"), ("D7", "nonconform")]
    give_office(person=cast.teacher, kind="secretary", branch=org.a1, by=admin)
    UserFactory.create_batch(5, stage=Stage.FULL, branch=org.a1)
    assert found(org.a1) == [("O-3", "nonconform"), ("D7", "nonconform")]
    give_office(person=cast.member, kind="deputy_secretary", branch=org.a1, by=admin)
    give_office(person=cast.league, kind="organization_officer", branch=org.a1, by=admin)
    assert found(org.a1) == [("D7", "nonconform")]
    UserFactory.create_batch(44, stage=Stage.FULL, branch=org.a1)
    assert found(org.a1) == [("O-1", "remind"), ("D7", "nonconform")]
    assert found(org.college_a) == []


@pytest.mark.parametrize(
    ("elected", "expected"),
    [("2023-11-22", "nonconform"), ("2023-11-23", "remind"), ("2024-05-23", "remind"), ("2024-05-25", None)],
)
def test_a_term_lasts_three_years(org, elected, expected):
    org.a2.elected_on = dt.date.fromisoformat(elected)
    terms = [
        finding.severity
        for finding in rules.branch_findings(org.a2, on=dt.date(2026, 11, 22))
        if finding.rule == "O-5"
    ]
    assert terms == ([expected] if expected else [])


def test_findings_of_many_branches_cost_no_more(org, cast, django_assert_num_queries):
    with django_assert_num_queries(3):
        assert len(rules.findings_of([org.a1, org.a2, org.b1])) == 3
