"""What belongs to another branch does not exist: not in the preview, the errors, the files (``reliability.md`` C2)."""

import datetime as dt
import zipfile
from io import BytesIO

import pytest

from accounts.actions import exports
from accounts.actions import roster as actions
from accounts.models import RosterRow, User
from accounts.roster.scope import OUTSIDE
from core.audit.models import AuditEntry
from core.errors import Invalid, Missing, TooMany
from notifications.models import Recipient
from tests.accounts.roster.conftest import applied, checked, let, workbook
from tests.accounts.roster.test_story import line
from tests.factories import BranchFactory, UserFactory

CANARY = "金丝雀"


@pytest.fixture
def foreign(org):
    """A person of B1 whose every field is a canary."""
    org.b1.children.create(name=f"{CANARY}小组", kind="party_group")
    return UserFactory(name=CANARY, number="2026000666", major=CANARY, class_name=CANARY, branch=org.b1)


def test_a_foreign_line_looks_like_one_that_never_existed(secretary, foreign, org):
    rows = [
        line(foreign.number, 党支部=org.b1.name),
        line("2026000667", 党支部=org.b1.name),
        line(foreign.number[:-1] + "8", 党支部="没有过的党支部"),
    ]
    seen = checked(secretary, workbook(rows))
    assert [row.errors for row in seen.rows.values()] == [[["党支部", OUTSIDE]]] * 3


def test_a_foreign_person_is_not_taken_over(secretary, foreign):
    seen = checked(secretary, workbook([line(foreign.number)]))
    assert seen.rows[2].errors == [["学号或工号", OUTSIDE]]
    with pytest.raises(Invalid):
        actions.confirm_roster(roster=seen.roster, by=secretary)


def test_no_canary_leaves_the_other_branch(client, secretary, foreign, org):
    rows = [line(foreign.number), line("2026990101", 党支部=org.b1.name), line("2026990102", CANARY[:2])]
    done = applied(secretary, workbook(rows), only_good=True)
    client.force_login(secretary)
    pages = [
        client.get(f"/admin/accounts/rosterimport/{done.roster.pk}/change/?tab={tab}").text
        for tab in ("new", "error", "attention", "same")
    ]
    returned = actions.return_roster(roster=done.roster, by=secretary)
    export = exports.export_roster(by=secretary, form="roster", reason="核对信息", sensitive=True)
    texts = [*pages, _text(returned), _text(export)]
    assert not any(CANARY in text for text in texts)
    foreign.refresh_from_db()
    assert (foreign.name, foreign.version) == (CANARY, 0)


def _text(kept):
    with kept.file.open() as file:
        archive = zipfile.ZipFile(BytesIO(file.read()))
    return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def test_two_branches_of_one_name_must_be_told_apart(org, college_admin):
    twin = BranchFactory(
        name="本科生第一党支部",
        parent=BranchFactory(name="会计系党总支", kind="general_branch", parent=org.college_a),
    )
    seen = checked(
        college_admin,
        workbook([line("2026990101"), line("2026990102", "云大海", 党支部="会计系党总支/本科生第一党支部")]),
    )
    assert (
        "有 2 个同名的：商学院党委/本科生第一党支部、会计系党总支/本科生第一党支部"
        in seen.rows[2].errors[0][1]
    )
    assert seen.rows[3].changes["party"] == [None, twin.pk]


def test_a_secretary_of_two_branches_does_not_move_people(secretary, org, cast):
    let(secretary, "secretary", org.a2)
    seen = checked(
        secretary, workbook([[cast.activist.number, None, None, None, None, None, org.a2.name, None, None]])
    )
    assert seen.rows[2].errors[0][0] == "党支部"


def test_the_college_moves_people_and_offices_end(college_admin, org, cast):
    done = applied(
        college_admin,
        workbook([[cast.activist.number, None, None, None, None, None, org.a2.name, None, None]]),
    )
    assert done.roster.state == "applied", done.roster.message
    assert cast.activist.memberships.get(until=None).branch == org.a2
    assert Recipient.objects.filter(message__kind="branch_changed", person=cast.activist).exists()


def test_nobody_records_his_own_stage(secretary):
    seen = checked(
        secretary,
        workbook([[secretary.number, None, None, None, None, None, None, "正式党员", "2026-10-01"]]),
    )
    assert seen.rows[2].state in {RosterRow.State.SAME, RosterRow.State.CHANGED}
    User.objects.filter(pk=secretary.pk).update(stage="probationary_member")
    seen = checked(
        secretary,
        workbook([[secretary.number, None, None, None, None, None, None, "正式党员", "2026-10-01"]]),
    )
    assert seen.rows[2].errors == [["发展阶段", "自己的发展阶段要由支部或上级组织登记。"]]


def test_duplicates_and_homonyms(secretary, cast):
    rows = [
        line("2026990101"),
        line("2026990101", "云二"),
        line("2026990103", "云三"),
        line("2026990104", "云三"),
        line("2026990105", "林晓禾"),
    ]
    seen = checked(secretary, workbook(rows))
    assert seen.rows[2].errors == [["学号或工号", "和第 3 行是同一个学号或工号，请只留一行。"]]
    assert seen.rows[4].notes == ["第 5 行有同名的人。"]
    assert seen.rows[6].notes == [f"名册里已有同名的人，学号 {cast.activist.number}。请确认不是同一个人。"]
    assert seen.rows[6].needs_attention


def test_a_lost_zero_is_not_guessed(secretary):
    rows = [line("0269901010"), line("0269901011", "云二"), line(269901012, "云三")]
    seen = checked(secretary, workbook(rows))
    assert seen.rows[4].errors == [["学号或工号", "可能丢了开头的 0。请把这一列设成文本，重新填写。"]]


def test_an_export_is_limited_watermarked_and_told(secretary, org, cast):
    with pytest.raises(Missing):
        exports.export_roster(by=secretary, form="roster", reason="核对信息", branch=org.b1)
    kept = exports.export_roster(by=secretary, form="members", reason="秋季核对")
    text = _text(kept)
    assert f"{secretary.name}（{secretary.number}）导出" in text
    assert "用途：秋季核对" in text
    assert "出生年月" not in text
    entry = AuditEntry.objects.get(action=exports.EXPORTED)
    assert entry.reason == "秋季核对"
    told = set(Recipient.objects.filter(message__kind="data_exported").values_list("person", flat=True))
    assert told == {cast.probationary.pk, cast.teacher.pk}
    for _ in range(9):
        exports.export_roster(by=secretary, form="members", reason="秋季核对", as_csv=True)
    with pytest.raises(TooMany):
        exports.export_roster(by=secretary, form="members", reason="秋季核对")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "＝", "＋", "－", "＠"])
def test_no_live_formula_leaves_the_portal(secretary, cast, start):
    User.objects.filter(pk=cast.activist.pk).update(
        name=f"{start}1+1", major=f"{start}cmd", class_name=f"{start}x"
    )
    text = _text(exports.export_roster(by=secretary, form="roster", reason="核对信息"))
    assert "<f>" not in text
    kept = exports.export_roster(by=secretary, form="roster", reason="核对信息", as_csv=True)
    with kept.file.open() as file:
        assert f",'{start}1+1," in file.read().decode("utf-8-sig") or f"'{start}1+1" in text


def test_export_before_is_export_after_an_undone_import(secretary, cast, time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 22, 3, 0, tzinfo=dt.UTC), tick=False)
    before = _text(exports.export_roster(by=secretary, form="roster", reason="核对信息", sensitive=True))
    rows = [
        line("2026990101", stage="入党申请人", day="2026-09-15"),
        line(cast.league.number, "苏小苗", stage="入党申请人", day="2026-10-01"),
    ]
    done = applied(secretary, workbook(rows))
    assert User.objects.filter(number="2026990101", stage="applicant").exists()
    actions.take_back_roster(roster=done.roster, by=secretary)
    actions.undo_roster(done.roster.pk)
    assert (
        _text(exports.export_roster(by=secretary, form="roster", reason="核对信息", sensitive=True)) == before
    )


def _bytes(kept):
    with kept.file.open() as file:
        return file.read()


def test_an_export_can_be_imported_again_without_a_change(secretary, cast):
    content = _bytes(exports.export_roster(by=secretary, form="roster", reason="核对信息", sensitive=True))
    seen = checked(secretary, content)
    assert {row.state for row in seen.rows.values()} == {RosterRow.State.SAME}
    assert len(seen.rows) == 5
