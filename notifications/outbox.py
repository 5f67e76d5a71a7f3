"""The one way to tell anyone anything: rows in the caller's own transaction (``reliability.md`` §3.3)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from notifications import catalogue
from notifications.models import Call, CardUpdate, Message, Recipient, State
from notifications.models.recipient import WAITING
from notifications.wake import wake_up

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

ROWS_PER_INSERT = 2000


@transaction.atomic
def enqueue(
    *,
    kind: str,
    recipients: "Iterable[AbstractBaseUser]",
    key: str,
    link: str = "",
    words: Mapping[str, object] | None = None,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
) -> Message:
    """Tell ``recipients`` something, if and when the surrounding transaction commits.

    ``kind`` is a name of the catalogue, ``words`` fill exactly its placeholders. ``key`` makes the message unique
    within its kind, such as the primary key of the fact: saying it again returns the message that exists and adds
    only recipients who are new. ``link`` is a path of this portal, by default the inbox. Nothing is sent before
    ``not_before``; what has not gone out by ``expires_at`` is dropped.

    Raises ``LookupError`` for an unknown kind or wrong words and ``ValueError`` for a foreign link. Costs a fixed
    number of queries per 2,000 recipients.
    """
    link = link or "/notices/"
    if not link.startswith("/") or link.startswith("//"):
        raise ValueError(f"a message links into this portal, not to {link!r}")
    message, _ = Message.objects.get_or_create(
        kind=kind,
        key=key,
        defaults={
            "link": link,
            "words": dict(words or {}),
            "content_hash": digest_of(kind, words or {}, link),
            "not_before": not_before,
            "expires_at": expires_at,
            "created_at": timezone.now(),
        },
    )
    _add(message, recipients)
    transaction.on_commit(wake_up, robust=True)
    return message


@transaction.atomic
def cancel(*, kind: str, key: str) -> int:
    """Call off a message for everybody it has not gone out to; returns how many that were.

    A notice that only the inbox has, and nobody has opened, disappears from there too.
    Cancelling twice, or something that was never said, changes nothing.
    """
    now = timezone.now()
    Message.objects.filter(kind=kind, key=key, cancelled_at=None).update(cancelled_at=now)
    only_inside = Q(state=State.SENT, channel=Recipient.Channel.INBOX, read_at=None)
    open_rows = Recipient.objects.filter(
        Q(state__in=WAITING) | only_inside, message__kind=kind, message__key=key
    )
    return open_rows.update(state=State.CANCELLED, sent_at=None)


@transaction.atomic(savepoint=False)
def cancel_for(*, people: Iterable[int], kinds: Iterable[str], key: str) -> int:
    """Call off for ``people`` (primary keys) alone what has not gone out to them; the others still hear it.

    Means the messages of ``kinds`` under ``key`` and under keys that go on from it behind a colon. Returns how many
    rows that were. One statement.
    """
    said = Message.objects.filter(Q(key=key) | Q(key__startswith=f"{key}:"), kind__in=list(kinds))
    waiting = Recipient.objects.filter(person__in=list(people), state__in=WAITING, message__in=said)
    return waiting.update(state=State.CANCELLED)


@transaction.atomic
def update_card(*, kind: str, key: str, label: str) -> int:
    """Replace the buttons of a card that has been answered by ``label``, such as “已接受”, for all who got it.

    Returns how many sent cards that are. WeCom allows it once within 72 hours; saying it again changes nothing.
    """
    calls = Call.objects.filter(recipients__message__kind=kind, recipients__message__key=key).exclude(
        response_code=""
    )
    updates = [CardUpdate(call=call, label=label, next_try=timezone.now()) for call in calls.distinct()]
    CardUpdate.objects.bulk_create(updates, ignore_conflicts=True)
    transaction.on_commit(wake_up, robust=True)
    return len(updates)


def digest_of(kind: str, words: Mapping[str, object], link: str) -> str:
    """A digest of everything a person reads in a message."""
    rendered = catalogue.render(kind, words)
    text = json.dumps([rendered.title, rendered.text, rendered.rows, link], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _add(message: Message, recipients: "Iterable[AbstractBaseUser]") -> None:
    start = message.not_before or message.created_at
    rows = (
        Recipient(message=message, person_id=person.pk, shown_from=start, next_try=start)
        for person in recipients
    )
    # a batch at a time: who passes a generator needs no more memory for forty thousand people
    while batch := list(islice(rows, ROWS_PER_INSERT)):
        Recipient.objects.bulk_create(batch, ignore_conflicts=True)
