"""What only the whole file can tell about one of its lines."""

from collections import Counter, defaultdict

from accounts.roster import values
from accounts.roster.table import Table
from accounts.roster.text import squeezed


class Facts:
    """Numbers and names that occur twice, the usual length of a number, and who claims which bed."""

    def __init__(self, table: Table) -> None:
        self.lines: dict[str, list[int]] = defaultdict(list)
        self.homonyms: dict[str, list[int]] = defaultdict(list)
        self.beds: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self.moving: set[str] = set()
        lengths: Counter[int] = Counter()
        for line, cells in table.rows:
            row = dict(zip(table.columns, cells, strict=True))
            number = _read(values.number, row.get("number"))
            if not number:
                continue
            self.lines[number].append(line)
            lengths[len(number)] += 1
            if name := _read(values.name, row.get("name")):
                self.homonyms[name].append(line)
            if bed := bed_of(row):
                self.beds[bed].append(line)
                self.moving.add(number)
        self.usual_length = lengths.most_common(1)[0][0] if lengths else 0


def bed_of(row: dict) -> tuple[str, ...] | None:
    """Building, room and bed of a row as compared texts; None unless all three are there."""
    cells = [row.get(key) for key in ("building", "room", "bed")]
    if any(values.is_blank(cell) or isinstance(cell, dict) for cell in cells):
        return None
    return tuple(squeezed(str(cell)).removesuffix("号床").removesuffix("床") for cell in cells)


def _read(read, cell) -> str:
    if values.is_blank(cell):
        return ""
    try:
        return read(cell)
    except ValueError:
        return ""
