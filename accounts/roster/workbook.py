"""Reading a workbook in a process of its own: ``python -m accounts.roster.workbook FILE`` prints JSON.

The process has hard limits on memory and time and knows nothing of Django, the database or the network, so that
whatever a file does to it happens to it alone. ``accounts.roster.reading`` starts it.
"""

import csv
import io
import json
import resource
import sys
import zipfile
from collections.abc import Iterable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from defusedxml.common import DefusedXmlException

from accounts.roster.archive import check_archive, kind_of
from accounts.roster.columns import BY_KEY
from accounts.roster.limits import CPU_SECONDS, LAST_COLUMN, LAST_ROW, MAX_SHEETS, MEMORY, Refused
from accounts.roster.scan import Sheet, scan_sheet
from accounts.roster.table import Cell, Row, Table, find_table, letter
from accounts.roster.text import decoded

NO_TABLE = "没有找到名册：要有一行表头，里面有“学号或工号”和“姓名”。可以先下载模板看看。"
BROKEN = "表格的内容看不懂，可能已损坏。请在 Excel 里重新保存一次再上传。"


def read(path: Path) -> Table:
    """The roster in the file at ``path``. Raises ``Refused`` with the reason."""
    if kind_of(path) == "csv":
        return read_csv(path)
    check_archive(path)
    try:
        return read_xlsx(path)
    except DefusedXmlException as error:
        raise Refused("表格里有外部实体或文档类型声明，不像 Excel 保存的表格。") from error
    except MemoryError:
        raise
    except Refused:
        raise
    except Exception as error:  # a parser fed with hostile bytes may raise anything
        print(type(error).__name__, file=sys.stderr)  # noqa: T201 - the parent logs it; no content of the file
        raise Refused(BROKEN) from error


def read_csv(path: Path) -> Table:
    content = path.read_bytes()
    if b"\0" in content:
        raise Refused("这不是 Excel 表格。请上传 .xlsx 或 .csv 文件。")
    text = decoded(content)
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        print(type(error).__name__, file=sys.stderr)  # noqa: T201 - the parent logs it; no content of the file
        raise Refused(BROKEN) from error
    if len(lines) > LAST_ROW:
        raise Refused(f"表格有 {len(lines):,} 行，最多读到第 {LAST_ROW:,} 行。请分成几个文件。")
    if any(len(line) > LAST_COLUMN for line in lines):
        raise Refused(f"表格超过 {LAST_COLUMN} 列。请把多余的列删掉。")
    grid: list[Row] = [(number, [_csv_cell(cell) for cell in line]) for number, line in enumerate(lines, 1)]
    table = find_table(grid)
    if table is None:
        raise Refused(NO_TABLE)
    return table


def _csv_cell(text: str) -> Cell:
    return {"f": ""} if text.startswith("=") else (text or None)


def read_xlsx(path: Path) -> Table:
    from openpyxl import load_workbook

    seen = _scan_sheets(path)
    with path.open("rb") as file:  # a file object: by name openpyxl would judge the extension
        return _read_book(load_workbook(file, read_only=True, data_only=True, keep_links=False), seen)


def _scan_sheets(path: Path) -> dict[str, Sheet]:
    """A first look at every sheet, by the name of its part, before openpyxl touches any of them."""
    with zipfile.ZipFile(path) as archive:
        names = [
            name for name in archive.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")
        ]
        if len(names) > MAX_SHEETS:
            raise Refused(f"文件里有 {len(names)} 张表，最多 {MAX_SHEETS} 张。请只留下名册那一张。")
        found = {}
        for name in names:
            with archive.open(name) as part:
                found[name] = scan_sheet(part)
    return found


def _read_book(book: Any, seen: dict[str, Sheet]) -> Table:
    found: Table | None = None
    others: list[str] = []
    for sheet in book.worksheets:
        is_wanted = sheet.sheet_state == "visible" and found is None
        table = _read_sheet(sheet, seen[sheet._worksheet_path], book.epoch) if is_wanted else None
        if table is None:
            others.append(sheet.title)
        found = found or table
    if found is None:
        raise Refused(NO_TABLE)
    if others:
        found.notes.insert(0, f"读的是“{found.sheet}”，没有读：{'、'.join(others)}。")
    return found


def _read_sheet(sheet: Any, seen: Sheet, epoch: datetime) -> Table | None:
    if not seen.last_row:
        return None
    sheet.reset_dimensions()
    grid: list[Row] = [
        (line, [_cell(cell, seen, epoch) for cell in cells])
        for line, cells in enumerate(sheet.iter_rows(max_row=seen.last_row, max_col=seen.last_column), 1)
    ]
    filled = _fill_merged(grid, seen)
    table = find_table(grid)
    if table is None:
        return None
    table.sheet = sheet.title
    _convert_serials(table, epoch)
    table.notes += _notes(table, seen, filled)
    return table


def _cell(cell: Any, seen: Sheet, epoch: datetime) -> Cell:
    value = cell.value
    if value is None:
        at = (getattr(cell, "row", 0), getattr(cell, "column", 0))
        return {"f": ""} if at in seen.formulas else None
    if cell.data_type == "e":
        return {"e": str(value)[:20]}
    if isinstance(value, datetime | date):
        return {"d": f"{value:%Y-%m-%d}"}
    if isinstance(value, time):
        return {"e": str(value)}
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, cell.number_format)
    return str(value)


def _number(value: float, number_format: str) -> Cell:
    """A number; with the zeros its format shows in front (``0000000000``), which Excel does not store."""
    if value == int(value) and abs(value) < 1e21:
        whole = int(value)
        if len(number_format) > 1 and set(number_format) == {"0"}:
            return str(whole).zfill(len(number_format))
        return whole
    return value


def _fill_merged(grid: list[Row], seen: Sheet) -> list[tuple[int, int, int, int]]:
    """Give every cell of a merged range the value that shows on screen. Returns the ranges that had one."""
    filled = []
    for top, left, bottom, right in seen.merged:
        if top > len(grid) or left > seen.last_column:
            continue
        value = grid[top - 1][1][left - 1] if left <= len(grid[top - 1][1]) else None
        if value is None:
            continue
        filled.append((top, left, bottom, right))
        for _, cells in grid[top - 1 : bottom]:
            for column in range(left - 1, min(right, len(cells))):
                cells[column] = value
    return filled


def _convert_serials(table: Table, epoch: datetime) -> None:
    """Excel's day numbers in a date column whose format was lost: between 1954 and 2100 they are nothing else."""
    from openpyxl.utils.datetime import from_excel

    places = [index for index, key in enumerate(table.columns) if BY_KEY[key].is_date]
    for _, cells in table.rows:
        for place in places:
            value = cells[place]
            if isinstance(value, int) and 20_000 <= value <= 73_050:
                cells[place] = {"d": f"{from_excel(value, epoch):%Y-%m-%d}"}


def _notes(table: Table, seen: Sheet, filled: list[tuple[int, int, int, int]]) -> list[str]:
    lines = {line for line, _ in table.rows}
    notes = []
    if hidden := sorted(seen.hidden & lines):
        notes.append(f"有 {len(hidden)} 个隐藏的行也读了：第 {_listed(hidden)} 行。")
    columns = {position + 1: BY_KEY[key].label for key, position in table.positions.items()}
    formulas = sorted({column for row, column in seen.formulas if row in lines and column in columns})
    notes += [
        f"{letter(column - 1)} 列“{columns[column]}”里有公式，用的是保存时的结果。" for column in formulas
    ]
    notes += [
        f"第 {top}–{bottom} 行的“{columns[left]}”是合并单元格，每行都按这个值读。"
        for top, left, bottom, right in filled
        if left in columns and top in lines and bottom > top
    ][:20]
    return notes


def _listed(numbers: Iterable[int]) -> str:
    shown = [str(number) for number in numbers]
    return "、".join(shown[:20]) + ("等" if len(shown) > 20 else "")


def main(path: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = read(path).as_json()
    except Refused as refusal:
        answer = {"refused": str(refusal)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
