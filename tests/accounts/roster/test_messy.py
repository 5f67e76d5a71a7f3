"""Tables as they really are: found, read, and told about; never guessed."""

import datetime as dt
from io import BytesIO

import pytest
from openpyxl import Workbook

from accounts.roster.workbook import read
from tests.accounts.roster.conftest import workbook

HEAD = ["学号", "姓名"]
ROW = ["2026990101", "云小溪"]


@pytest.fixture
def table_of(tmp_path):
    def build(content):
        path = tmp_path / "file"
        path.write_bytes(content)
        return read(path)

    return build


def saved(book):
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def test_notes_above_the_headings(table_of):
    table = table_of(workbook([ROW], HEAD, before=[["商学院学生名册"], [], ["填表说明：学号要写全"]]))
    assert table.rows == [(5, ROW)]
    assert table.header_line == 4


def test_two_header_rows_with_merged_cells(table_of):
    def merge(sheet):
        sheet.merge_cells("A1:B1")
        sheet.merge_cells("C1:D1")

    rows = [["学号", "姓名", "发展阶段", "阶段日期"], ["2026990101", "云小溪", "入党申请人", "2026-09-15"]]
    table = table_of(workbook(rows, ["基本信息", None, "发展情况", None], change=merge))
    assert table.columns == ["number", "name", "stage", "stage_on"]
    assert table.rows[0] == (3, ["2026990101", "云小溪", "入党申请人", "2026-09-15"])


def test_headings_merged_over_two_rows(table_of):
    def merge(sheet):
        sheet.merge_cells("A1:A2")
        sheet.merge_cells("B1:C1")

    table = table_of(
        workbook(
            [[None, "姓名", "性别"], ["2026990101", "云小溪", "女"]], ["学号", "个人", None], change=merge
        )
    )
    assert table.columns == ["number", "name", "gender"]
    assert table.rows == [(3, ["2026990101", "云小溪", "女"])]


def test_columns_moved_and_renamed(table_of):
    table = table_of(
        workbook([["一班", "x", "云小溪", "2026990101"]], ["行政班", "备注", "学生姓名", "学 号*"])
    )
    assert table.columns == ["class_name", "name", "number"]
    assert "这几列没有读取：备注。" in table.notes


def test_blank_rows_do_not_swallow_the_rest(table_of):
    table = table_of(workbook([ROW, [], ["  ", None], [], ["2026990102", "云大海"]], HEAD))
    assert [line for line, _ in table.rows] == [2, 6]
    assert "跳过了 3 个空行。" in table.notes


def test_hidden_rows_are_read_and_named(table_of):
    def hide(sheet):
        sheet.row_dimensions[3].hidden = True

    table = table_of(workbook([ROW, ["2026990102", "云大海"]], HEAD, change=hide))
    assert len(table.rows) == 2
    assert "有 1 个隐藏的行也读了：第 3 行。" in table.notes


def test_a_formula_without_a_stored_result(table_of):
    table = table_of(workbook([["2026990101", '="云"&"小溪"']], HEAD))
    assert table.rows == [(2, ["2026990101", {"f": ""}])]
    assert "B 列“姓名”里有公式，用的是保存时的结果。" in table.notes


def test_merged_cells_in_the_body_are_told(table_of):
    def merge(sheet):
        sheet.merge_cells("C2:C3")

    rows = [[*ROW, "第一党支部"], ["2026990102", "云大海", None]]
    table = table_of(workbook(rows, [*HEAD, "党支部"], change=merge))
    assert [cells[2] for _, cells in table.rows] == ["第一党支部", "第一党支部"]
    assert "第 2–3 行的“党支部”是合并单元格，每行都按这个值读。" in table.notes


def test_errors_of_excel_are_kept_apart(table_of):
    def spoil(sheet):
        sheet["B2"] = "#REF!"
        sheet["B2"].data_type = "e"

    assert table_of(workbook([ROW], HEAD, change=spoil)).rows[0][1][1] == {"e": "#REF!"}


@pytest.mark.parametrize("epoch", [dt.datetime(1899, 12, 30), dt.datetime(1904, 1, 1)])
def test_dates_and_day_numbers_of_both_calendars(table_of, epoch):
    book = Workbook()
    book.epoch = epoch
    book.active.append(["学号", "姓名", "阶段日期", "出生年月"])
    book.active.append([*ROW, dt.date(2026, 9, 15), (dt.datetime(2007, 5, 1) - epoch).days])
    assert table_of(saved(book)).rows[0][1][2:] == [{"d": "2026-09-15"}, {"d": "2007-05-01"}]


def test_zeros_that_only_the_format_shows(table_of):
    def pad(sheet):
        sheet["A2"].number_format = "0000000000"

    assert table_of(workbook([[12345, "云小溪"]], HEAD, change=pad)).rows[0][1][0] == "0000012345"


def test_the_right_sheet_among_several(table_of):
    book = Workbook()
    book.active.title = "说明"
    book.active.append(["先看这里"])
    sheet = book.create_sheet("名单")
    sheet.append(HEAD)
    sheet.append(ROW)
    book.create_sheet("旧表").sheet_state = "hidden"
    table = table_of(saved(book))
    assert table.rows == [(2, ROW)]
    assert "读的是“名单”，没有读：说明、旧表。" in table.notes


def test_a_false_dimension_is_ignored(table_of):
    from tests.accounts.roster.hostile import HEAD as OPEN
    from tests.accounts.roster.hostile import NAMES, SHEET, changed

    row = '<row r="2"><c r="A2" t="inlineStr"><is><t>2026990101</t></is></c></row>'
    content = changed(
        {SHEET: f'{OPEN}<dimension ref="A1:XFD1048576"/><sheetData>{NAMES}{row}</sheetData></worksheet>'}
    )
    assert table_of(content).rows == [(2, ["2026990101", None])]


def test_formatted_empty_rows_below_do_not_count(table_of):
    def colour(sheet):
        for line in range(3, 3000):
            sheet.cell(line, 1).number_format = "@"

    assert len(table_of(workbook([ROW], HEAD, change=colour)).rows) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv(table_of, encoding, delimiter):
    text = "\r\n".join(
        delimiter.join(line) for line in [["学号", "姓名"], ["2026990101", "㛃𬱖"], [], ["=1+1", "云"]]
    )
    assert table_of(text.encode(encoding)).rows == [(2, ["2026990101", "㛃𬱖"]), (4, [{"f": ""}, "云"])]
