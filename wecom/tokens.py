"""Tokens and tickets: fetched by one process, used by all (``reliability.md`` B7)."""

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress

from django.core.cache import cache

from wecom import errors

EARLY = 0.9
LOCK_SECONDS = 15
WAIT_SECONDS = 0.05


def digest(*parts: object) -> str:
    """A cache key that tells secrets apart and reveals none."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]


class Shared:
    """A value that lives for a while, is dear to fetch, and is fetched by one caller at a time.

    ``fetch`` returns the value and its life in seconds. It is renewed at 90 % of its life; meanwhile the others go
    on with the old one.
    """

    def __init__(self, key: str, fetch: Callable[[], tuple[str, float]]) -> None:
        self.key = f"wecom:{key}"
        self.lock = f"{self.key}:lock"
        self.fetch = fetch

    def get(self, *, deadline: float, refused: str = "") -> str:
        """The value, other than ``refused``. Waits for another caller's fetch until ``deadline`` (monotonic)."""
        while True:
            value, renew_at = cache.get(self.key) or ("", 0.0)
            usable = value and value != refused
            if usable and time.time() < renew_at:
                return value
            if cache.add(self.lock, 1, LOCK_SECONDS):
                return self._fetch_alone(refused)
            if usable:
                return value
            if time.monotonic() > deadline:
                raise errors.Temporary("正在等待企业微信的访问凭证，请稍后再试。")
            time.sleep(WAIT_SECONDS)

    def _fetch_alone(self, refused: str) -> str:
        try:
            value, renew_at = cache.get(self.key) or ("", 0.0)
            if value and value != refused and time.time() < renew_at:
                return value
            value, life = self.fetch()
            cache.set(self.key, (value, time.time() + life * EARLY), life)
            return value
        finally:
            with suppress(Exception):
                cache.delete(self.lock)
