"""What a cell means, one by one; what could mean two things is an error with a reason."""

import datetime as dt

import pytest

from accounts.roster import values
from accounts.roster.columns import is_id_heading, recognise
from accounts.roster.sheets import harmless
from accounts.roster.text import header_name, plain

DATE = {"d": "2024-09-01"}
READ = [
    (values.number, "2023050301", "2023050301"),
    (values.number, 2023050301, "2023050301"),
    (values.number, 2023050301.0, "2023050301"),
    (values.number, "２０２３０５０３０１", "2023050301"),
    (values.number, " 2023 050301\u200b", "2023050301"),
    (values.number, "Ｔ２００１", "T2001"),
    (values.number, "0012345", "0012345"),
    (values.name, "张 三", "张三"),
    (values.name, "　张三　", "张三"),
    (values.name, "阿依古丽•买买提", "阿依古丽·买买提"),
    (values.name, "阿依古丽 · 买买提", "阿依古丽·买买提"),
    (values.name, "阿依古丽・买买提", "阿依古丽·买买提"),
    (values.name, "㛃𬱖", "㛃𬱖"),
    (values.name, "𠮷田", "𠮷田"),
    (values.name, "John  Smith", "John Smith"),
    (values.kind, "本科生", "student"),
    (values.kind, "教师", "teacher"),
    (values.gender, "女 ", "female"),
    (values.gender, "M", "male"),
    (values.stage, "中共预备党员", "probationary_member"),
    (values.stage, "积极分子", "activist"),
    (values.grade, 2023, 2023),
    (values.grade, "2023级", 2023),
    (values.grade, "23级", 2023),
    (values.grade, "２０２３", 2023),
    (values.bed, "3", 3),
    (values.bed, 3.0, 3),
    (values.bed, "3号床", 3),
    (values.month, DATE, dt.date(2024, 9, 1)),
    (values.month, "2024.9", dt.date(2024, 9, 1)),
    (values.month, "2024.10", dt.date(2024, 10, 1)),
    (values.month, 2024.9, dt.date(2024, 9, 1)),
    (values.month, 2024.11, dt.date(2024, 11, 1)),
    (values.month, "2024年9月", dt.date(2024, 9, 1)),
    (values.month, "2024-09-15", dt.date(2024, 9, 1)),
    (values.month, 202409, dt.date(2024, 9, 1)),
    (values.month, 20240915, dt.date(2024, 9, 1)),
    (values.day, DATE, dt.date(2024, 9, 1)),
    (values.day, "2024-09-01", dt.date(2024, 9, 1)),
    (values.day, "2024/9/1", dt.date(2024, 9, 1)),
    (values.day, "2024.9.1", dt.date(2024, 9, 1)),
    (values.day, "2024年9月1日", dt.date(2024, 9, 1)),
    (values.day, "２０２４－０９－０１", dt.date(2024, 9, 1)),
    (values.day, 20240901, dt.date(2024, 9, 1)),
    (values.day, "1986-05-04", dt.date(1986, 5, 4)),
    (values.day, "2024-09-01 00:00:00", dt.date(2024, 9, 1)),
    (values.words, "会计学 ", "会计学"),
]
REFUSED = [
    (values.number, "1.2E+11", "科学计数"),
    (values.number, 120000000000, "科学计数"),
    (values.number, 2023.5, "小数点"),
    (values.number, 110101199003072931, "15 位"),
    (values.number, "11010119900307293X", "身份证号"),
    (values.number, "110101900307293", "身份证号"),
    (values.number, DATE, "变成了日期"),
    (values.number, {"e": "#REF!"}, "#REF!"),
    (values.number, {"f": ""}, "这是公式"),
    (values.number, "20#1", "3 到 40 位"),
    (values.number, "1", "3 到 40 位"),
    (values.name, 7, "数字或日期"),
    (values.name, "张3", "有数字"),
    (values.name, "张?", "显示不出来"),
    (values.name, "张\ue000", "显示不出来"),
    (values.name, "长" * 61, "超过 60"),
    (values.gender, "不详", "写男或女"),
    (values.stage, "党员", "预备党员或正式党员"),
    (values.grade, "大一", "入学年份"),
    (values.bed, "13", "1 到 12"),
    (values.month, 2024.1, "1 月还是 10 月"),
    (values.month, "2024", "请写到月"),
    (values.month, "9/10/24", "分不清"),
    (values.month, "2024.13", "没有 2024 年 13 月"),
    (values.day, "2024.9", "请写到日"),
    (values.day, 2024.9, "请写到日"),
    (values.day, 202409, "请写到日"),
    (values.day, "09/10/2024", "分不清年月日"),
    (values.day, "01-02-03", "分不清年月日"),
    (values.day, "2024-02-30", "没有 2024 年 2 月 30 日"),
    (values.day, "1024-02-03", "1024 年不对"),
    (values.words, "11010119900307293X", "身份证号"),
    (values.words, {"e": "#N/A"}, "#N/A"),
]  # fmt: skip


@pytest.mark.parametrize(("read", "cell", "value"), READ)
def test_read(read, cell, value):
    assert read(cell) == value


@pytest.mark.parametrize(("read", "cell", "reason"), REFUSED)
def test_refused(read, cell, reason):
    with pytest.raises(ValueError, match=reason):
        read(cell)


@pytest.mark.parametrize("heading", ["学 号", "学号（必填）", "*学号*", "学号：", "【学号】学号", "学\n号"])
def test_headings_in_many_dresses(heading):
    assert header_name(heading) == "学号"


def test_the_likelier_heading_wins():
    assert recognise(["编号", "学号", "姓名"]) == ({"number": 1, "name": 2}, [])
    assert recognise(["学号", "学号"])[1] == ["number"]


def test_id_headings():
    assert all(map(is_id_heading, ["身份证", "身份证号码", "公民身份号码", "证件号", "ID Number"]))
    assert not any(map(is_id_heading, ["学号", "身份", "人员编号", "证书"]))


def test_plain_text_keeps_what_is_written():
    assert plain("Ａ１　·\u200f㛃\t𬱖") == "A1 ·㛃 𬱖"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_csv_cell_starts_a_formula(start):
    assert harmless(f"{start}1+1") == f"'{start}1+1"
    assert harmless(-5) == -5
