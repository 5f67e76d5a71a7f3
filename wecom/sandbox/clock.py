"""The sandbox's clock: the machine's time plus what a test or the operator has added."""

import time
from datetime import datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8))


class Clock:
    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        self.offset += seconds

    def day(self) -> str:
        """The date in Shanghai, for limits counted per day."""
        return local(self.now()).date().isoformat()


def local(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, SHANGHAI)
