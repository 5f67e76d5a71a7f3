"""The archive: a tar of ``database``, ``files/…`` and ``manifest.json``, in this order, sealed when there is a key."""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from partyhub.backups import BackupError, sealed_stream

DATABASE = "database"
MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
_BROKEN = "备份损坏或不完整，什么都没有改动。"


def write(part: Path, *, database: Path, files: Path, manifest: dict, key: bytes | None) -> None:
    """Write the archive to ``part``, with the digest of every member in its manifest, and onto the disk."""
    with part.open("wb") as out:
        os.fchmod(out.fileno(), 0o600)
        stream = sealed_stream.Writer(out, key) if key else out
        with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            digests = dict(_add_all(tar, database, files))
            content = json.dumps(manifest | {"sha256": digests}, ensure_ascii=False, indent=1).encode()
            _add_bytes(tar, MANIFEST, content)
            _add_bytes(tar, SEAL, hashlib.sha256(content).hexdigest().encode())
        if key:
            stream.close()
        out.flush()
        os.fsync(out.fileno())


def _add_all(tar: tarfile.TarFile, database: Path, files: Path) -> Iterator[tuple[str, str]]:
    yield DATABASE, _add(tar, DATABASE, database)
    for path in sorted(files.rglob("*")):
        if not path.is_file():
            continue
        name = f"files/{path.relative_to(files).as_posix()}"
        try:
            yield name, _add(tar, name, path)
        except FileNotFoundError:  # purged since the folder was listed
            continue


def _add(tar: tarfile.TarFile, name: str, path: Path) -> str:
    with path.open("rb") as file:
        member = tarfile.TarInfo(name)
        member.size = os.fstat(file.fileno()).st_size
        member.mode = 0o600
        reader = _Digesting(file)
        tar.addfile(member, reader)
    return reader.digest.hexdigest()


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, io.BytesIO(content))


class _Digesting:
    """Passes bytes on and remembers their digest."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.digest.update(data)
        return data


def unpack(archive: Path, folder: Path, *, key: bytes | None) -> dict:
    """Unpack ``archive`` into the empty ``folder`` and prove every byte; returns the manifest.

    Raises ``BackupError`` for anything cut, flipped, added, missing or encrypted with another key.
    """
    if not archive.is_file():
        raise BackupError(f"没有 {archive} 这个文件。")
    try:
        with archive.open("rb") as file, _tar(file, key) as tar:
            digests = {member.name: _extract(tar, member, folder) for member in tar}
    except (
        tarfile.TarError,
        FileExistsError,
        NotADirectoryError,
        IsADirectoryError,
        EOFError,
        ValueError,
    ) as error:
        raise BackupError(_BROKEN) from error
    return _proved(folder, digests)


@contextmanager
def _tar(file: BinaryIO, key: bytes | None) -> Iterator[tarfile.TarFile]:
    sealed = file.read(len(sealed_stream.MAGIC)) == sealed_stream.MAGIC
    file.seek(0)
    if sealed and not key:
        raise BackupError("这个备份加了密，请用 --key-file 指出密钥文件。")
    stream = sealed_stream.Reader(file, key) if sealed and key else file
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        yield tar


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> str:
    target = folder / member.name
    content = tar.extractfile(member) if member.isfile() else None
    if content is None or not target.resolve().is_relative_to(folder.resolve()):
        raise BackupError(_BROKEN)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    with target.open("xb") as out:
        os.fchmod(out.fileno(), 0o600)
        while data := content.read(1 << 20):
            digest.update(data)
            out.write(data)
    return digest.hexdigest()


def _proved(folder: Path, digests: dict[str, str]) -> dict:
    seal = folder / SEAL
    if not seal.exists() or seal.read_text() != digests.get(MANIFEST):
        raise BackupError(_BROKEN)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    content = {name: digest for name, digest in digests.items() if name not in {MANIFEST, SEAL}}
    if content != manifest["sha256"]:
        raise BackupError(_BROKEN)
    return manifest
