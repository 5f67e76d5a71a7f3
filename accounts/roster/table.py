"""Finding the roster in a grid of cells: where the headings are, which columns count, what must be told.

A cell is plain JSON so that it can travel between processes: text, a number, a date as ``{"d": "2024-09-01"}``,
an error as ``{"e": "#REF!"}``, a formula without a stored result as ``{"f": ""}``, or None.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from accounts.roster.columns import BY_KEY, ID_NUMBER_REASON, is_id_heading, recognise
from accounts.roster.limits import MAX_ROWS, MAX_TEXT, Refused
from accounts.roster.text import squeezed

Cell = Any
Row = tuple[int, list[Cell]]

_HEADER_WITHIN = 30  # rows
_ID_NUMBER = re.compile(r"\d{6}((?:19|20)\d{2})(\d{2})(\d{2})\d{3}[\dX]")
_OLD_ID_NUMBER = re.compile(r"\d{6}(\d{2})(\d{2})(\d{2})\d{3}")


@dataclass
class Table:
    """What was read: ``rows`` of (line, cell per column), ``columns`` by key, ``notes`` for the person."""

    columns: list[str]
    rows: list[tuple[int, list[Cell]]]
    notes: list[str] = field(default_factory=list)
    sheet: str = ""
    header_line: int = 0
    positions: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict:
        return asdict(self)


def letter(position: int) -> str:
    """The letter of a column counted from 0."""
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(65 + rest) + name
    return name


def find_table(grid: list[Row]) -> Table | None:
    """The roster in ``grid``, or None when no row looks like its headings. Raises ``Refused`` for ID numbers."""
    header = _find_header(grid)
    if header is None:
        return None
    index, depth, headings = header
    positions, doubled = recognise(headings)
    _refuse_id_headings(headings)
    if doubled:
        labels = "、".join(BY_KEY[key].label for key in doubled)
        raise Refused(f"有两列都像“{labels}”，分不清用哪一列。请删掉或改名其中一列。")
    body = [row for row in grid[index + depth :] if any(_has_content(cell) for cell in row[1])]
    if len(body) > MAX_ROWS:
        raise Refused(f"表格有 {len(body):,} 行，一次最多 {MAX_ROWS:,} 行。请分成几个文件。")
    _refuse_id_values(headings, body, set(positions.values()))
    columns = sorted(positions, key=positions.__getitem__)
    return Table(
        columns=columns,
        rows=[(line, [_at(cells, positions[key]) for key in columns]) for line, cells in body],
        notes=[
            *_ignored_note(headings, body, set(positions.values())),
            *_gap_note(grid, index + depth, body),
        ],
        header_line=grid[index + depth - 1][0],
        positions=positions,
    )


def looks_like_id_number(text: str) -> bool:
    """Whether ``text`` has the form of an identity number with a birthday inside, whole or damaged by Excel."""
    compared = squeezed(text).upper()
    if found := _ID_NUMBER.fullmatch(compared):
        return _is_day(int(found[1]), int(found[2]), int(found[3]))
    if found := _OLD_ID_NUMBER.fullmatch(compared):
        return _is_day(1900 + int(found[1]), int(found[2]), int(found[3]))
    return False


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        return date(year, month, day).year <= 2100
    except ValueError:
        return False


def _find_header(grid: list[Row]) -> tuple[int, int, list[str]] | None:
    """The row (or two rows) with the most known headings: index, depth, headings. The number is a must."""
    best: tuple[int, int, int, list[str]] | None = None
    for index in range(min(_HEADER_WITHIN, len(grid))):
        for depth, headings in _candidates(grid, index):
            positions, _ = recognise(headings)
            if "number" in positions and len(positions) >= 2 and (best is None or len(positions) > best[0]):
                best = (len(positions), index, depth, headings)
    return best and best[1:]


def _candidates(grid: list[Row], index: int) -> Iterator[tuple[int, list[str]]]:
    upper = [_text(cell) for cell in grid[index][1]]
    yield 1, upper
    if index + 1 < len(grid):
        lower = [_text(cell) for cell in grid[index + 1][1]]
        width = max(len(upper), len(lower))
        pairs = zip(_padded(upper, width), _padded(lower, width), strict=True)
        merged = [below if recognise([below])[0] else above for above, below in pairs]
        # a second heading row never holds a digit-only cell; a row of data usually does
        if not any(re.fullmatch(r"[\d.]+", text) for text in lower):
            yield 2, merged


def _padded(texts: list[str], width: int) -> list[str]:
    return texts + [""] * (width - len(texts))


def _text(cell: Cell) -> str:
    return "" if cell is None or isinstance(cell, dict) else str(cell)


def _at(cells: list[Cell], position: int) -> Cell:
    return cells[position] if position < len(cells) else None


def _has_content(cell: Cell) -> bool:
    return cell is not None and not (isinstance(cell, str) and not squeezed(cell))


def _refuse_id_headings(headings: list[str]) -> None:
    for position, text in enumerate(headings):
        if is_id_heading(text):
            raise Refused(f"{letter(position)} 列是“{text.strip()[:20]}”。{ID_NUMBER_REASON}")


def _refuse_id_values(headings: list[str], body: list[Row], known: set[int]) -> None:
    """ID numbers under another name: any in a column we do not read, most of a column we do."""
    found: Counter[int] = Counter()
    for _, cells in body:
        found.update(
            position
            for position, cell in enumerate(cells)
            if _text(cell) and looks_like_id_number(_text(cell))
        )
    for position, count in found.items():
        if position not in known or count > len(body) / 2:
            raise Refused(f"{letter(position)} 列里像是身份证号。{ID_NUMBER_REASON}")


def _ignored_note(headings: list[str], body: list[Row], known: set[int]) -> list[str]:
    ignored = [
        text.strip()[:12] for position, text in enumerate(headings) if position not in known and text.strip()
    ]
    return [f"这几列没有读取：{'、'.join(ignored[:20])}。"] if ignored else []


def _gap_note(grid: list[Row], start: int, body: list[Row]) -> list[str]:
    if not body:
        return []
    first = grid[start][0] if start < len(grid) else 0
    gaps = body[-1][0] - first + 1 - len(body)
    return [f"跳过了 {gaps} 个空行。"] if gaps > 0 else []


def too_long(cell: Cell) -> bool:
    return isinstance(cell, str) and len(cell) > MAX_TEXT
