"""Taking rows so that no other worker takes them too."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from notifications.models import Recipient, State

MOST_ROWS = 500
LEASE = timedelta(seconds=120)
PAUSE = timedelta(seconds=5)


@dataclass(frozen=True)
class Batch:
    """Rows that say the same to different people, hence fit into one call.

    ``messages`` are the primary keys of what is said: one for a card of its own, several for a digest.
    """

    channel: str
    messages: tuple[int, ...]
    rows: tuple[Recipient, ...]


def claim(owner: str, now: datetime, limit: int = MOST_ROWS) -> list[Recipient]:
    """Lease up to ``limit`` rows whose turn it is, and what belongs into the same digests."""
    due = Recipient.objects.claimable(now)
    _lease(due, owner, now, limit)
    with_digest = Recipient.objects.held_by(owner).filter(channel=Recipient.Channel.DIGEST)
    _lease(
        due.filter(channel=Recipient.Channel.DIGEST, person__in=with_digest.values("person")),
        owner,
        now,
        limit,
    )
    return list(Recipient.objects.held_by(owner).order_by("message_id", "pk"))


@transaction.atomic
def _lease(rows, owner: str, now: datetime, limit: int) -> None:
    """Two workers never lease one row: PostgreSQL skips what the other has locked, SQLite lets one write at a time."""
    free = rows.select_for_update(skip_locked=True, of=("self",)).order_by("next_try", "pk")
    pks = list(free.values_list("pk", flat=True)[:limit])
    Recipient.objects.filter(pk__in=pks).update(
        state=State.LEASED, lease_owner=owner, lease_until=now + LEASE
    )


def batches(rows: list[Recipient]) -> list[Batch]:
    """Rows of one message together; the digest rows of a person together, and persons with equal digests too."""
    cards: dict[tuple[int, ...], list[Recipient]] = defaultdict(list)
    digests: dict[int, list[Recipient]] = defaultdict(list)
    for row in rows:
        if row.channel == Recipient.Channel.DIGEST:
            digests[row.person_id].append(row)
        else:
            cards[(row.message_id,)].append(row)
    equal: dict[tuple[int, ...], list[Recipient]] = defaultdict(list)
    for mine in digests.values():
        equal[tuple(row.message_id for row in mine)].extend(mine)
    return [
        Batch(channel, messages, tuple(together))
        for channel, found in ((Recipient.Channel.CARD, cards), (Recipient.Channel.DIGEST, equal))
        for messages, together in found.items()
    ]


def release(owner: str, now: datetime) -> None:
    """Give back what was claimed and found no room. Rows of an open call stay leased until ``take_back`` finds them."""
    unused = Recipient.objects.held_by(owner).exclude(call__isnull=False, call__finished_at=None)
    unused.update(state=State.DUE, lease_owner="", lease_until=None, next_try=now + PAUSE)
