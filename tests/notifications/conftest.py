import datetime as dt

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.utils import timezone

from accounts.models import WeComIdentity
from notifications.delivery import deliver
from notifications.outbox import enqueue
from tests.factories import UserFactory
from wecom.client import portal

# A Wednesday at 10:10 in Shanghai: outside of quiet hours and of the minutes everybody sends in.
MORNING = dt.datetime(2026, 12, 2, 10, 10, tzinfo=dt.timezone(dt.timedelta(hours=8)))


class Post:
    """The portal's side of the story: people with WeCom, a clock, and a worker that runs when told to."""

    def __init__(self, sandbox, clock) -> None:
        self.sandbox = sandbox
        self.clock = clock

    def people(self, count: int, *, known_to_wecom: bool = True) -> list:
        """People who signed in through WeCom; WeCom may have forgotten them since."""
        people = [UserFactory() for _ in range(count)]
        WeComIdentity.objects.bulk_create(
            WeComIdentity(
                person=person, corp_id=django_settings.WECOM_CORP_ID, userid=person.number, origin="number"
            )
            for person in people
        )
        if known_to_wecom:
            self.introduce(people)
        return people

    def introduce(self, people) -> None:
        """Make these, and nobody else, members of the sandbox's corporation."""
        self.sandbox.seed(
            users=[
                {"userid": p.number, "name": p.name, "department": [1], "number": p.number, "status": 1}
                for p in people
            ]
        )

    def say(self, people, *, kind: str = "talk_booked", key: str = "1", **more):
        words = {"when": "12 月 3 日 周四 20:00", "place": "明德楼 302"}
        more.setdefault("words", words)
        return enqueue(kind=kind, recipients=people, key=key, link="/talks/1/", **more)

    def run(self) -> int:
        return deliver(portal())

    def wait(self, **span) -> None:
        """Let time pass on both sides."""
        span = dt.timedelta(**span)
        self.clock.shift(span)
        self.sandbox.clock.advance(span.total_seconds())

    def at(self, hour: int, minute: int = 0, *, days: int = 0) -> None:
        """Go on to the next time the clock shows this."""
        now = timezone.localtime()
        goal = now.replace(hour=hour, minute=minute, second=0, microsecond=0) + dt.timedelta(days=days)
        if goal <= now:
            goal += dt.timedelta(days=1)
        self.wait(seconds=(goal - now).total_seconds())

    def cards(self, person) -> list[str]:
        """The titles of the cards this person sees."""
        return [
            message["content"].get("title") or message["content"]["main_title"]["title"]
            for message in self.sandbox.messages(person.number)
        ]


@pytest.fixture
def post(sandbox, time_machine, db):
    cache.clear()
    time_machine.move_to(MORNING)
    return Post(sandbox, time_machine)
