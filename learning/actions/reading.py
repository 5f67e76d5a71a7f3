"""What a reader leaves behind: the day he opened an item, and the topics he wants to hear of.

Both are his own affair: nothing is audited and nobody is told.
"""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from learning.models import Item, Reading, Subscription, Topic


@transaction.atomic
def open_item(*, item: Item, by: User) -> None:
    """Note the day on which ``by`` first opened ``item`` (``domain.md`` C12: no time, no duration).

    Opening it again, at once or in a year, changes nothing; a withdrawn item has nothing to open.
    """
    if item.state != Item.State.SENT:
        return
    today = timezone.localdate()
    reading, is_new = Reading.objects.get_or_create(item=item, person=by, defaults={"opened_on": today})
    if not is_new:
        Reading.objects.filter(pk=reading.pk, opened_on=None).update(opened_on=today)


@transaction.atomic
def subscribe(*, topic: Topic, by: User) -> None:
    """``by`` will be told about new items of ``topic`` (``domain.md`` S7). Subscribing twice is the same as once."""
    Subscription.objects.get_or_create(topic=topic, person=by)


@transaction.atomic
def unsubscribe(*, topic: Topic, by: User) -> None:
    """``by`` no longer wants to be told about ``topic``; nothing is kept of it."""
    Subscription.objects.filter(topic=topic, person=by).delete()
