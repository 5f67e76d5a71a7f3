"""What an uploaded roster would change, line by line, before anything is written."""

from collections.abc import Iterator
from typing import Any

import tablib

from accounts.models import RosterImport, RosterRow
from accounts.roster.columns import BY_KEY
from accounts.roster.facts import Facts
from accounts.roster.person import difference, picture
from accounts.roster.resource import RosterResource
from accounts.roster.scope import Scope
from accounts.roster.table import Table

CHUNK = 500  # lines planned with one set of queries


def plan(roster: RosterImport, table: Table) -> Iterator[list[RosterRow]]:
    """The unsaved rows of ``roster``, a chunk at a time; the number of queries is fixed per chunk."""
    resource = RosterResource(Scope(roster.by), Facts(table), roster.branch)
    headers = ["line", *table.columns]
    for start in range(0, len(table.rows), CHUNK):
        lines = table.rows[start : start + CHUNK]
        dataset = tablib.Dataset(*([line, *cells] for line, cells in lines), headers=headers)
        result = resource.import_data(dataset, dry_run=True, raise_errors=False)
        for error in result.base_errors:
            raise error.error
        yield [
            _row(roster, line, found, dict(zip(table.columns, cells, strict=True)))
            for (line, cells), found in zip(lines, result.rows, strict=True)
        ]


def _row(roster: RosterImport, line: int, found: Any, cells: dict) -> RosterRow:
    for error in found.errors:
        raise error.error
    row = RosterRow(
        roster=roster, line=line, number=_shown(cells.get("number"), 40), name=_shown(cells.get("name"), 60)
    )
    if found.validation_error:
        row.state = RosterRow.State.ERROR
        row.errors = _errors(found.validation_error.message_dict)
        return row
    person = found.instance
    row.number, row.name, row.person_id = person.number, person.name, person.pk
    row.notes, row.needs_attention = person.remarks, person.attention
    row.changes = difference(person.before, picture(person))
    row.state = _state(found, row)
    return row


def _state(found: Any, row: RosterRow) -> str:
    if row.person_id is None:
        return RosterRow.State.NEW
    return RosterRow.State.CHANGED if row.changes else RosterRow.State.SAME


def _errors(messages: dict[str, list[str]]) -> list[list[str]]:
    """Pairs of column label and sentence, in the order of the template."""
    order = list(BY_KEY)
    return [
        [BY_KEY[key].label, sentence]
        for key in sorted(messages, key=order.index)
        for sentence in messages[key]
    ]


def _shown(cell: Any, width: int) -> str:
    """The start of a cell as it stood there, so that its owner can find the line again."""
    if cell is None:
        return ""
    return (next(iter(cell.values())) if isinstance(cell, dict) else str(cell))[:width]
