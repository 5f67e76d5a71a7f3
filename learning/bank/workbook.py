"""Reading a workbook in a process of its own: ``python -m learning.bank.workbook FILE`` prints its rows as JSON.

Limits and checks are those of rosters (``accounts.roster``): whatever a file does to this process happens to it
alone. Nothing here knows Django.
"""

import json
import resource
import sys
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

from defusedxml.common import DefusedXmlException

from accounts.roster.archive import check_archive, kind_of
from accounts.roster.limits import CPU_SECONDS, MAX_SHEETS, MEMORY, Refused
from accounts.roster.scan import Sheet, scan_sheet

BROKEN = "表格的内容看不懂，可能已损坏。请在 Excel 里重新保存一次再上传。"
NO_RESULT = "\x00公式"  # a formula whose result the file does not hold


def read(path: Path) -> list[list]:
    """The visible sheets, each a list of (row, texts of its cells). Raises ``Refused`` with the reason."""
    if kind_of(path) != "xlsx":
        raise Refused("这不是 Excel 表格。请上传 .xlsx 文件。")
    check_archive(path)
    try:
        return _sheets(path)
    except DefusedXmlException as error:
        raise Refused("表格里有外部实体或文档类型声明，不像 Excel 保存的表格。") from error
    except (MemoryError, Refused):
        raise
    except Exception as error:  # a parser fed with hostile bytes may raise anything
        print(type(error).__name__, file=sys.stderr)  # noqa: T201 - the parent logs it; no content of the file
        raise Refused(BROKEN) from error


def _sheets(path: Path) -> list[list]:
    from openpyxl import load_workbook

    seen = _scanned(path)
    with path.open("rb") as file:  # a file object: by name openpyxl would judge the extension
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheets: list[Any] = book.worksheets  # the stubs do not know where a read-only sheet lies
        return [
            _rows(sheet, seen[sheet._worksheet_path]) for sheet in sheets if sheet.sheet_state == "visible"
        ]


def _scanned(path: Path) -> dict[str, Sheet]:
    """A first look at every sheet, by the name of its part, before openpyxl touches any of them."""
    with zipfile.ZipFile(path) as archive:
        names = [
            name for name in archive.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")
        ]
        if len(names) > MAX_SHEETS:
            raise Refused(f"文件里有 {len(names)} 张表，最多 {MAX_SHEETS} 张。")
        found = {}
        for name in names:
            with archive.open(name) as part:
                found[name] = scan_sheet(part)
    return found


def _rows(sheet: Any, seen: Sheet) -> list:
    if not seen.last_row:
        return []
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=seen.last_row, max_col=seen.last_column)
    return [[line, [_text(cell, seen) for cell in cells]] for line, cells in enumerate(rows, 1)]


def _text(cell: Any, seen: Sheet) -> str:
    value = cell.value
    if value is None:
        at = (getattr(cell, "row", 0), getattr(cell, "column", 0))
        return NO_RESULT if at in seen.formulas else ""
    if isinstance(value, datetime | date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def main(path: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer: dict = {"sheets": read(path)}
    except Refused as refusal:
        answer = {"refused": str(refusal)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
