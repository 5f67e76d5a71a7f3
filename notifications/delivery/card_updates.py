"""Cards that somebody has answered: their buttons become a word."""

from datetime import timedelta

from django.utils import timezone

from notifications import schedule
from notifications.models import CardUpdate, SendingSwitch
from wecom import errors
from wecom.client import WeCom

AT_ONCE = 100
LEASE = timedelta(seconds=60)


def send(wecom: WeCom) -> int:
    """Make the updates that are due and return how many calls that took."""
    now = timezone.now()
    todo = CardUpdate.objects.filter(done_at=None, next_try__lte=now).select_related("call")
    if SendingSwitch.objects.filter(stopped_at__isnull=False).exists():
        return 0
    mine = [update for update in todo.order_by("next_try")[:AT_ONCE] if _take(update)]
    for update in mine:
        _send(wecom, update)
    return len(mine)


def _take(update: CardUpdate) -> bool:
    """Move the next try ahead, which only one worker can do."""
    now = timezone.now()
    free = CardUpdate.objects.filter(pk=update.pk, done_at=None, next_try__lte=now)
    return bool(free.update(next_try=now + LEASE))


def _send(wecom: WeCom, update: CardUpdate) -> None:
    code = 0
    try:
        wecom.update_card(update.call.response_code, update.call.userids, replace_name=update.label)
    except errors.Temporary as error:
        update.tries += 1
        if again := schedule.next_retry(timezone.now(), update.tries):
            update.next_try = again
            update.save(update_fields=["tries", "next_try"])
            return
        code = error.errcode or -1
    except errors.WeComError as error:
        # Also the answer to a repetition after a crash: the code has been used, the card is as wanted.
        code = error.errcode or -1
    update.done_at, update.code = timezone.now(), code
    update.save(update_fields=["done_at", "code"])
