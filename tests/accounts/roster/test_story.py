"""A secretary imports a roster: look first, write, write again, take back."""

import datetime as dt

import pytest

from accounts.actions import roster as actions
from accounts.models import Membership, RosterImport, RosterRow, StageChange, User
from accounts.roles import Stage
from accounts.roster.scope import OUTSIDE
from core.audit.models import AuditEntry
from core.errors import Conflict, Invalid, Missing, TooMany
from notifications.models import Message
from tests.accounts.roster.conftest import applied, checked, undone, upload, workbook

State = RosterImport.State


def line(number, name="云小溪", stage="共青团员", day=None, **changes):
    row = {
        "性别": "女",
        "出生年月": "2007-05",
        "年级": 2026,
        "专业": "会计学",
        "党支部": "本科生第一党支部",
    } | changes
    return [number, name, *row.values(), stage, day]


def test_a_new_person_is_added_to_the_branch(secretary, org):
    done = applied(secretary, workbook([line("2026990101", stage="入党申请人", day="2026-09-15")]))

    person = User.objects.get(number="2026990101")
    assert done.roster.state == State.APPLIED, done.roster.message
    assert (person.name, person.gender, str(person.birth_month), person.grade) == (
        "云小溪",
        "female",
        "2007-05-01",
        2026,
    )
    assert person.stage == Stage.APPLICANT
    assert not person.has_usable_password()
    membership = person.memberships.get()
    assert (membership.branch, membership.branch_name, membership.side) == (org.a1, org.a1.name, "party")
    change = person.stage_changes.get()
    assert (change.evidence, str(change.effective_on), change.branch) == ("paper_only", "2026-09-15", org.a1)
    assert Message.objects.get(kind="roster_applied").words == {"added": 1, "changed": 0}
    actions_written = set(
        AuditEntry.objects.filter(subject_id=str(person.pk)).values_list("action", flat=True)
    )
    assert actions_written == {"accounts.person_added", "accounts.stage_recorded"}


def test_the_preview_writes_nothing(secretary):
    before = User.objects.count()
    seen = checked(secretary, workbook([line("2026990101")]))
    assert seen.roster.state == State.READY
    assert seen.rows[2].state == RosterRow.State.NEW
    assert User.objects.count() == before


def test_a_known_person_is_changed_field_by_field(secretary, cast):
    number = cast.activist.number
    seen = applied(secretary, workbook([[number, "林晓禾", "女", None, None, None, None, None, None]]))
    assert seen.rows[2].changes == {"gender": ["", "female"]}
    cast.activist.refresh_from_db()
    assert (cast.activist.gender, cast.activist.grade, cast.activist.version) == ("female", 2024, 1)


def test_the_second_time_changes_nothing(secretary):
    content = workbook(
        [line("2026990101", stage="入党申请人", day="2026-09-15"), line("2026990102", "云大海")]
    )
    applied(secretary, content)
    people, entries = (
        User.objects.count(),
        AuditEntry.objects.filter(action__startswith="accounts.person").count(),
    )
    again = applied(secretary, content)
    assert {row.state for row in again.rows.values()} == {RosterRow.State.SAME}
    assert User.objects.count() == people
    assert AuditEntry.objects.filter(action__startswith="accounts.person").count() == entries


def test_empty_cells_and_missing_people_take_nothing_away(secretary, cast):
    people = set(User.objects.values_list("number", "name", "is_active"))
    applied(secretary, workbook([[cast.league.number, None, None, None, None, None, None, None, None]]))
    assert set(User.objects.values_list("number", "name", "is_active")) == people


def test_bad_lines_stop_the_import_unless_they_are_left_out(secretary):
    content = workbook([line("2026990101"), line("2026990102", "云大海", 出生年月="2007")])
    seen = checked(secretary, content)
    assert seen.rows[3].errors == [["出生年月", "只写到了年，请写到月，例如 2007-05。"]]
    with pytest.raises(Invalid, match="有 1 行有问题"):
        actions.confirm_roster(roster=seen.roster, by=secretary)
    actions.confirm_roster(roster=seen.roster, by=secretary, only_good=True)
    actions.apply_roster(seen.roster.pk)
    assert User.objects.filter(number="2026990101").exists()
    assert not User.objects.filter(number="2026990102").exists()


def test_all_problems_of_a_line_are_told_at_once(secretary):
    seen = checked(
        secretary, workbook([["12", "云1", "不详", "去年", "大一", None, "本科生第一党支部", "党员", "2026"]])
    )
    assert [column for column, _ in seen.rows[2].errors] == [
        "学号或工号", "姓名", "性别", "出生年月", "年级", "发展阶段", "阶段日期",
    ]  # fmt: skip


def test_a_double_click_writes_once(secretary):
    seen = checked(secretary, workbook([line("2026990101")]))
    actions.confirm_roster(roster=seen.roster, by=secretary)
    actions.confirm_roster(roster=seen.roster, by=secretary)
    actions.apply_roster(seen.roster.pk)
    actions.apply_roster(seen.roster.pk)
    assert User.objects.filter(number="2026990101").count() == 1
    assert Membership.objects.filter(person__number="2026990101").count() == 1


def test_somebody_was_faster(secretary, cast):
    seen = checked(secretary, workbook([line("2026990101"), [cast.activist.number, "林小禾", *[None] * 7]]))
    actions.confirm_roster(roster=seen.roster, by=secretary)
    User.objects.filter(pk=cast.activist.pk).update(name="林晓和")
    actions.apply_roster(seen.roster.pk)

    seen.roster.refresh_from_db()
    assert seen.roster.state == State.READY
    assert seen.roster.message == actions.CHANGED_MEANWHILE
    assert seen.roster.rows.get(line=3).changes == {"name": ["林晓和", "林小禾"]}
    assert not User.objects.filter(number="2026990101").exists()


def test_two_people_import_the_same_new_person(secretary, college_admin):
    content = workbook([line("2026990101")])
    first, second = checked(secretary, content), checked(college_admin, content)
    for by, seen in ((secretary, first), (college_admin, second)):
        actions.confirm_roster(roster=seen.roster, by=by)
        actions.apply_roster(seen.roster.pk)
    second.roster.refresh_from_db()
    assert second.roster.state == State.READY
    assert second.roster.rows.get().state == RosterRow.State.SAME
    assert User.objects.filter(number="2026990101").count() == 1


def test_a_failure_in_the_middle_leaves_nothing(secretary, monkeypatch):
    seen = checked(secretary, workbook([line("2026990101")]))
    actions.confirm_roster(roster=seen.roster, by=secretary)

    def fail(**kwargs):
        raise RuntimeError("the outbox is broken")

    monkeypatch.setattr(actions, "enqueue", fail)
    with pytest.raises(RuntimeError):
        actions.apply_roster(seen.roster.pk)
    assert not User.objects.filter(number="2026990101").exists()
    monkeypatch.undo()
    actions.apply_roster(seen.roster.pk)
    assert User.objects.filter(number="2026990101").exists()


def test_rights_lost_between_preview_and_writing(secretary):
    seen = checked(secretary, workbook([line("2026990101")]))
    actions.confirm_roster(roster=seen.roster, by=secretary)
    secretary.branchright_set.all().delete()
    actions.apply_roster(seen.roster.pk)
    seen.roster.refresh_from_db()
    assert seen.roster.state == State.READY
    assert seen.roster.rows.get().errors == [["党支部", OUTSIDE]]
    assert not User.objects.filter(number="2026990101").exists()


def test_undo_takes_back_new_and_changed_people(secretary, cast, org):
    group = org.a1.children.create(name="第一党小组", kind="party_group")
    headings = ["学号", "姓名", "性别", "党小组", "发展阶段", "阶段日期"]
    rows = [
        ["2026990101", "云小溪", "女", "第一党小组", "共青团员", None],
        [cast.activist.number, "林小禾", "女", "第一党小组", "发展对象", "2026-10-01"],
    ]
    done = applied(secretary, workbook(rows, headings), branch=org.a1)
    assert done.roster.state == State.APPLIED
    assert Membership.objects.filter(branch=group, until=None).count() == 2

    roster = undone(done.roster)
    assert roster.state == State.UNDONE
    assert not User.objects.filter(number="2026990101").exists()
    cast.activist.refresh_from_db()
    assert (cast.activist.name, cast.activist.gender, cast.activist.stage) == ("林晓禾", "", Stage.ACTIVIST)
    assert not Membership.objects.current().filter(branch=group).exists()
    assert not StageChange.objects.valid().exists()
    assert set(StageChange.objects.values_list("stage", "void_reason")) == {
        (Stage.ACTIVIST, "撤销名册导入"),
        (Stage.TARGET, "撤销名册导入"),
    }
    assert set(roster.rows.values_list("outcome", flat=True)) == {"undone"}


def test_undo_keeps_what_was_changed_since(secretary, cast):
    rows = [
        [cast.activist.number, "林小禾", "女", *[None] * 6],
        line("2026990101"),
        line("2026990102", "云大海"),
    ]
    done = applied(secretary, workbook(rows))
    User.objects.filter(pk=cast.activist.pk).update(name="林大禾")
    User.objects.filter(number="2026990101").update(major="金融学")

    roster = undone(done.roster)
    kept = dict(roster.rows.values_list("number", "kept_because"))
    assert kept == {
        cast.activist.number: "之后有人改过：姓名",
        "2026990101": "之后有人改过：专业",
        "2026990102": "",
    }
    cast.activist.refresh_from_db()
    assert (cast.activist.name, cast.activist.gender) == ("林大禾", "")
    assert not User.objects.filter(number="2026990102").exists()
    assert User.objects.get(number="2026990101").memberships.filter(until=None).exists()


def test_undo_ends_after_thirty_days_and_belongs_to_the_importer(secretary, college_admin, time_machine):
    done = applied(secretary, workbook([line("2026990101")]))
    with pytest.raises(Missing):
        actions.take_back_roster(roster=done.roster, by=college_admin)
    time_machine.move_to(dt.datetime.now(dt.UTC) + dt.timedelta(days=31))
    with pytest.raises(Conflict, match="30 天"):
        actions.take_back_roster(roster=done.roster, by=secretary)


def test_five_imports_an_hour(secretary):
    for _ in range(5):
        upload(secretary, workbook([]))
    with pytest.raises(TooMany):
        upload(secretary, workbook([]))


def test_nobody_imports_without_the_right(cast, org, secretary):
    with pytest.raises(Missing):
        upload(cast.activist, workbook([]))
    with pytest.raises(Missing):
        upload(secretary, workbook([]), branch=org.b1)


def test_a_refused_file_is_not_kept(secretary):
    roster = checked(secretary, b"%PDF-1.7").roster
    assert (roster.state, roster.message) == (State.REFUSED, "这不是 Excel 表格。请上传 .xlsx 或 .csv 文件。")
    assert not roster.file
