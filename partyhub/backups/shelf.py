"""Where archives stand, which of them stay, and which was last proved by restoring it."""

import datetime as dt
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.utils import timezone

KEEP: list[tuple[Callable[[dt.datetime], object], int]] = [
    (lambda at: at.date(), 7),
    (lambda at: at.isocalendar()[:2], 5),
    (lambda at: (at.year, at.month), 12),
]
_NAME = re.compile(r"partyhub-.+-(\d{8}T\d{6}Z)\.tar(\.sealed)?")


def shelf() -> Path:
    """The folder of the archives, readable by its owner only."""
    folder = Path(settings.BACKUP_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def archives() -> dict[Path, dt.datetime]:
    """Every finished archive and its UTC time, newest first."""
    found = {path: match[1] for path in shelf().iterdir() if (match := _NAME.fullmatch(path.name))}
    times = {
        path: dt.datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
        for path, text in found.items()
    }
    return dict(sorted(times.items(), key=lambda item: item[1], reverse=True))


def worth_keeping(times: list[dt.datetime]) -> set[dt.datetime]:
    """The newest of each of the last 7 days, 5 weeks and 12 months that have a backup at all."""
    kept: set[dt.datetime] = set()
    for period, count in KEEP:
        newest: dict[object, dt.datetime] = {}
        for at in sorted(times, reverse=True):
            newest.setdefault(period(timezone.localtime(at)), at)
        kept.update(list(newest.values())[:count])
    return kept


def tidy(*, after: Path) -> list[Path]:
    """Remove what is not worth keeping, now that the archive ``after`` is complete; that one stays in any case."""
    found = archives()
    kept = worth_keeping(list(found.values()))
    gone = [path for path, at in found.items() if at not in kept and path != after]
    for path in gone:
        path.unlink()
    return gone


def note_verified(archive: Path) -> None:
    """Remember that ``archive`` was restored into a scratch database and found whole."""
    part = shelf() / f".verified.{os.getpid()}"
    part.write_text(json.dumps({"archive": archive.name, "at": timezone.now().isoformat()}), encoding="utf-8")
    part.replace(shelf() / "verified.json")


def last_verified() -> dt.datetime | None:
    """When a backup was last proved by restoring it: the only kind that counts as a backup."""
    try:
        noted = json.loads((shelf() / "verified.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return dt.datetime.fromisoformat(noted["at"])
