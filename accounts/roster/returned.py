"""The uploaded workbook once more, with a column of problems and red cells.

Like reading it happens in a process of its own: ``python -m accounts.roster.returned FILE`` takes the problems as
JSON and answers with the workbook. What was a formula comes back as the value it had.
"""

import csv
import io
import json
import resource
import sys
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill

from accounts.roster.archive import check_archive, kind_of
from accounts.roster.columns import BY_KEY
from accounts.roster.limits import LAST_COLUMN, MEGABYTE
from accounts.roster.text import decoded

MEMORY = 768 * MEGABYTE
CPU_SECONDS = 60
RED = PatternFill("solid", fgColor="F8D7DA")
PROBLEMS = "问题"
_POSITIONS = {column.label: column.key for column in BY_KEY.values()}


def mark(path: Path, layout: dict, problems: dict[str, list]) -> bytes:
    """``layout`` as ``RosterImport.layout``; ``problems``: line → pairs of column label and sentence."""
    book = _opened(path)
    sheet: Any = book[layout["sheet"]] if layout["sheet"] in book.sheetnames else book.active
    place = min(sheet.max_column, LAST_COLUMN) + 1
    heading = sheet.cell(layout["header_line"], place, PROBLEMS)
    heading.font = Font(bold=True)
    sheet.column_dimensions[heading.column_letter].width = 60
    for line, found in problems.items():
        _mark_line(sheet, int(line), place, found, layout["positions"])
    for row in sheet.iter_rows(max_col=place):
        for cell in row:
            if cell.data_type == "f":
                cell.data_type = "s"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _mark_line(sheet: Any, line: int, place: int, found: list, positions: dict[str, int]) -> None:
    for label, _ in found:
        position = positions.get(_POSITIONS.get(label, ""))
        if position is not None and type(sheet.cell(line, position + 1)).__name__ == "Cell":
            sheet.cell(line, position + 1).fill = RED
    cell = sheet.cell(line, place, "\n".join(f"{label}：{sentence}" for label, sentence in found))
    cell.alignment = Alignment(wrap_text=True, vertical="top")


def _opened(path: Path) -> Workbook:
    if kind_of(path) == "xlsx":
        check_archive(path)
        with path.open("rb") as file:
            return load_workbook(file, data_only=True, keep_links=False)
    book = Workbook()
    sheet: Any = book.active
    text = decoded(path.read_bytes())
    first_line = text.partition("\n")[0]
    for row in csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first_line.count)):
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", value) for value in row])
    return book


def main(path: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    order = json.load(sys.stdin)
    sys.stdout.buffer.write(mark(path, order["layout"], order["problems"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
