"""Questions as files: what is written is read back, and nothing a person uploads is swallowed (B1, B2)."""

import datetime as dt
import io
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from learning.bank import aiken, excel, gift, moodle_xml, word
from learning.bank.draft import (
    LETTERS,
    MAX_BYTES,
    MAX_QUESTIONS,
    Draft,
    Kind,
    as_letters,
    as_truth,
    problems_of,
    tidied,
)
from learning.bank.formats import FORMATS, guess
from learning.models import Question

BOLD = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
FEW = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])

# Signs of every format, formulas, wide signs, emoji and line ends, besides ordinary text.
NASTY = st.sampled_from(
    [*"{}=~#:\\%[]<>&\"'*|；;｛＝～｝：＃／／＄$@+-_ \n\t，。", "//", "::", "->", "####", "=1+1", "@SUM(A1)", "[html]", "A. ", "答案：", "ANSWER: B", "1. ", "🎉", "\\n", "]]>", "<b>", "&amp;", "%50%", "____"]
)  # fmt: skip
WORDS = st.text("党员发展预备期年月日abcXYZ019 ", max_size=8)
TEXT = st.lists(st.one_of(NASTY, WORDS, st.text(max_size=4)), max_size=8).map("".join)
DAYS = st.none() | st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1))


@st.composite
def drafts(draw):
    """A question that can be taken, in the spelling every format brings back."""
    kind = draw(st.sampled_from(Kind.values))
    stem, options, answer = draw(TEXT), [], []
    if kind == Kind.FILL:
        stem = stem.replace("__", "") + "____" + draw(TEXT).replace("__", "")
        answer = [draw(st.lists(TEXT, min_size=1, max_size=3))]
    elif kind == Kind.TRUE_FALSE:
        answer = [draw(st.sampled_from("TF"))]
    else:
        options = draw(
            st.lists(
                TEXT.map(lambda text: tidied(Draft("single", text)).stem), min_size=2, max_size=6, unique=True
            )
        )
        right = draw(
            st.sets(st.sampled_from(LETTERS[: len(options)]), min_size=1 if kind == Kind.SINGLE else 2)
        )
        answer = sorted(right)[:1] if kind == Kind.SINGLE else sorted(right)
    return tidied(
        Draft(
            kind, stem, options, answer, draw(TEXT), draw(TEXT), draw(TEXT), draw(TEXT),
            draw(st.sampled_from(Question.Difficulty.values)), draw(DAYS), draw(DAYS),
        )
    )  # fmt: skip


GOOD = drafts().filter(lambda draft: not list(problems_of(draft)))
FILES = st.lists(GOOD, min_size=1, max_size=5)


def cells(content):
    sheet = load_workbook(io.BytesIO(content)).active
    return [[(cell.value, cell.data_type) for cell in row] for row in sheet.iter_rows()]


def said(read):
    return [replace(draft, line=0) for draft in read.drafts], [problem.text for problem in read.problems]


@BOLD
@given(FILES)
def test_gift_brings_back_what_it_wrote(questions):
    written = gift.write(questions, "张三导出 2026-11-22")
    read = gift.read(written.content)
    lost = {problem.line for problem in written.lost}
    kept = [draft for place, draft in enumerate(questions, 1) if place not in lost]
    assert said(read) == (kept, [] if kept else ["文件里没有题目。"])
    assert gift.write(read.drafts, "张三导出 2026-11-22").content == written.content


@BOLD
@given(FILES)
def test_moodle_xml_brings_back_what_it_wrote(questions):
    written = moodle_xml.write(questions, "张三 -- 导出")
    read = moodle_xml.read(written.content)
    lost = {problem.line for problem in written.lost}
    kept = [draft for place, draft in enumerate(questions, 1) if place not in lost]
    assert said(read) == (kept, [] if kept else ["文件里没有题目。"])
    assert moodle_xml.write(read.drafts, "张三 -- 导出").content == written.content


@BOLD
@given(FILES)
def test_aiken_brings_back_what_it_can_hold_and_names_the_rest(questions):
    written = aiken.write(questions)
    left_out = {problem.line for problem in written.lost if "没有导出" in problem.text}
    read = aiken.read(written.content)
    kept = [draft for place, draft in enumerate(questions, 1) if place not in left_out]
    assert [(draft.kind, draft.answer, draft.stem) for draft in read.drafts] == [
        (draft.kind, draft.answer, " ".join(draft.stem.split())) for draft in kept
    ]
    assert not kept or read.problems == []
    assert aiken.write(read.drafts).content == written.content
    for place, draft in enumerate(questions, 1):
        if draft != Draft(draft.kind, draft.stem, draft.options, draft.answer):
            assert place in {problem.line for problem in written.lost}


@FEW
@given(FILES)
def test_excel_brings_back_what_it_wrote(questions):
    written = excel.write(questions, "张三导出")
    read = excel.read(written.content)
    assert said(read) == (questions, [])
    assert cells(excel.write(read.drafts, "张三导出").content) == cells(written.content)
    assert "f" not in {kind for row in cells(written.content) for _, kind in row}


@pytest.mark.parametrize("reader", [gift.read, aiken.read, word.read, moodle_xml.read, excel.read])
@BOLD
@given(data=st.binary(max_size=300).filter(lambda data: not data.startswith(b"PK")))
def test_no_bytes_break_a_reader(reader, data):
    read = reader(data)
    assert read.drafts or read.problems
    assert all(problem.line >= 1 for problem in read.problems)


SCRAPS = st.lists(
    st.one_of(
        NASTY,
        WORDS,
        st.sampled_from(
            ["\n\n", "{", "}", "｛", "｝", "~", "=", "～", "＝", "T", "::题::", "A. 甲\n", "B. 乙\n", "ANSWER: A\n", "答案：A\n",
             "1. 题", "（A）", "$CATEGORY: x\n", "<quiz>", "</quiz>", '<question type="multichoice">', "</question>",
             "<questiontext>", "<answer fraction='100'>", "<text>", "</text>", "题干,答案,选项A\n", "一、单选题\n"]
        ),
    ),
    max_size=20,
).map("".join)  # fmt: skip


@pytest.mark.parametrize("reader", [gift.read, aiken.read, word.read, moodle_xml.read, excel.read])
@BOLD
@given(text=SCRAPS)
def test_no_text_breaks_a_reader_and_what_is_taken_can_be_taken(reader, text):
    read = reader(text.encode("utf-8", "replace"))
    assert read.drafts or read.problems
    assert all(list(problems_of(draft)) == [] for draft in read.drafts)
    lines = text.count("\n") + text.count("\r") + 1
    assert all(1 <= entry.line <= lines + 1 for entry in [*read.drafts, *read.problems])
    assert FORMATS[guess(text.encode("utf-8", "replace"))]


@FEW
@given(st.binary(max_size=2000))
def test_no_archive_breaks_the_workbook_reader(data):
    read = excel.read(b"PK\x03\x04" + data)
    assert read.problems


# What people really send


def test_full_width_signs_are_understood_or_refused_with_their_line():
    text = """::一大::中共一大召开于｛＝1921年 ～1919年 ～1922年｝

：：名称：：预备党员有表决权。｛Ｆ｝

年满｛＝十八 ＝18｝岁

哪些对？{～％50％甲 ～％50％乙 ～％－100％丙}

哪些对？{～％50％甲 ～％50％乙 ～丙}

第几次？{=1921～1949 ~1949～1966}

中共一大｛＝1921年～1919年｝

甲｛乙} {=丙 ~丁}
"""
    read = gift.read(text.encode())
    assert [(draft.line, draft.kind, draft.stem, draft.options, draft.answer) for draft in read.drafts] == [
        (1, "single", "中共一大召开于", ["1921年", "1919年", "1922年"], ["A"]),
        (3, "true_false", "预备党员有表决权。", [], ["F"]),
        (5, "fill", "年满____岁", [], [["十八", "18"]]),
        (7, "multiple", "哪些对？", ["甲", "乙", "丙"], ["A", "B"]),
        (9, "multiple", "哪些对？", ["甲", "乙", "丙"], ["A", "B"]),
        (11, "single", "第几次？", ["1921～1949", "1949～1966"], ["A"]),
    ]
    assert [problem.line for problem in read.problems] == [13, 15]
    assert "全角的“～”" in read.problems[0].text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_files_come_in_every_encoding_and_with_every_line_end(encoding, end):
    texts = {
        gift: "预备期一年。{T}\n\n几名介绍人？{=两名 ~一名}\n",
        aiken: "预备期多久？\nＡ．一年\nB) 两年\nANSWER：Ａ\n\n几名？\nA、一名\nB、两名\n答案：B\n",
        word: "1. 预备期多久？（A）\nA.一年 B.两年\n2、几名？\nA．一名\nB．两名\n答案：B\n",
        excel: "题干,答案,选项A,选项B\n预备期多久？,A,一年,两年\n几名？,B,一名,两名\n",
    }
    for module, text in texts.items():
        read = module.read(text.replace("\n", end).encode(encoding))
        assert ([draft.answer for draft in read.drafts], read.problems) in (
            ([["A"], ["B"]], []),
            ([["T"], ["A"]], []),
        )


@pytest.mark.parametrize(
    "text", ["ABD", "A、B、D", "A,B,D", "a b d", "Ａ，Ｂ，Ｄ", "D;B/A", "（ABD）", " A和B和D。"]
)
def test_letters_are_read_however_they_are_listed(text):
    assert as_letters(text) == ["A", "B", "D"]


@pytest.mark.parametrize(
    ("text", "key"),
    [("对", "T"), ("正确", "T"), ("√", "T"), ("T", "T"), ("ＴＲＵＥ", "T"), ("错", "F"), ("错误", "F"), ("×", "F"), ("f", "F"),
     ("不对", "F"), ("也许", ""), ("", "")],
)  # fmt: skip
def test_true_and_false_have_many_names(text, key):
    assert as_truth(text) == key


def test_a_list_pasted_from_word_is_read():
    text = """一、单项选择题（每题 2 分）
1. 党的最高理想和最终目标是（ ）。
A. 实现共产主义  B. 全面小康
C．共同富裕 D、其他
答案：A  解析：见党章总纲。
2、介绍人要几名（ B ）
A．一名 B．两名
二、多项选择题
3．下面哪些对？
A. 甲
B. 乙
C. 丙
【答案】A、C
【解析】甲丙对。
【出处】党章第一条
三、判断题
4. 预备党员有表决权。（×）
四、填空题
5. 预备期为____年，介绍人____名。
答案：一；两/2
6. 没有答案的题
7. 多选写成单选（AB）
A. 甲 B. 乙
答案：A
"""
    read = word.read(text.encode())
    assert [(draft.line, draft.kind, draft.stem, draft.options, draft.answer) for draft in read.drafts] == [
        (
            2,
            "single",
            "党的最高理想和最终目标是（ ）。",
            ["实现共产主义", "全面小康", "共同富裕", "其他"],
            ["A"],
        ),
        (6, "single", "介绍人要几名（ ）", ["一名", "两名"], ["B"]),
        (9, "multiple", "下面哪些对？", ["甲", "乙", "丙"], ["A", "C"]),
        (17, "true_false", "预备党员有表决权。（ ）", [], ["F"]),
        (19, "fill", "预备期为____年，介绍人____名。", [], [["一"], ["两", "2"]]),
    ]
    assert (read.drafts[0].explanation, read.drafts[2].basis) == ("见党章总纲。", "党章第一条")
    assert [(problem.line, problem.text[:6]) for problem in read.problems] == [
        (21, "没有答案：写"),
        (22, "题干括号里的"),
    ]


REFUSED_GIFT = {
    "说明文字，没有答案。": "没有答案",
    "问答题。{}": "问答题",
    "数值题。{#3:2}": "数值题",
    "匹配题。{=甲 -> 乙 =丙 -> 丁}": "匹配题",
    "没有结尾。{=甲": "没有“}”",
    "没有开头。=甲}": "前面没有“{”",
    "::名称 题干{T}": "“::”",
    "两题一行 {T} 又一题 {F}": "空一行",
    "部分给分。{=甲 ~%50%乙 ~丙}": "部分给分",
    "填空部分给分。{=甲 =%50%乙}": "部分给分",
    "合计不对。{~%50%甲 ~%25%乙 ~丙}": "75%",
    "没有正确。{~甲 ~乙}": "没有标出正确答案",
    "两个正确。{=甲 =乙 ~丙}": "有几个“=”",
    "通配符。{=北京*}": "通配符",
    "[html]带图片<img src='x'>{T}": "图片",
}


@pytest.mark.parametrize(("text", "reason"), REFUSED_GIFT.items())
def test_gift_that_cannot_be_taken_says_why_and_where(text, reason):
    read = gift.read(f"// 第一行\n\n好的。{{T}}\n\n{text}\n\n好的。{{F}}".encode())
    assert len(read.drafts) == 2
    assert [problem.line for problem in read.problems] == [5]
    assert reason in read.problems[0].text


def test_gift_keeps_category_feedback_and_escapes():
    text = r"""$CATEGORY: $course$/top/党史/一大

// [id:DS-1] [tag:难度：较难] [tag:依据：党章第一条]
::名称::[html]<p>大括号 \{ \} &lt;是&gt;</p><p>文字</p>{
  =对\=的 # 好
  ~错\~的
  ####总的解析\n第二行
}"""
    (draft,) = gift.read(text.encode()).drafts
    assert draft == Draft(
        "single", "大括号 { } <是>\n文字", ["对=的", "错~的"], ["A"], "总的解析\n第二行\nA：好", "党章第一条", "DS-1",
        "党史/一大", 3, line=4,
    )  # fmt: skip


def quiz(inner):
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n{inner}\n</quiz>'.encode()


REFUSED_XML = {
    '<question type="essay"><questiontext><text>写</text></questiontext></question>': "问答题",
    '<question type="cloze"><questiontext><text>写</text></questiontext></question>': "完形填空题",
    '<question type="new"><questiontext><text>写</text></questiontext></question>': "“new”",
    '<question type="truefalse"></question>': "没有题干",
    '<question type="truefalse"><questiontext><text>&lt;img src="x"&gt;</text></questiontext></question>': "图片",
    '<question type="multichoice"><questiontext><text>选</text></questiontext><answer fraction="x"/></question>': "数字",
    '<question type="multichoice"><questiontext><text>选</text></questiontext><answer fraction="50"/></question>': "部分给分",
}


@pytest.mark.parametrize(("inner", "reason"), REFUSED_XML.items())
def test_xml_that_cannot_be_taken_says_why_and_where(inner, reason):
    (problem,) = moodle_xml.read(quiz(inner)).problems
    assert problem.line == 3
    assert reason in problem.text


def test_xml_with_a_document_type_or_too_deep_is_refused():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><quiz>&a;</quiz>'
    assert "文档类型" in moodle_xml.read(bomb).problems[0].text
    assert "太深" in moodle_xml.read(quiz("<a>" * 60 + "</a>" * 60)).problems[0].text
    (broken,) = moodle_xml.read(b"<quiz>\n<question>\n</quiz>").problems
    assert broken.line == 3


def test_limits_are_told():
    assert "5 MB" in gift.read(b"x" * (MAX_BYTES + 1)).problems[0].text
    read = gift.read("甲。{T}\n\n".encode() * (MAX_QUESTIONS + 1))
    assert len(read.drafts) == MAX_QUESTIONS
    assert (read.problems[0].line, read.problems[0].text) == (
        2 * MAX_QUESTIONS + 1,
        "一次最多 500 题，请分成几个文件。",
    )
    many = "题 {=对 " + " ".join(f"~错{number}" for number in range(20)) + "}"
    assert "2–20 个，现在是 21 个" in gift.read(many.encode()).problems[0].text
    long = f"{'长' * 2001}{{T}}"
    assert gift.read(long.encode()).problems[0].text == "题干最多 2000 字。"


def test_rows_of_a_workbook_name_what_is_wrong_with_them():
    rows = [
        "题型,题干,选项A,选项B,选项C,答案,难度,生效日期",
        "单选,好的,甲,乙,,B,容易,2026/1/5",
        "多选,只有一个,甲,乙,,A,,",
        "单选,没有的选项,甲,乙,,D,,",
        "判断,看不懂,,,,也许,,",
        "填空,没有空,,,,甲,,",
        "填空,两个 ____ 空 ____,,,,甲,,",
        "连线,怪,甲,乙,,A,,",
        "单选,难度不对,甲,乙,,A,特难,",
        "单选,日期不对,甲,乙,,A,,明天",
        "单选,缺一个,甲,,丙,A,,",
        ",自己认,甲,乙,丙,AC,,",
        "单选,,甲,乙,,A,,",
    ]
    read = excel.read("\n".join(rows).encode())
    assert [(draft.line, draft.kind) for draft in read.drafts] == [(2, "single"), (12, "multiple")]
    assert read.drafts[0].valid_from == dt.date(2026, 1, 5)
    assert [problem.line for problem in read.problems] == [3, 4, 5, 6, 7, 8, 9, 10, 11, 13]


def test_the_template_holds_no_question_and_its_examples_are_good():
    assert [problem.text for problem in excel.read(excel.template()).problems] == ["文件里没有题目。"]
    assert [list(problems_of(tidied(draft))) for draft in excel.EXAMPLES] == [[], [], [], []]


def test_formats_are_told_apart_by_content():
    for key, form in FORMATS.items():
        if key != "word":
            assert guess(form.module.write(excel.EXAMPLES).content) == key
    assert guess("1. 题（A）\nA. 甲 B. 乙".encode()) == "word"
    assert guess("题干,答案\n甲,对".encode("gb18030")) == "excel"
