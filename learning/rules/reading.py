"""What a person finds to read: the list of items by keyset, read marks, and what stands beside an article."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.dateparse import parse_datetime

from accounts.models import User
from learning.models import Item, Reading, Subscription, Topic

PAGE = 20


@dataclass(frozen=True)
class Place:
    """Where a page of items ends: the newest come first."""

    sent_at: datetime
    pk: int

    @classmethod
    def of(cls, item: Item) -> "Place":
        """The place of an item that was sent."""
        return cls(item.sent_at, item.pk)  # type: ignore[arg-type]

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """The place in an address; None for what is not one, which shows the first page."""
        moment, _, pk = text.partition("_")
        try:
            sent_at = parse_datetime(moment)
        except ValueError:
            return None
        # no item was sent in years whose edges databases cannot turn into UTC
        if sent_at is None or sent_at.tzinfo is None or not 2000 < sent_at.year < 3000 or not pk.isdecimal():
            return None
        return cls(sent_at, int(pk[:18]))

    def __str__(self) -> str:
        return f"{self.sent_at.isoformat()}_{self.pk}"

    @property
    def following(self) -> Q:
        """What was sent before."""
        return Q(sent_at__lt=self.sent_at) | Q(sent_at=self.sent_at, pk__lt=self.pk)

    @property
    def preceding(self) -> Q:
        """What was sent after."""
        return Q(sent_at__gt=self.sent_at) | Q(sent_at=self.sent_at, pk__gt=self.pk)


def listed(items: QuerySet[Item], person: User) -> QuerySet[Item]:
    """``items`` as a list shows them to ``person``: with what a row says and ``is_opened``, without their text."""
    opened = Reading.objects.filter(item=OuterRef("pk"), person=person, opened_on__isnull=False)
    return (
        items.select_related("column", "branch", "cover")
        .defer("body", "text")
        .annotate(is_opened=Exists(opened))
        .order_by("-sent_at", "-pk")
    )


def page(items: QuerySet[Item], after: Place | None = None) -> tuple[list[Item], Place | None]:
    """Up to 20 of ``items`` (see ``listed``) and the place the next page starts after, None at the end. One query."""
    found = list((items.filter(after.following) if after else items)[: PAGE + 1])
    return found[:PAGE], Place.of(found[PAGE - 1]) if len(found) > PAGE else None


def neighbours(item: Item, person: User) -> tuple[Item | None, Item | None]:
    """What ``person`` could read that was sent next after ``item`` and last before it. Two queries."""
    place, standing = Place.of(item), Item.objects.visible_to(person).sent().only("title", "sent_at")
    newer = standing.filter(place.preceding).order_by("sent_at", "pk").first()
    older = standing.filter(place.following).order_by("-sent_at", "-pk").first()
    return newer, older


def with_subscription(topics: QuerySet[Topic], person: User) -> QuerySet[Topic]:
    """``topics`` with ``is_subscribed``: whether ``person`` wants to be told about them."""
    mine = Subscription.objects.filter(topic=OuterRef("pk"), person=person)
    return topics.annotate(is_subscribed=Exists(mine))
