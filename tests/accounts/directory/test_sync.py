"""Roster and WeCom directory, against the stand-in (targets A1, ``reliability.md`` §2.9)."""

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.actions import directory
from accounts.actions.directory import NeedsConfirmation, approve, ask_for_check, discard
from accounts.actions.identities import bind
from accounts.models import Branch, DirectoryChange, DirectorySync, Membership, User, WeComIdentity
from accounts.tasks import check_directory, tend_directory
from core.audit.models import AuditEntry
from core.errors import Conflict, Missing
from tests.factories import SINCE, BranchFactory, UserFactory
from tests.granting import grant

State = DirectorySync.State
NUMBER = WeComIdentity.Origin.NUMBER


@pytest.fixture
def school(sandbox, org, settings):
    """WeCom's departments named like our branches; ``seed`` fills them with people."""
    cache.clear()
    departments = [
        {"id": 1, "name": org.university.name, "parentid": 0, "order": 1},
        {"id": 2, "name": org.college_a.name, "parentid": 1, "order": 1},
        {"id": 3, "name": org.college_b.name, "parentid": 1, "order": 2},
        {"id": 21, "name": org.a1.name, "parentid": 2, "order": 1},
        {"id": 22, "name": org.a2.name, "parentid": 2, "order": 2},
        {"id": 31, "name": org.b1.name, "parentid": 3, "order": 1},
    ]

    def seed(people, without=(), extra=()):
        users = [
            {
                "userid": f"u{person.number}",
                "name": person.name,
                "department": [21],
                "position": "",
                "gender": "0",
                "number": person.number,
                "status": 1,
            }
            for person in people
        ]
        rows = [row for row in departments if row["id"] not in without]
        sandbox.seed(departments=rows, users=[*users, *extra])

    seed.sandbox = sandbox
    return seed


@pytest.fixture
def admin(org):
    person = UserFactory(name="秦管理", branch=org.college_a)
    return grant(person, "university_admin", org.university).person


def check(scope, by):
    sync = directory.run_check(ask_for_check(scope=scope, by=by))
    sync.refresh_from_db()
    return sync


def lines(sync, *kinds):
    rows = sync.changes.filter(kind__in=kinds) if kinds else sync.changes.all()
    return [(row.kind, str(row.person or row.branch or row.name), row.userid) for row in rows]


def bind_all(people):
    for person in people:
        bind(person=person, userid=f"u{person.number}", origin=NUMBER, by=None)


def test_people_are_bound_by_number_after_a_person_said_yes(school, org, cast, admin):
    school([cast.member, cast.activist])

    sync = check(org.university, admin)

    assert sync.state == State.OPEN
    assert (sync.members, sync.departments) == (2, 6)
    assert lines(sync, "bind") == [
        ("bind", "周予安", f"u{cast.member.number}"),
        ("bind", "林晓禾", f"u{cast.activist.number}"),
    ]
    assert {name for _, name, _ in lines(sync, "missing")} == {"许知夏", "陈守正", "苏苗", "何处", "秦管理"}
    assert WeComIdentity.objects.count() == 0

    approve(sync=sync, by=admin)
    tend_directory()

    sync.refresh_from_db()
    assert (sync.state, sync.decided_by) == (State.DONE, admin)
    assert set(WeComIdentity.objects.values_list("person__name", "origin")) == {
        ("周予安", "directory"),
        ("林晓禾", "directory"),
    }
    assert org.a1.__class__.objects.get(pk=org.a1.pk).wecom_department_id == 21
    assert AuditEntry.objects.filter(action="accounts.directory_approved", actor=admin).exists()
    assert AuditEntry.objects.filter(action="accounts.account_bound", actor=admin).count() == 2


def test_a_thousand_people_without_phone_and_mail(school, org, admin):
    """A1: all of the roster is bound by number; who is not found is named."""
    people = User.objects.bulk_create(
        User(number=f"2025{n:06d}", name=f"同学{n}", grade=2025, password="!") for n in range(1010)
    )
    Membership.objects.bulk_create(
        Membership(person=person, branch=org.a1, since=SINCE, branch_name=org.a1.name) for person in people
    )
    school(people[:1000])

    sync = check(org.college_a, admin)
    assert sync.changes.filter(kind="bind").count() == 1000
    assert [row.person.name for row in sync.changes.filter(kind="missing")] == [
        "秦管理",
        *(f"同学{n}" for n in range(1000, 1010)),
    ]
    approve(sync=sync, by=admin)
    directory.apply(sync)

    bound = WeComIdentity.objects.filter(unbound_at=None)
    assert bound.count() == 1000
    assert all(userid == f"u{number}" for userid, number in bound.values_list("userid", "person__number"))


def test_applying_again_changes_nothing(school, org, cast, admin):
    school([cast.member])
    sync = check(org.university, admin)
    approve(sync=sync, by=admin)
    for _ in range(3):
        directory.apply(DirectorySync.objects.get(pk=sync.pk))
    approve(sync=sync, by=admin)
    assert WeComIdentity.objects.count() == 1
    assert AuditEntry.objects.filter(action="accounts.account_bound").count() == 1


def test_an_interrupted_application_is_resumed(school, org, cast, admin, monkeypatch):
    school([cast.member, cast.activist])
    sync = check(org.university, admin)
    approve(sync=sync, by=admin)
    real, left = directory.identities.bind, [1]

    def fails_at_the_second(**kwargs):
        if not left:
            raise RuntimeError("power cut")
        left.pop()
        return real(**kwargs)

    monkeypatch.setattr(directory.identities, "bind", fails_at_the_second)
    with pytest.raises(RuntimeError):
        directory.apply(sync)
    assert WeComIdentity.objects.count() == 1

    monkeypatch.setattr(directory.identities, "bind", real)
    tend_directory()
    assert WeComIdentity.objects.count() == 2
    assert DirectorySync.objects.get(pk=sync.pk).state == State.DONE


def test_doubts_are_shown_and_never_bound(school, org, cast, admin):
    bind(person=cast.teacher, userid=f"u{cast.league.number}", origin=NUMBER, by=None)
    twin = {
        "userid": "twin",
        "name": "林晓禾",
        "department": [21],
        "number": cast.activist.number,
        "status": 1,
    }
    other = {"userid": "x", "name": "另一个人", "department": [21], "number": cast.member.number, "status": 1}
    school([cast.activist, cast.league], extra=[twin, other])

    sync = check(org.university, admin)

    notes = {row.person.name: row.note for row in sync.changes.filter(kind="conflict")}
    assert notes == {
        "林晓禾": "有 2 个账号填了同一个学号或工号。",
        "周予安": "学号或工号相同，姓名不同。",
        "苏苗": "这个账号已经绑定了别人。",
        "陈守正": "账号在企业微信里是另一个学号或工号。",
    }
    approve(sync=sync, by=admin)
    directory.apply(sync)
    assert list(WeComIdentity.objects.values_list("person__name", flat=True)) == ["陈守正"]


def test_strangers_in_our_departments_are_named_and_others_are_not(school, org, cast, admin):
    Branch.objects.filter(pk=org.a1.pk).update(wecom_department_id=21)
    inside = {"userid": "guest", "name": "不在名册", "department": [21], "number": "9", "status": 1}
    outside = {"userid": "clerk", "name": "教务处职员", "department": [1], "number": "8", "status": 1}
    school([cast.member], extra=[inside, outside])
    assert lines(check(org.university, admin), "unknown") == [("unknown", "不在名册", "guest")]


def test_inactive_accounts_are_told(school, org, cast, admin):
    bind_all([cast.member])
    gone = {"userid": f"u{cast.member.number}", "name": "周予安", "department": [21], "status": 2}
    school([cast.activist], extra=[gone])
    assert lines(check(org.university, admin), "inactive") == [
        ("inactive", "周予安", f"u{cast.member.number}")
    ]


def test_an_empty_directory_is_refused(school, org, cast, admin):
    bind_all([cast.member])
    school([])
    sync = check(org.university, admin)
    assert (sync.state, sync.changes.count()) == (State.REFUSED, 0)
    assert sync.note == "企业微信没有给出任何部门或成员。请检查应用的可见范围，然后再核对。"


def crowd(org, count):
    people = [UserFactory(branch=org.a1) for _ in range(count)]
    bind_all(people)
    return people


def test_half_a_directory_is_refused(school, org, admin):
    people = crowd(org, 20)
    school(people[:12])
    sync = check(org.university, admin)
    assert (sync.state, sync.changes.count()) == (State.REFUSED, 0)
    assert "一部分成员" in sync.note


def test_a_narrow_scope_of_the_app_is_noticed(school, org, cast, admin, settings):
    school([cast.member], extra=[{"userid": "far", "name": "远", "department": [31], "status": 1}])
    school.sandbox.app(visible_parties=[2])
    sync = check(org.university, admin)
    assert sync.state == State.REFUSED
    assert sync.note.startswith("还有 1 名成员不在应用的可见范围里")


def test_many_vanishing_people_need_a_second_look(school, org, admin):
    people = crowd(org, 20)
    school(people[:18])

    sync = check(org.university, admin)
    assert (sync.state, sync.is_braked) == (State.OPEN, True)
    assert len(lines(sync, "unbind")) == 2
    with pytest.raises(NeedsConfirmation):
        approve(sync=sync, by=admin)
    assert WeComIdentity.objects.filter(unbound_at=None).count() == 20

    approve(sync=sync, by=admin, confirmed=True)
    directory.apply(sync)
    assert WeComIdentity.objects.filter(unbound_at=None).count() == 18
    assert set(
        User.objects.filter(pk__in=[p.pk for p in people[18:]]).values_list("session_epoch", flat=True)
    ) == {1}


def test_one_in_twenty_may_vanish(school, org, admin):
    people = crowd(org, 20)
    school(people[:19])
    sync = check(org.university, admin)
    assert (sync.is_braked, len(lines(sync, "unbind"))) == (False, 1)


@pytest.mark.parametrize(("gone", "braked"), [([22, 31], False), ([21, 22, 31], True)])
def test_vanishing_departments(school, org, cast, admin, gone, braked):
    for branch, number in ((org.a1, 21), (org.a2, 22), (org.b1, 31)):
        Branch.objects.filter(pk=branch.pk).update(wecom_department_id=number)
    school([], without=gone, extra=[{"userid": "a", "name": "a", "department": [1], "status": 1}])
    sync = check(org.university, admin)
    assert len(lines(sync, "unlink")) == len(gone)
    assert sync.is_braked == braked


def test_branches_of_one_name_are_told_apart_by_what_is_above(school, org, cast, admin):
    for college in (org.college_a, org.college_b):
        BranchFactory(name="学生第一党支部", parent=college)
    twins = [
        {"id": 41, "name": "学生第一党支部", "parentid": 2, "order": 9},
        {"id": 42, "name": "学生第一党支部", "parentid": 3, "order": 9},
    ]
    school([cast.member])
    departments = [
        {"id": 1, "name": org.university.name, "parentid": 0, "order": 1},
        {"id": 2, "name": org.college_a.name, "parentid": 1, "order": 1},
        {"id": 3, "name": org.college_b.name, "parentid": 1, "order": 2},
        *twins,
    ]
    school.sandbox.seed(
        departments=departments, users=[{"userid": "a", "name": "a", "department": [1], "status": 1}]
    )
    sync = check(org.university, admin)
    found = {
        (row.branch.parent.name, row.department_id)
        for row in sync.changes.filter(kind="link", branch__name="学生第一党支部")
    }
    assert found == {("商学院党委", 41), ("外国语学院党委", 42)}


def test_wecom_being_busy_postpones(school, org, cast, admin):
    school([cast.member])
    school.sandbox.fault("user/list", errcode=-1, times=1)
    sync = check(org.university, admin)
    assert sync.state == State.NEEDED
    tend_directory()
    sync.refresh_from_db()
    assert sync.state == State.OPEN


def test_a_wrong_setting_is_named(school, org, cast, admin, settings):
    school([cast.member])
    settings.WECOM_SECRET = "not-the-secret"
    sync = check(org.university, admin)
    assert (sync.state, sync.note.endswith("（错误码 40001）")) == (State.REFUSED, True)


def test_a_new_comparison_replaces_the_open_one(school, org, cast, admin):
    school([cast.member])
    old = check(org.university, admin)
    new = check(org.university, admin)
    old.refresh_from_db()
    assert (old.state, new.state) == (State.DISCARDED, State.OPEN)
    with pytest.raises(Conflict):
        approve(sync=old, by=admin)


def test_asking_twice_waits_once(org, admin):
    assert ask_for_check(scope=org.a1, by=admin) == ask_for_check(scope=org.a1, by=admin)
    check_directory()
    check_directory()
    assert set(DirectorySync.objects.values_list("scope__name", flat=True)) == {
        org.a1.name,
        org.university.name,
    }


def test_a_college_compares_its_own_people_only(school, org, cast):
    person = UserFactory(name="赵院管", branch=org.college_a)
    college = grant(person, "college_admin", org.college_a).person
    school([cast.member, cast.stranger])
    with pytest.raises(Missing):
        ask_for_check(scope=org.university, by=college)

    sync = check(org.college_a, college)
    assert "何处" not in {name for _, name, _ in lines(sync)}
    foreign = check(org.university, None)
    with pytest.raises(Missing):
        approve(sync=foreign, by=college)
    with pytest.raises(Missing):
        discard(sync=foreign, by=college)
    assert list(DirectorySync.objects.visible_to(college)) == [sync]


def test_setting_aside_changes_nothing(school, org, cast, admin):
    school([cast.member])
    sync = check(org.university, admin)
    discard(sync=sync, by=admin)
    discard(sync=sync, by=admin)
    with pytest.raises(Conflict):
        approve(sync=sync, by=admin)
    assert WeComIdentity.objects.count() == 0


def test_agreement_needs_nobody(school, org, cast, admin):
    numbers = {org.university: 1, org.college_a: 2, org.college_b: 3, org.a1: 21, org.a2: 22, org.b1: 31}
    for branch, number in numbers.items():
        Branch.objects.filter(pk=branch.pk).update(wecom_department_id=number)
    people = [*vars(cast).values(), admin]
    bind_all(people)
    school(people)
    sync = check(org.university, admin)
    assert (sync.state, sync.note) == (State.DONE, "名册和企业微信一致。")


def test_old_comparisons_are_forgotten(org, admin, time_machine):
    for state in (State.DONE, State.OPEN):
        sync = DirectorySync.objects.create(scope=org.a1, state=state)
        DirectoryChange.objects.create(sync=sync, kind="unknown", name="某人")
    time_machine.move_to(timezone.now() + timezone.timedelta(days=31))
    tend_directory()
    assert list(DirectorySync.objects.values_list("state", flat=True)) == [State.OPEN]


def test_comparing_costs_the_same_for_few_and_many(school, org, admin, django_assert_num_queries):
    from accounts.directory.difference import Difference
    from accounts.directory.reading import Snapshot, read

    counts = []
    for more in (1, 3):
        people = [UserFactory(branch=org.a1) for _ in range(more)]
        school(people)
        snapshot = read()
        with django_assert_num_queries(8, exact=False) as queries:
            Difference(org.university, snapshot).changes()
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert isinstance(snapshot, Snapshot)
