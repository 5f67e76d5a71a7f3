"""Whatever editors, reviewers and the clock do, nothing goes out that a second person has not approved as it is."""

import datetime as dt

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from learning.actions import items
from learning.models import Item, Reading
from tests.factories import UserFactory
from tests.granting import grant
from tests.learning.test_items import TUESDAY, draft, with_question

pytestmark = pytest.mark.django_db(transaction=False)

ACTIONS = [
    "change",
    "submit",
    "approve",
    "return",
    "schedule",
    "unschedule",
    "withdraw",
    "send",
    "later",
    "question",
]
# Half way already, or the interesting states would hardly ever be reached.
WAY = [("submit", 0), ("approve", 1), ("schedule", 0), ("later", 0)]
steps = st.tuples(
    st.integers(0, len(WAY)).map(lambda far: WAY[:far]),
    st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 2)), min_size=1, max_size=10),
).map(lambda halves: halves[0] + halves[1])


@pytest.fixture
def people(org):
    found = UserFactory.create_batch(3, branch=org.a2)
    for person in found:
        grant(person, "editor", org.college_a)
    return found


class Story:
    """One item in the hands of three editors, and what a second person has approved of it."""

    def __init__(self, clock, people, branch):
        self.clock, self.people = clock, people
        self.item = with_question(draft(people[0], branch), people[0])
        self.number = 0
        self.approved = None

    def take(self, action, who):
        by = self.people[who]
        item = self.item = Item.objects.get(pk=self.item.pk)
        at = self.now() + dt.timedelta(days=1)
        getattr(self, f"_{action}")(item, by, at)

    def now(self):
        return dt.datetime.fromtimestamp(self.clock.time, tz=dt.timezone(dt.timedelta(hours=8)))

    def _change(self, item, by, at):
        self.number += 1
        items.change_item(item=item, by=by, version=item.version, title=f"标题 {self.number}")
        self.approved = None

    def _submit(self, item, by, at):
        items.submit_item(item=item, by=by)

    def _approve(self, item, by, at):
        items.approve_item(item=item, by=by)
        assert by.pk not in {item.author_id, item.changed_by_id}
        self.approved = item.title

    def _return(self, item, by, at):
        items.return_item(item=item, by=by, note="改")

    def _schedule(self, item, by, at):
        items.schedule_item(item=item, by=by, at=at.replace(hour=10, minute=5), more_than_three=True)

    def _unschedule(self, item, by, at):
        items.unschedule_item(item=item, by=by)

    def _withdraw(self, item, by, at):
        items.withdraw_item(item=item, by=by, reason="不要了")

    def _send(self, item, by, at):
        items.send_due_items()

    def _later(self, item, by, at):
        self.clock.move_to(at)
        items.send_due_items()

    def _question(self, item, by, at):
        with_question(item, by, stem=f"第 {item.version} 道？")


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(plan=steps)
def test_nothing_unapproved_can_be_sent(org, people, plan):
    with time_machine.travel(TUESDAY, tick=False) as clock:
        story = Story(_Clock(clock), people, org.college_a)
        for action, who in plan:
            try:
                story.take(action, who)
            except DomainError:
                continue
            finally:
                _check(story)


class _Clock:
    """The traveller, with the moment it stands at."""

    def __init__(self, traveller):
        self.traveller, self.time = traveller, TUESDAY.timestamp()

    def move_to(self, at):
        self.time = at.timestamp()
        self.traveller.move_to(at)


def test_the_way_leads_to_readers(org, people):
    """What the property begins with does send something, so that it is not true of nothing."""
    with time_machine.travel(TUESDAY, tick=False) as clock:
        story = Story(_Clock(clock), people, org.college_a)
        for action, who in WAY:
            story.take(action, who)
        _check(story)
    assert Item.objects.get().state == "sent"
    assert Reading.objects.exists()


def _check(story):
    item = Item.objects.get(pk=story.item.pk)
    told = Reading.objects.filter(item=item).exists()
    if item.state in {"approved", "scheduled", "sent"}:
        assert item.title == story.approved
        assert item.reviewer_id not in {None, item.author_id, item.changed_by_id}
    if told:
        assert item.title == story.approved
        assert item.state in {"sent", "withdrawn"}
    assert told == (item.sent_at is not None)
