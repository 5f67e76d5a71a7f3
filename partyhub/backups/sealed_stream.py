"""AES-256-GCM in numbered chunks: a file of any size, encrypted as it is written, checked as it is read."""

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from partyhub.backups import BackupError

MAGIC = b"partyhub-sealed-1\n"
CHUNK = 1 << 20
TAG = 16


def read_key(path: Path) -> bytes:
    """The key made of a key file: at least 32 random bytes, readable by its owner only."""
    try:
        secret = path.read_bytes().strip()
    except OSError as error:
        raise BackupError(f"读不到密钥文件 {path}：{error.strerror}。") from error
    if len(secret) < 32:
        raise BackupError(
            f"密钥文件 {path} 太短，至少要 32 个随机字节。可以用 openssl rand -base64 48 生成。"
        )
    if path.stat().st_mode & 0o077:
        raise BackupError(f"密钥文件 {path} 别人也能读。先执行 chmod 600。")
    return hashlib.sha256(secret).digest()


class Writer:
    """A file object for ``tarfile``. The last chunk is marked, so that a cut archive does not look whole."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self.file, self.cipher, self.number = file, AESGCM(key), 0
        self.prefix, self.waiting = os.urandom(7), bytearray()
        file.write(MAGIC + self.prefix)

    def write(self, data: bytes) -> int:
        self.waiting += data
        while len(self.waiting) > CHUNK:
            self._seal(bytes(self.waiting[:CHUNK]), last=False)
            del self.waiting[:CHUNK]
        return len(data)

    def close(self) -> None:
        self._seal(bytes(self.waiting), last=True)

    def _seal(self, plain: bytes, *, last: bool) -> None:
        self.file.write(self.cipher.encrypt(_nonce(self.prefix, self.number, last), plain, MAGIC))
        self.number += 1


class Reader:
    """Reads what ``Writer`` wrote; anything else is a ``BackupError``."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self.file, self.cipher, self.number = file, AESGCM(key), 0
        self.prefix = file.read(len(MAGIC) + 7)[len(MAGIC) :]
        self.ready, self.ended = b"", False
        self.sealed = file.read(CHUNK + TAG)

    def read(self, size: int) -> bytes:
        while len(self.ready) < size and not self.ended:
            self.ready += self._open()
        data, self.ready = self.ready[:size], self.ready[size:]
        return data

    def _open(self) -> bytes:
        following = self.file.read(CHUNK + TAG)
        self.ended = not following
        try:
            plain = self.cipher.decrypt(_nonce(self.prefix, self.number, self.ended), self.sealed, MAGIC)
        except (InvalidTag, ValueError) as error:
            raise BackupError("备份打不开：密钥不对，或者文件损坏、不完整。") from error
        self.sealed, self.number = following, self.number + 1
        return plain


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])
