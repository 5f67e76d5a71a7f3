"""When a card may go out. Pure arithmetic on moments; all clocks are Asia/Shanghai."""

import secrets
from datetime import datetime, time, timedelta

from django.utils import timezone

from notifications.models import QuietHours

DIGEST_AT = time(8, 5)
DIGEST_SPREAD = 20
BUSY = ((58, 60), (0, 3), (28, 33))
# Seconds to wait after the first, second … temporary refusal: three tries within a minute, six within six hours.
BACKOFF = (10, 20, 15 * 60, 60 * 60, 3 * 60 * 60)


def quiet_until(moment: datetime, hours: QuietHours | None) -> datetime | None:
    """The end of the quiet hours ``moment`` lies in, None outside of them."""
    start, end = (hours.start, hours.end) if hours else (QuietHours.START, QuietHours.END)
    if (hours and not hours.enabled) or start == end:
        return None
    local = timezone.localtime(moment)
    if not _within(local.time(), start, end):
        return None
    return off_the_hour(_next(local, end))


def _within(clock: time, start: time, end: time) -> bool:
    return start <= clock < end if start < end else clock >= start or clock < end


def _next(local: datetime, clock: time) -> datetime:
    """The first moment after ``local`` when the clock shows ``clock``."""
    found = local.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
    return found if found > local else found + timedelta(days=1)


def digest_time(moment: datetime, person: int) -> datetime:
    """When this person's next digest goes out: 08:05 to 08:24, spread by person so that no minute has them all."""
    return _next(timezone.localtime(moment), DIGEST_AT) + timedelta(minutes=person % DIGEST_SPREAD)


def off_the_hour(moment: datetime) -> datetime:
    """``moment``, or a few minutes later when it lies around :00 or :30, when everybody else sends too."""
    local = timezone.localtime(moment)
    for first, end in BUSY:
        if first <= local.minute < end:
            minutes = (end - local.minute) + (3 if end == 60 else 0)
            shifted = local.replace(second=0, microsecond=0) + timedelta(minutes=minutes)
            return shifted + timedelta(seconds=secrets.randbelow(120))
    return moment


def next_retry(moment: datetime, tries: int) -> datetime | None:
    """When to try again after ``tries`` temporary refusals; None when it was enough."""
    if tries > len(BACKOFF):
        return None
    return moment + timedelta(seconds=BACKOFF[tries - 1] * (100 + secrets.randbelow(20)) / 100)


def tomorrow_morning(moment: datetime) -> datetime:
    """The end of the quiet hours of the next day."""
    midnight = _next(timezone.localtime(moment), time(0, 0))
    return off_the_hour(_next(midnight, QuietHours.END))
