"""Our own workbook: a question a row, an option a column. CSV with the same headings is read too.

A fill-in is answered with one part for each blank, set apart by ``；``; the forms accepted in a blank by ``|``. A
backslash before one of these makes it a word.
"""

import csv
import io
import json
import re
import tempfile
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from accounts.roster.reading import run
from accounts.roster.sheets import HEADING, saved, xlsx_bytes
from core.errors import Invalid
from learning.bank.draft import (
    LETTERS,
    MAX_QUESTIONS,
    TRUTHS,
    Draft,
    Kind,
    Reading,
    Refused,
    Written,
    as_letters,
    as_truth,
    narrow,
    one_line,
    refusing,
    tidied,
)
from learning.bank.tags import as_date, difficulty_of
from learning.bank.text import decoded
from learning.bank.workbook import NO_RESULT
from learning.models import Question
from learning.rules.grading import BLANK

TITLE = "题目"
HEADER_WITHIN = 30  # rows
_KINDS = {label: value for value, label in Kind.choices} | {
    "单选题": Kind.SINGLE,
    "单项选择": Kind.SINGLE,
    "单项选择题": Kind.SINGLE,
    "多选题": Kind.MULTIPLE,
    "多项选择": Kind.MULTIPLE,
    "多项选择题": Kind.MULTIPLE,
    "判断题": Kind.TRUE_FALSE,
    "填空题": Kind.FILL,
}
# heading, the field, other headings people write, what to put in
COLUMNS = [
    ("编号", "code", {"题目编号"}, "同一组织里不重复。再次导入时按编号认出同一道题；不填就由平台编。"),
    ("题型", "kind", {"类型", "题目类型"}, "单选、多选、判断或填空。不填就按选项和答案认。"),
    ("题干", "stem", {"题目", "题目内容", "试题", "试题内容"}, "填空题用 ____（四条下划线）标出每个空。"),
    ("答案", "answer", {"正确答案", "参考答案", "标准答案"}, "选择题写字母，例如 B 或 ABD；判断题写 对 或 错；填空题每个空用 ； 隔开，几种写法用 | 隔开，例如 两|2；五。"),
    ("解析", "explanation", {"答案解析", "试题解析"}, "为什么。没有解析的题不能通过审核。"),
    ("依据", "basis", {"出处"}, "例如 党章第七条。"),
    ("分类", "category", {"类别", "知识点"}, "自测按分类抽题。"),
    ("难度", "difficulty", {"难易度"}, "容易、适中或较难，不填是适中。"),
    ("生效日期", "valid_from", {"生效"}, "例如 2026-01-01。"),
    ("失效日期", "valid_until", {"失效"}, "从这一天起不再出这道题。"),
]  # fmt: skip
_FIELDS = {name: field for label, field, others, _ in COLUMNS for name in {label, *others}}
_OPTION = re.compile(r"(?:选项|备选项|答案选项)?\s*([A-T])")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 00:00:00)?")


@refusing
def read(data: bytes, found: Reading) -> None:
    """The questions of a workbook or a CSV file. Never raises; what cannot be taken is a problem with its row."""
    for rows in _csv(data) if not data.startswith(b"PK") else _sheets(data):
        if (header := _header(rows)) is not None:
            _take_rows(rows[header[0] + 1 :], header[1], found)
            return
    raise Refused(1, "没有找到题目：要有一行表头，里面有“题干”和“答案”。可以先下载模板看看。")


def _sheets(data: bytes) -> list[list]:
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        file.write(data)
        file.flush()
        try:
            answer = json.loads(run("learning.bank.workbook", file.name))
        except Invalid as refusal:
            raise Refused(1, str(refusal)) from refusal
    if "refused" in answer:
        raise Refused(1, answer["refused"])
    return answer["sheets"]


def _csv(data: bytes) -> list[list]:
    text = decoded(data)
    first_line = text.lstrip().partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first_line.count))
    rows = []
    try:
        for cells in reader:
            rows.append([reader.line_num, [_bare(cell) for cell in cells[:100]]])
    except csv.Error as error:
        raise Refused(reader.line_num, "这一行不像 CSV，读不下去。") from error
    return [rows]


def _bare(cell: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from taking it for a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in set("=+-@＝＋－＠\t\n") else cell


def _header(rows: list) -> tuple[int, dict[str, int]] | None:
    """The place of the headings, and the column of every field; an option is a field by its letter."""
    for place, (_, cells) in enumerate(rows[:HEADER_WITHIN]):
        columns: dict[str, int] = {}
        for column, cell in enumerate(cells):
            name = re.sub(r"[\s*＊]|[(（].*?[)）]", "", cell)
            option = _OPTION.fullmatch(narrow(name).upper())
            field = _FIELDS.get(name) or (option[1] if option else "")
            if field and field not in columns:
                columns[field] = column
        if {"stem", "answer"} <= columns.keys():
            return place, columns
    return None


def _take_rows(rows: list, columns: dict[str, int], found: Reading) -> None:
    for line, cells in rows:
        values = {
            field: cells[column].strip() if column < len(cells) else "" for field, column in columns.items()
        }
        if not any(values.values()):
            continue
        if NO_RESULT in values.values():
            found.problem(line, "有一格是公式，文件里没有它的结果。请改成文字。")
            continue
        draft = _draft(values, line)
        if isinstance(draft, str):
            found.problem(line, draft)
        else:
            found.take(draft)


def _draft(values: dict[str, str], line: int) -> Draft | str:
    """The question of a row, or why it is none."""
    options = [values.get(key, "") for key in LETTERS]
    while options and not options[-1]:
        options.pop()
    kind = _kind(values, options)
    if isinstance(kind, str) and kind not in Kind.values:
        return kind
    answer = _answer(kind, values["answer"], values["stem"])
    if isinstance(answer, str):
        return answer
    valid_from, valid_until = (_date(values.get(name, "")) for name in ("valid_from", "valid_until"))
    if isinstance(valid_from, str) or isinstance(valid_until, str):
        return "日期要写成 2026-01-01 这样。"
    texts = {name: values.get(name, "") for name in ("explanation", "basis", "code", "category")}
    is_choice = kind in {Kind.SINGLE, Kind.MULTIPLE}
    if options and kind == Kind.FILL:
        return "填空题没有选项。"
    return Draft(
        kind=kind,
        stem=values["stem"],
        options=options if is_choice else [],
        answer=answer,
        difficulty=difficulty_of(one_line(values.get("difficulty", ""))),
        valid_from=valid_from,
        valid_until=valid_until,
        line=line,
        **texts,
    )


def _kind(values: dict[str, str], options: list[str]) -> str:
    word = one_line(values.get("kind", ""))
    if word:
        return _KINDS.get(word, f"题型“{word[:20]}”看不懂，要写单选、多选、判断或填空。")
    if options:
        return Kind.SINGLE if len(as_letters(values["answer"])) < 2 else Kind.MULTIPLE
    return Kind.TRUE_FALSE if as_truth(values["answer"]) and not BLANK.search(values["stem"]) else Kind.FILL


def _answer(kind: str, text: str, stem: str) -> list | str:
    if not text.strip():
        return "没有写答案。"
    if kind == Kind.FILL:
        return _blanks(text, len(BLANK.findall(stem)))
    if kind == Kind.TRUE_FALSE:
        key = as_truth(text)
        return [key] if key else f"答案“{text[:20]}”看不懂，判断题写“对”或“错”。"
    return as_letters(text) or f"答案“{text[:20]}”看不懂，要写选项的字母。"


def _blanks(text: str, count: int) -> list[list[str]]:
    parts = _split(text, "；;\n") if count > 1 else [text]
    return [[_plain(form) for form in _split(part, "|｜")] for part in parts]


def _split(text: str, signs: str) -> list[str]:
    """``text`` at ``signs`` that have no backslash before them."""
    parts = [""]
    for sign in re.findall(r"\\.|.", text, re.DOTALL):
        if sign in signs:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def _plain(form: str) -> str:
    return re.sub(r"\\([；;|｜\\])", r"\1", form)


def _date(text: str) -> date | str | None:
    """A day, None for nothing, the empty string for what is no day."""
    if not text:
        return None
    match = _DATE.fullmatch(narrow(text).strip())
    return (as_date(f"{match[1]}-{match[2]:0>2}-{match[3]:0>2}") if match else None) or ""


# Writing


def write(drafts: Iterable[Draft], heading: str = "", now: datetime | None = None) -> Written:
    """A workbook that says ``heading`` above the table; nothing in it is a formula."""
    tidy = [tidied(draft) for draft in drafts]
    letters = LETTERS[: max([4, *(len(draft.options) for draft in tidy)])]
    before, after = COLUMNS[:3], COLUMNS[3:]
    headings = (
        [label for label, *_ in before] + [f"选项{key}" for key in letters] + [label for label, *_ in after]
    )
    content = xlsx_bytes(
        title=TITLE,
        watermark=heading,
        headings=headings,
        rows=(_row(draft, len(letters)) for draft in tidy),
        now=now or timezone.localtime(),
    )
    return Written(content)


def _row(draft: Draft, options: int) -> list[str]:
    padded = [*draft.options, *[""] * (options - len(draft.options))]
    return [
        draft.code,
        Kind(draft.kind).label,
        draft.stem,
        *padded,
        _written_answer(draft),
        draft.explanation,
        draft.basis,
        draft.category,
        Question.Difficulty(draft.difficulty).label,
        *(f"{day:%Y-%m-%d}" if day else "" for day in (draft.valid_from, draft.valid_until)),
    ]


def _written_answer(draft: Draft) -> str:
    if draft.kind == Kind.FILL:
        return "；".join(
            "|".join(re.sub(r"([；;|｜\\])", r"\\\1", form) for form in forms) for forms in draft.answer
        )
    if draft.kind == Kind.TRUE_FALSE:
        return TRUTHS[draft.answer[0]]
    return "".join(draft.answer)


EXAMPLES = [
    Draft(Kind.SINGLE, "发展党员要有几名介绍人？", ["一名", "两名", "三名"], ["B"], "两名正式党员作介绍人。", "党章第五条", "DZ-001", "党章"),
    Draft(Kind.MULTIPLE, "下面哪些是党员的权利？", ["表决权", "选举权", "随时休假"], ["A", "B"], "见党章第四条。", "党章第四条", "DZ-002", "党章"),
    Draft(Kind.TRUE_FALSE, "预备党员有表决权。", [], ["F"], "预备党员没有表决权、选举权和被选举权。", "党章第七条", "DZ-003", "党章"),
    Draft(Kind.FILL, "预备期为 ____ 年，介绍人要 ____ 名。", [], [["一", "1"], ["两", "2"]], "预备期一年，介绍人两名。", "党章第七条", "DZ-004", "党章"),
]  # fmt: skip


def template() -> bytes:
    """An empty table with hints at its headings and lists to choose from, and a sheet of examples."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = TITLE
    hints = {label: hint for label, _, _, hint in COLUMNS}
    headings = [*list(hints)[:3], *(f"选项{key}" for key in LETTERS[:6]), *list(hints)[3:]]
    sheet.append(headings)
    for index, name in enumerate(headings, 1):
        cell = sheet.cell(1, index)
        cell.font, cell.fill = Font(bold=True), HEADING
        column = sheet.column_dimensions[get_column_letter(index)]
        column.width, column.number_format = {"题干": 48, "解析": 36}.get(name, 14), "@"
        if name in hints:
            cell.comment = Comment(hints[name], "平台", width=240, height=90)
    _choose(sheet, headings, "题型", Kind.labels)
    _choose(sheet, headings, "难度", Question.Difficulty.labels)
    sheet.freeze_panes = "A2"
    _add_examples(book, headings, hints)
    return saved(book)


def _choose(sheet: Any, headings: list[str], name: str, words: list) -> None:
    choice = DataValidation(
        type="list", formula1=f'"{",".join(map(str, words))}"', allow_blank=True, showErrorMessage=False
    )
    column = get_column_letter(headings.index(name) + 1)
    choice.add(f"{column}2:{column}{MAX_QUESTIONS + 1}")
    sheet.add_data_validation(choice)


def _add_examples(book: Workbook, headings: list[str], hints: dict[str, str]) -> None:
    sheet: Any = book.create_sheet("填写说明")
    sheet.append(headings)
    for draft in EXAMPLES:
        sheet.append(_row(draft, 6))
    sheet.append([])
    for name, hint in hints.items():
        sheet.append([name, hint])
    for index, name in enumerate(headings, 1):
        sheet.cell(1, index).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(index)].width = {"题干": 48, "解析": 36}.get(name, 14)
    for row in sheet.iter_rows():
        for cell in row:
            cell.alignment = Alignment(vertical="top")
