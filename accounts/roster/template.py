"""The workbook people fill in."""

from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from accounts.models import Branch, User
from accounts.roster.columns import BY_KEY, COLUMNS
from accounts.roster.limits import MAX_ROWS
from accounts.roster.scope import Scope
from accounts.roster.sheets import HEADING, saved
from accounts.rules import takes_people

NOTE = (
    "一人一行，从第 4 行开始填；第 3 行是示例，请删掉。空着的格子不会改动原来的内容。"
    "平台不收身份证号、电话和住址，请不要加这些列。不要填涉密内容。"
)
HEADER_LINE = 2


def template_workbook(user: User) -> bytes:
    """An empty roster: a line of advice, headings with comments, an example, lists to choose from.

    The lists hold only branches ``user`` may import into.
    """
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "名册"
    sheet.append([NOTE])
    sheet.append([column.label for column in COLUMNS])
    branches = _branches(user)
    example = {column.key: column.example for column in COLUMNS}
    example["party"] = branches["party"][0].name if branches["party"] else ""
    sheet.append([example[column.key] for column in COLUMNS])
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(COLUMNS))
    sheet["A1"].alignment = Alignment(wrap_text=True, vertical="center")
    sheet.row_dimensions[1].height = 36
    sheet.freeze_panes = sheet.cell(HEADER_LINE + 1, 3)
    for index, column in enumerate(COLUMNS, 1):
        _dress(sheet, index, column)
    _lists(book, sheet, branches)
    return saved(book)


def _dress(sheet, index, column) -> None:
    heading = sheet.cell(HEADER_LINE, index)
    heading.font, heading.fill = Font(bold=True), HEADING
    if column.hint:
        heading.comment = Comment(column.hint, "平台", width=220, height=80)
    sheet.column_dimensions[get_column_letter(index)].width = max(12, 2 * len(column.label) + 4)
    sheet.column_dimensions[get_column_letter(index)].number_format = "@"
    for line in range(HEADER_LINE + 1, HEADER_LINE + 301):
        sheet.cell(line, index).number_format = "@"


def _branches(user: User) -> dict[str, list[Branch]]:
    allowed = sorted(Scope(user).branches.values(), key=lambda branch: (branch.position, branch.pk))
    return {
        side: [branch for branch in allowed if takes_people(branch, side)]
        for side in ("party", "group", "league")
    }


def _lists(book: Workbook, sheet, branches: dict[str, list[Branch]]) -> None:
    """Drop-down lists. Branch names stand on a sheet of their own because a list in a cell ends at 255 characters."""
    lists = book.create_sheet("可选内容")
    options = {column.key: list(column.choices) for column in COLUMNS if column.choices}
    options |= {side: sorted({branch.name for branch in found}) for side, found in branches.items() if found}
    keys = list(BY_KEY)
    for place, (key, words) in enumerate(options.items(), 1):
        lists.cell(1, place, BY_KEY[key].label).font = Font(bold=True)
        for line, word in enumerate(words, 2):
            lists.cell(line, place, word).data_type = "s"
        letter = get_column_letter(place)
        source = f"'可选内容'!${letter}$2:${letter}${len(words) + 1}"
        choice = DataValidation(type="list", formula1=source, allow_blank=True, showErrorMessage=False)
        column = get_column_letter(keys.index(key) + 1)
        choice.add(f"{column}{HEADER_LINE + 1}:{column}{HEADER_LINE + MAX_ROWS}")
        sheet.add_data_validation(choice)
