"""Make an archive, prove it, put it back."""

import datetime as dt
import errno
import hashlib
import os
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from core.audit.log import record
from partyhub.backups import BackupError, archive
from partyhub.backups.databases import Contents, database
from partyhub.backups.shelf import archives, note_verified, shelf, tidy


def version() -> str:
    """The version of the installed portal."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def make_backup(*, key: bytes | None = None) -> Path:
    """Write a new archive and return its path; old ones are tidied only when it is complete.

    Safe while people work: the database is copied from one consistent state. Whatever goes wrong leaves every
    older archive in place and no half one.
    """
    driver = database()
    target = _free_name(sealed=key is not None)
    with _workshop() as folder:
        contents = driver.dump(folder / archive.DATABASE)
        part = folder / target.name
        archive.write(
            part,
            database=folder / archive.DATABASE,
            files=Path(settings.PROTECTED_ROOT),
            manifest=_manifest(driver.vendor, contents),
            key=key,
        )
        part.replace(target)
    _sync_folder(target.parent)
    tidy(after=target)
    return target


def _free_name(*, sealed: bool) -> Path:
    at = timezone.now().astimezone(dt.UTC)
    while True:
        name = f"partyhub-{version()}-{at:%Y%m%dT%H%M%SZ}.tar{'.sealed' if sealed else ''}"
        if not (shelf() / name).exists():
            return shelf() / name
        at += dt.timedelta(seconds=1)


def _manifest(vendor: str, contents: Contents) -> dict:
    return {
        "version": version(),
        "made_at": timezone.now().isoformat(),
        "database": vendor,
        "key_fingerprint": _fingerprint(),
        **asdict(contents),
    }


def _fingerprint() -> str:
    """Tells whether the same SECRET_KEY is in use, without telling the key."""
    return hashlib.sha256(b"partyhub backup " + settings.SECRET_KEY.encode()).hexdigest()[:16]


@contextmanager
def _workshop() -> Iterator[Path]:
    """A private folder beside the archives, so that finishing is one rename; gone afterwards in any case."""
    try:
        with tempfile.TemporaryDirectory(prefix=".work-", dir=shelf()) as folder:
            yield Path(folder)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise BackupError("磁盘满了，这次没有做成；以前的备份都还在。") from error
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def newest() -> Path:
    """The latest archive on the shelf."""
    for path in archives():
        return path
    raise BackupError(f"{shelf()} 里还没有备份。")


def prove(path: Path, *, key: bytes | None = None) -> dict:
    """Restore ``path`` into a scratch database, compare everything with its manifest and return that."""
    with _workshop() as folder:
        manifest = archive.unpack(path, folder, key=key)
        _require_same_kind(manifest)
        with database().scratch(folder / archive.DATABASE) as contents:
            _compare(manifest, contents)
    note_verified(path)
    return manifest


def restore(path: Path, *, key: bytes | None = None) -> dict:
    """Put back what ``path`` holds; returns its manifest.

    Nothing is touched before every byte is proved and version, database kind and migrations fit. Afterwards
    nobody is signed in and sending is stopped until an operator resumes it.
    """
    with _workshop() as folder:
        manifest = archive.unpack(path, folder, key=key)
        _require_same_kind(manifest)
        _require_same_version(manifest)
        driver = database()
        if driver.vendor == "sqlite":
            _compare(manifest, driver.inspect(folder / archive.DATABASE))
        driver.restore(folder / archive.DATABASE)
        _put_back_files(folder / "files")
    cache.clear()
    record(None, "core.backup_restored", reason=path.name)
    return manifest


def _require_same_kind(manifest: dict) -> None:
    if manifest["database"] != database().vendor:
        raise BackupError(
            f"这个备份来自 {manifest['database']} 数据库，现在用的是 {database().vendor}，不能直接恢复。什么都没有改动。"
        )


def _require_same_version(manifest: dict) -> None:
    code = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if manifest["version"] != version() or not set(manifest["migrations"]) <= code:
        raise BackupError(
            f"这个备份来自 {manifest['version']} 版，现在是 {version()} 版。"
            f"请先装回 {manifest['version']} 版，恢复以后再升级。什么都没有改动。"
        )


def _compare(manifest: dict, contents: Contents) -> None:
    for name, found in asdict(contents).items():
        if manifest[name] != found:
            raise BackupError(f"恢复出来的数据和清单不一致（{name}），这个备份不能用。")


def _put_back_files(files: Path) -> None:
    """Swap the folders; the files of before go only when the restored ones stand in their place."""
    root = Path(settings.PROTECTED_ROOT)
    files.mkdir(exist_ok=True)
    root.parent.mkdir(parents=True, exist_ok=True)
    fresh, former = root.with_name(f".{root.name}-restored"), root.with_name(f".{root.name}-former")
    for leftover in [fresh, former]:
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.move(files, fresh)
    fresh.chmod(0o700)
    if root.exists():
        root.rename(former)
    fresh.rename(root)
    shutil.rmtree(former, ignore_errors=True)
