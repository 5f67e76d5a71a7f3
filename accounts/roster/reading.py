"""Have workbooks read and marked by processes that may die of it."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog
from django.conf import settings

from accounts.roster.limits import CPU_SECONDS, MEGABYTE, MEMORY, WALL_SECONDS
from accounts.roster.table import Table
from core.errors import Invalid

log = structlog.get_logger(__name__)

TOO_BIG = f"读这个表格要用的内存超过 {MEMORY // MEGABYTE} MB。请只留下要导入的数据，或分成几个文件。"
TOO_LONG = f"读这个表格用了超过 {CPU_SECONDS} 秒。请只留下要导入的数据，或分成几个文件。"


def read_table(path: str | Path) -> Table:
    """The roster in the file at ``path``. Raises ``Invalid`` with a sentence when it cannot or must not be read."""
    answer = json.loads(run("accounts.roster.workbook", path))
    if "refused" in answer:
        raise Invalid(answer["refused"])
    return Table(**answer)


def marked_workbook(path: str | Path, *, layout: dict, problems: dict[int, list]) -> bytes:
    """The uploaded file with its problems written in. Raises ``Invalid`` when it can no longer be read."""
    order = json.dumps({"layout": layout, "problems": problems}).encode()
    return run("accounts.roster.returned", path, order)


def run(module: str, path: str | Path, order: bytes = b"", folders: Sequence[Path] = ()) -> bytes:
    """What ``python -m module path`` prints, with ``order`` on its input; ``folders`` are searched for it too.

    Raises ``Invalid`` when it does not end well: too long, or too big.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", module, str(path)],
            cwd=settings.BASE_DIR,
            env={"PYTHONUTF8": "1", "PATH": "", "PYTHONPATH": ":".join(map(str, folders))},
            input=order,
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Invalid(TOO_LONG) from error
    if done.stderr:
        log.info("roster_unreadable", error=_last_line(done.stderr))
    if done.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise Invalid(TOO_LONG)
    if done.returncode:
        raise Invalid(TOO_BIG)
    return done.stdout


def _last_line(stderr: bytes) -> str:
    """The kind of error only: its words may repeat the file."""
    lines = stderr.decode(errors="replace").strip().splitlines() or [""]
    return lines[-1].partition(":")[0][:80]
