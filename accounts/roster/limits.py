"""How big a workbook may be, each limit with the sentence that names it (``reliability.md`` E2)."""

MEGABYTE = 1024 * 1024

MAX_BYTES = 10 * MEGABYTE
MAX_UNPACKED = 30 * MEGABYTE
MAX_RATIO = 100  # unpacked to packed, for parts above one megabyte
MAX_PARTS = 300
MAX_SHEETS = 20
MAX_ROWS = 10_000
LAST_ROW = 15_000
LAST_COLUMN = 100
MAX_CELLS = 300_000
MAX_MERGED = 200_000
MAX_TEXT = 500  # characters in one cell

MEMORY = 256 * MEGABYTE  # address space of the reading process
CPU_SECONDS = 10
WALL_SECONDS = 60


class Refused(Exception):
    """The workbook is not read. The sentence says why and what to do."""
