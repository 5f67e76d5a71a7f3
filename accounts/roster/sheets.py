"""Writing tables that people open in Excel: no cell of ours is ever a live formula (``reliability.md`` E4)."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
HEADING = PatternFill("solid", fgColor="F2F2F2")
RED = PatternFill("solid", fgColor="F8D7DA")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def text_cell(sheet: Any, value: Any) -> Any:
    """A cell that is text whatever its first character is."""
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value)
    if isinstance(value, str):
        cell.data_type = "s"
        cell.number_format = "@"
    return cell


def xlsx_bytes(
    *, title: str, watermark: str, headings: Sequence[str], rows: Iterable[Sequence[Any]], now: datetime
) -> bytes:
    """One sheet with the watermark above the headings and in the properties of the file."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for index, heading in enumerate(headings, 1):
        sheet.column_dimensions[get_column_letter(index)].width = max(12, 2 * len(heading) + 4)
    sheet.freeze_panes = "A3"
    sheet.append([text_cell(sheet, watermark)])
    sheet.append([_heading(sheet, heading) for heading in headings])
    for row in rows:
        sheet.append([text_cell(sheet, value) for value in row])
    properties = book.properties
    properties.title, properties.description = title, watermark
    properties.creator = properties.lastModifiedBy = ""
    properties.created = now.replace(tzinfo=None, microsecond=0)
    return saved(book)


def _heading(sheet: Any, text: str) -> Any:
    cell = text_cell(sheet, text)
    cell.font, cell.fill = Font(bold=True), HEADING
    cell.alignment = Alignment(vertical="center")
    return cell


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv_bytes(*, watermark: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """The same as CSV for Excel: UTF-8 with a mark; a cell that could start a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([harmless(watermark)])
    writer.writerow([harmless(heading) for heading in headings])
    writer.writerows([harmless(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def harmless(value: Any) -> Any:
    """A CSV value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(TRIGGERS) else value
