"""Two workers reach for the same rows at the same moment. Counts on PostgreSQL; SQLite lets one writer in at a time."""

import threading

import pytest
from django.db import connection, connections
from django.utils import timezone

from notifications.delivery.claim import LEASE, claim
from notifications.models import Recipient, State

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def at_the_same_time(*works):
    """Run each in a thread with a connection of its own, from one starting line; returns what they return."""
    line, results = threading.Barrier(len(works)), [None] * len(works)

    def run(place, work):
        line.wait()
        try:
            results[place] = work()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def due(post):
    message = post.say(post.people(200))
    Recipient.objects.update(state=State.DUE)
    return message


def careful(owner):
    return {row.pk for row in claim(owner, timezone.now(), limit=150)}


def careless(owner, together):
    """The same claim without the lock: look, then take what one has seen."""
    pks = list(Recipient.objects.claimable(timezone.now()).values_list("pk", flat=True)[:150])
    together.wait()
    Recipient.objects.filter(pk__in=pks).update(
        state=State.LEASED, lease_owner=owner, lease_until=timezone.now() + LEASE
    )
    return set(pks)


def test_no_row_has_two_owners(due):
    for _ in range(10):
        Recipient.objects.update(state=State.DUE, lease_owner="", lease_until=None)
        first, second = at_the_same_time(lambda: careful("a"), lambda: careful("b"))
        assert not first & second
        assert len(first | second) == 200 or connection.vendor == "postgresql"


def test_the_race_is_real(due):
    together = threading.Barrier(2)
    first, second = at_the_same_time(lambda: careless("a", together), lambda: careless("b", together))
    assert first & second
