"""Callback encryption from the published description: AES-256-CBC, 32-byte padding, SHA-1 over sorted parts."""

import base64
import hashlib
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32
RANDOM = 16


class BadEnvelopeError(ValueError):
    """The other side's envelope cannot be opened; the text says why."""


class Envelope:
    """Seals and opens messages between the corp and one app."""

    def __init__(self, token: str, aes_key: str, receiver: str) -> None:
        if len(aes_key) != 43:
            raise BadEnvelopeError("EncodingAESKey must be 43 characters")
        key = base64.b64decode(aes_key + "=")
        self.token, self.receiver = token, receiver.encode()
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16]))

    def sign(self, timestamp: str, nonce: str, encrypted: str) -> str:
        text = "".join(sorted([self.token, timestamp, nonce, encrypted]))
        return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324

    def encrypt(self, text: str, *, random: bytes | None = None) -> str:
        body = text.encode()
        plain = (random or secrets.token_bytes(RANDOM)) + struct.pack(">I", len(body)) + body + self.receiver
        padding = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher.encryptor()
        sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def decrypt(self, encrypted: str) -> str:
        try:
            decryptor = self._cipher.decryptor()
            plain = decryptor.update(base64.b64decode(encrypted, validate=True)) + decryptor.finalize()
        except ValueError as error:
            raise BadEnvelopeError("not a ciphertext") from error
        padding = plain[-1] if plain else 0
        if not 1 <= padding <= BLOCK:
            raise BadEnvelopeError("wrong padding")
        plain = plain[RANDOM:-padding]
        (length,) = struct.unpack(">I", plain[:4].rjust(4, b"\0"))
        if plain[4 + length :] != self.receiver:
            raise BadEnvelopeError("wrong receiver")
        return plain[4 : 4 + length].decode()

    def open(self, encrypted: str, signature: str, timestamp: str, nonce: str) -> str:
        """The text inside, once its signature holds."""
        if not secrets.compare_digest(self.sign(timestamp, nonce, encrypted), signature):
            raise BadEnvelopeError("wrong signature")
        return self.decrypt(encrypted)
