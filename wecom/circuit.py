"""Leave WeCom alone when it is unwell or has asked us to. The memory is the cache, shared by all processes."""

import time
from datetime import timedelta

from django.core.cache import cache
from django.utils import timezone

from wecom import errors

FAILURES = 5
FAILURE_SECONDS = 60
OPEN_SECONDS = 30


class Circuit:
    """Five failures within a minute: no call for half a minute (``reliability.md`` §3.4).

    Two processes may overwrite each other's count; that opens the circuit one failure later, no more.
    """

    def __init__(self, name: str) -> None:
        self.failures_key = f"wecom:failures:{name}"
        self.open_key = f"wecom:open:{name}"

    def check(self) -> None:
        """Refuse with ``Temporary`` while the circuit is open."""
        left = cache.get(self.open_key, 0) - time.time()
        if left > 0:
            raise errors.Temporary("企业微信连续出错，半分钟后再试。", retry_after=left)

    def count(self) -> None:
        """Remember one failure and open the circuit at the fifth."""
        now = time.time()
        recent = [at for at in cache.get(self.failures_key, []) if at > now - FAILURE_SECONDS]
        recent.append(now)
        cache.set(self.failures_key, recent[-FAILURES:], FAILURE_SECONDS)
        if len(recent) >= FAILURES:
            cache.set(self.open_key, now + OPEN_SECONDS, OPEN_SECONDS)


class Pause:
    """After 45009 the calls of one kind rest: a minute, then an hour, then until the next day.

    WeCom blocks for as long as the window that was exceeded and does not say which; so each refusal that follows
    shortly after a pause means the longer window.
    """

    def __init__(self, name: str) -> None:
        self.key = f"wecom:pause:{name}"

    def check(self) -> None:
        """Refuse with ``Temporary`` while the pause lasts."""
        _, until = cache.get(self.key, (0, 0))
        left = until - time.time()
        if left > 0:
            raise errors.Temporary(
                "调用次数超过企业微信的限额，到时会自动继续。", errcode=errors.OVER_LIMIT, retry_after=left
            )

    def begin(self) -> float:
        """Start the next longer pause and return its length in seconds."""
        now = time.time()
        level, until = cache.get(self.key, (0, 0))
        level = min(level + 1, 3) if until else 1
        length = [60.0, 3600.0, _seconds_until_tomorrow()][level - 1]
        cache.set(self.key, (level, now + length), length + 3600)
        return length


def _seconds_until_tomorrow() -> float:
    now = timezone.localtime()
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=5, second=0, microsecond=0)
    return (tomorrow - now).total_seconds()
