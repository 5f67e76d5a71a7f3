"""A first look at one sheet: counts, hidden rows, formulas and merged ranges, without building any cell.

openpyxl has no limits of its own; what this pass lets through it can load in bounded time and memory.
"""

import re
from dataclasses import dataclass, field
from typing import IO
from xml.sax.handler import ContentHandler

from defusedxml.sax import parse

from accounts.roster.limits import LAST_COLUMN, LAST_ROW, MAX_CELLS, MAX_MERGED, MAX_ROWS, Refused

_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")


def position(reference: str) -> tuple[int, int]:
    """Row and column, from 1, of a reference such as ``B7``."""
    found = _REFERENCE.fullmatch(reference)
    if not found:
        raise Refused("表格里有看不懂的单元格位置，不像 Excel 保存的表格。")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]), column


@dataclass
class Sheet:
    """What the first look found. ``last_row`` and ``last_column`` bound the cells that hold something."""

    last_row: int = 0
    last_column: int = 0
    hidden: set[int] = field(default_factory=set)
    formulas: set[tuple[int, int]] = field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)


class _Handler(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.sheet = Sheet()
        self.row = self.column = self.cells = self.rows = 0
        self.row_has_content = False

    def startElement(self, name, attrs):  # noqa: N802 - the name is SAX's
        handle = getattr(self, f"on_{name.rpartition(':')[2]}", None)
        if handle:
            handle(attrs)

    def on_row(self, attrs):
        self.row = int(attrs["r"]) if "r" in attrs else self.row + 1
        self.column = 0
        self.row_has_content = False
        if attrs.get("hidden") in {"1", "true"}:
            self.sheet.hidden.add(self.row)

    def on_c(self, attrs):
        self.cells += 1
        if self.cells > MAX_CELLS:
            raise Refused(
                f"表格里的单元格超过 {MAX_CELLS:,} 个（带格式的空格子也算）。请只留下要导入的数据。"
            )
        self.row, self.column = position(attrs["r"]) if "r" in attrs else (self.row, self.column + 1)

    def on_f(self, attrs):
        self.sheet.formulas.add((self.row, self.column))

    def on_v(self, attrs):
        if not self.row_has_content:
            self.row_has_content = True
            self.rows += 1
        if self.rows > MAX_ROWS + 50:
            raise Refused(f"表格超过 {MAX_ROWS:,} 行，一次最多 {MAX_ROWS:,} 行。请分成几个文件。")
        if self.row > LAST_ROW:
            raise Refused(f"第 {self.row} 行还有内容，最多读到第 {LAST_ROW:,} 行。请把多余的格子清掉。")
        if self.column > LAST_COLUMN:
            raise Refused(f"第 {self.column} 列还有内容，最多读 {LAST_COLUMN} 列。请把多余的格子清掉。")
        self.sheet.last_row = max(self.sheet.last_row, self.row)
        self.sheet.last_column = max(self.sheet.last_column, self.column)

    on_is = on_v

    def on_mergeCell(self, attrs):  # noqa: N802 - the name is the file format's
        first, _, last = attrs["ref"].partition(":")
        top, left = position(first)
        bottom, right = position(last or first)
        self.sheet.merged.append((top, left, bottom, right))
        if (bottom - top + 1) * (right - left + 1) > MAX_MERGED:
            raise Refused(f"合并单元格的范围太大，最多 {MAX_MERGED:,} 格。请取消合并再上传。")
        if len(self.sheet.merged) > MAX_ROWS:
            raise Refused(f"合并单元格超过 {MAX_ROWS:,} 处。请取消合并再上传。")


def scan_sheet(source: IO[bytes]) -> Sheet:
    """Look through one sheet part. Raises ``Refused`` at the first limit, ``defusedxml`` errors for entities."""
    handler = _Handler()
    parse(source, handler, forbid_dtd=True)
    return handler.sheet
