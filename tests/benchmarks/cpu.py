"""Processor time of a server and its database, which says what a request costs whatever else the machine does."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def spent(group: int) -> float:
    """Seconds used so far by the processes of a group and by every PostgreSQL process of this machine."""
    return sum(_seconds(stat) for stat in _stats() if _belongs(stat, group))


def _stats():
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = path.read_text().partition(") ")
        except (FileNotFoundError, ProcessLookupError):
            continue
        yield name.partition("(")[2], rest.split()


def _belongs(stat, group: int) -> bool:
    name, fields = stat
    return int(fields[2]) == group or name.startswith("postgres")


def _seconds(stat) -> float:
    """User and system time of the process and of its children that have ended."""
    return sum(map(int, stat[1][11:15])) / TICKS
