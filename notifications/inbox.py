"""What a person sees of the messages to him."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Case, Q, QuerySet, Value, When
from django.utils.dateparse import parse_datetime

from notifications.models import Recipient

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

PAGE = 20


def unread_count(user: "AbstractBaseUser | AnonymousUser") -> int:
    """The number beside the bell."""
    return Recipient.objects.visible_to(user).unread().count()


@dataclass(frozen=True)
class Place:
    """Where a page of the inbox ends: unread first, then the newest first."""

    is_read: bool
    shown_from: datetime
    pk: int

    @classmethod
    def of(cls, notice: Recipient) -> "Place":
        return cls(notice.is_read, notice.shown_from, notice.pk)

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """The place in an address; None for what is not one, which shows the first page."""
        read, _, rest = text.partition("_")
        moment, _, pk = rest.partition("_")
        try:
            shown_from = parse_datetime(moment)
        except ValueError:
            return None
        if read not in {"0", "1"} or shown_from is None or shown_from.tzinfo is None or not pk.isdecimal():
            return None
        return cls(read == "1", shown_from, int(pk[:18]))

    def __str__(self) -> str:
        return f"{int(self.is_read)}_{self.shown_from.isoformat()}_{self.pk}"

    @property
    def following(self) -> Q:
        """What comes after this place."""
        older = Q(shown_from__lt=self.shown_from) | Q(shown_from=self.shown_from, pk__lt=self.pk)
        if self.is_read:
            return Q(read_at__isnull=False) & older
        return Q(read_at__isnull=False) | older


def page(user: "AbstractBaseUser", after: Place | None = None) -> tuple[list[Recipient], Place | None]:
    """Up to 20 notices and the place the next page starts after, None at the end. One query."""
    notices: QuerySet[Recipient] = Recipient.objects.visible_to(user).select_related("message")
    if after:
        notices = notices.filter(after.following)
    read = Case(When(read_at=None, then=Value(0)), default=Value(1))
    found = list(notices.order_by(read, "-shown_from", "-pk")[: PAGE + 1])
    return found[:PAGE], Place.of(found[PAGE - 1]) if len(found) > PAGE else None
