"""What is to become of a row now: asked when its time comes, and again in the moment before sending."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.functional import cached_property
from django.utils.module_loading import import_string

from notifications import schedule
from notifications.catalogue import Level
from notifications.models import Preference, QuietHours, Recipient, State

Channel = Recipient.Channel


@dataclass(frozen=True)
class Verdict:
    """The state a row goes to, by which channel, and when to look at it again."""

    state: State
    channel: str = ""
    at: datetime | None = None


class Judge:
    """Decides about rows with ``message`` and ``person`` loaded, by three queries for all of them."""

    def __init__(self, rows: Iterable[Recipient], now: datetime) -> None:
        self.people = {row.person_id for row in rows}
        self.now = now

    @cached_property
    def userids(self) -> dict[int, str]:
        """Where to reach each person in WeCom; who is missing has the inbox only."""
        address_book: Callable[[Iterable[int]], dict[int, str]] = import_string(
            settings.NOTIFICATIONS_ADDRESS_BOOK
        )
        return address_book(self.people)

    @cached_property
    def _unwanted(self) -> set[tuple[int, str]]:
        said_no = Preference.objects.filter(person__in=self.people, wanted=False)
        return set(said_no.values_list("person", "category"))

    @cached_property
    def _quiet_hours(self) -> dict[int, QuietHours]:
        return {hours.person_id: hours for hours in QuietHours.objects.filter(person__in=self.people)}

    def is_moot(self, row: Recipient) -> Verdict | None:
        """Cancelled, outlived or for somebody who is gone: nothing must go out any more."""
        if row.message.cancelled_at or not row.person.is_active:
            return Verdict(State.CANCELLED)
        if row.message.expires_at and row.message.expires_at <= self.now:
            return Verdict(State.EXPIRED)
        return None

    def verdict(self, row: Recipient) -> Verdict:
        """``DUE`` when it may go out now; ``PLANNED`` with a later moment; or the state it ends in."""
        if moot := self.is_moot(row):
            return moot
        if row.person_id not in self.userids or not self._is_wanted(row):
            return Verdict(State.SENT, Channel.INBOX)
        channel = row.channel or self._channel(row)
        if channel == Channel.DIGEST and not row.channel:
            at = schedule.digest_time(row.next_try, row.person_id)
            if at > self.now:
                return Verdict(State.PLANNED, channel, at)
        if later := self._not_yet(row):
            return Verdict(State.PLANNED, channel, later)
        return Verdict(State.DUE, channel)

    def _is_wanted(self, row: Recipient) -> bool:
        entry = row.message.entry
        return not entry.can_be_switched_off or (row.person_id, entry.category) not in self._unwanted

    def _channel(self, row: Recipient) -> str:
        """The digest for what can wait, unless it would be over by then."""
        digest = schedule.digest_time(row.next_try, row.person_id)
        if not row.message.entry.goes_into_digest or (
            row.message.expires_at and row.message.expires_at <= digest
        ):
            return Channel.CARD
        return Channel.DIGEST

    def _not_yet(self, row: Recipient) -> datetime | None:
        if row.message.entry.level == Level.NOW:
            return None
        if end := schedule.quiet_until(self.now, self._quiet_hours.get(row.person_id)):
            return end
        if row.state == State.PLANNED and row.message.not_before:
            moment = schedule.off_the_hour(self.now)
            return moment if moment > self.now else None
        return None
