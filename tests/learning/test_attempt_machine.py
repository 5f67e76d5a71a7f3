"""Random taps, two tabs, lost replies, reordered saves, a clock that moves, the closing job and a withdrawal.

The model knows nothing of sequences in the database: it says what must be stored and graded.
"""

import datetime as dt
import random
from dataclasses import dataclass, field

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.errors import Conflict
from learning.actions.attempts import (
    close_overdue_attempts,
    save_answer,
    start_attempt,
    submit_attempt,
    void_attempts,
)
from learning.models import Answer, Attempt
from learning.rules.attempts import GRACE
from tests.learning.factories import month_end_quiz

pytestmark = pytest.mark.django_db

START = dt.datetime(2026, 11, 28, 4, tzinfo=dt.UTC)
MINUTES = 30
QUESTIONS = 3
TABS = st.integers(0, 1)
POSITIONS = st.integers(1, QUESTIONS)
VALUES = st.sampled_from([None, ["A"], ["B"], ["C"]])


@dataclass
class Tab:
    """What one page believes: the last sequence of each question, and what it has not been answered about."""

    known: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(1, QUESTIONS + 1), 0))
    unsaved: dict[int, tuple] = field(default_factory=dict)


class Papers(RuleBasedStateMachine):
    quiz = person = withdrawer = None

    def __init__(self):
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.clock = time_machine.travel(START, tick=False)
        self.travel = self.clock.start()
        self.now = START
        self.paper = start_attempt(quiz=self.quiz, person=self.person)
        self.tabs = [Tab(), Tab()]
        self.stored = dict.fromkeys(range(1, QUESTIONS + 1), (0, None))
        self.under_way = []
        self.outcome = "open"
        self.withdrawn = False

    def teardown(self):
        self.clock.stop()
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    # --- what the phone does

    def tap_locally(self, tab, position, value):
        tab.known[position] += 1
        tab.unsaved[position] = (tab.known[position], value)
        return (tab, position, *tab.unsaved[position])

    @rule(tab=TABS, position=POSITIONS, value=VALUES)
    def tap(self, tab, position, value):
        self.deliver(self.tap_locally(self.tabs[tab], position, value))

    @rule(tab=TABS, position=POSITIONS, value=VALUES)
    def tap_without_network(self, tab, position, value):
        self.tap_locally(self.tabs[tab], position, value)

    @rule(tab=TABS, position=POSITIONS, value=VALUES)
    def tap_on_a_slow_network(self, tab, position, value):
        self.under_way.append(self.tap_locally(self.tabs[tab], position, value))

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def something_arrives(self, data):
        number = data.draw(st.integers(0, len(self.under_way) - 1))
        self.deliver(self.under_way.pop(number))

    @rule(tab=TABS, position=POSITIONS, value=VALUES)
    def the_reply_is_lost(self, tab, position, value):
        self.deliver(self.tap_locally(self.tabs[tab], position, value), hears=False)

    @rule(tab=TABS)
    def the_network_is_back(self, tab):
        tab = self.tabs[tab]
        for position, (sequence, value) in list(tab.unsaved.items()):
            self.deliver((tab, position, sequence, value))

    def deliver(self, request, *, hears=True):
        tab, position, sequence, value = request
        before, told = self.stored[position], {}
        expected = self.expected_of(before, (sequence, value))
        try:
            save_answer(
                attempt_id=self.paper.pk,
                position=position,
                person=self.person,
                value=value,
                sequence=sequence,
            )
            got = "taken"
        except Conflict as refusal:
            got, told = refusal.code, refusal.details
        assert got == expected
        if told:
            assert (told["sequence"], told["value"]) == before
        if told and hears:
            tab.known[position] = max(tab.known[position], told["sequence"])
        if got == "taken" and sequence > before[0]:
            self.stored[position] = (sequence, value)
        if hears and tab.unsaved.get(position, (None,))[0] == sequence:
            del tab.unsaved[position]

    def expected_of(self, before, request):
        if self.withdrawn or self.outcome == "void":
            return "withdrawn"
        if self.outcome == "closed":
            return "handed_in"
        if self.is_late():
            return "too_late"
        return "taken" if request[0] > before[0] or request == before else "changed_elsewhere"

    # --- what happens to the paper

    def is_late(self):
        return self.now > START + dt.timedelta(minutes=MINUTES) + GRACE

    @rule(tab=TABS, key=st.sampled_from(["one", "two"]))
    def hand_in(self, tab, key):
        tab = self.tabs[tab]
        queue = [
            {"position": position, "sequence": sequence, "value": value}
            for position, (sequence, value) in tab.unsaved.items()
        ]
        was_open = self.outcome == "open"
        submit_attempt(attempt=self.paper, person=self.person, key=key, answers=queue)
        if not was_open:
            return
        if not self.withdrawn and not self.is_late():
            for one in queue:
                if one["sequence"] > self.stored[one["position"]][0]:
                    self.stored[one["position"]] = (one["sequence"], one["value"])
        self.outcome = "void" if self.withdrawn else "closed"

    @rule(seconds=st.sampled_from([1, 60, 119, 121, 600, 1200]))
    def time_passes(self, seconds):
        self.now += dt.timedelta(seconds=seconds)
        self.travel.move_to(self.now, tick=False)

    @rule(times=st.integers(1, 2))
    def the_closing_job_runs(self, times):
        for _ in range(times):
            close_overdue_attempts()
        if self.outcome == "open" and self.withdrawn:
            self.outcome = "void"
        elif self.outcome == "open" and self.is_late():
            self.outcome = "closed"

    @precondition(lambda self: not self.withdrawn)
    @rule(tells=st.booleans(), data=st.data())
    def the_quiz_is_withdrawn(self, tells, data):
        if data.draw(st.integers(0, 5)):
            return
        fields = {"withdrawn_at": timezone.now(), "withdrawn_by": self.withdrawer, "withdraw_reason": "有误"}
        type(self.quiz).objects.filter(pk=self.quiz.pk).update(**fields)
        self.withdrawn = True
        if tells:
            void_attempts(quiz=self.quiz)
            if self.outcome == "open":
                self.outcome = "void"

    # --- what must hold

    @invariant()
    def the_answers_are_those_of_the_model(self):
        rows = Answer.objects.filter(attempt=self.paper).values_list("position", "sequence", "value")
        assert {position: (sequence, value) for position, sequence, value in rows} == self.stored

    @invariant()
    def it_is_graded_once_and_from_what_is_stored(self):
        paper = Attempt.objects.get(pk=self.paper.pk)
        assert paper.state == self.outcome
        right = sum(value == ["B"] for _, value in self.stored.values())
        assert paper.score == (right if self.outcome == "closed" else None)
        ends = paper.events.filter(kind__in=["submitted", "closed_by_clock", "withdrawn"]).count()
        assert ends == (self.outcome != "open")


@pytest.mark.parametrize("examples", [60])
def test_papers_hold_what_was_tapped(org, cast, examples):
    with time_machine.travel(START, tick=False):
        Papers.quiz = month_end_quiz(org.a1, questions=QUESTIONS, seconds=MINUTES * 60)
    Papers.person, Papers.withdrawer = cast.activist, cast.teacher
    run_state_machine_as_test(
        Papers,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


def test_fifty_random_cuts_lose_at_most_the_tap_in_flight(org, cast):
    """The network dies before, between request and reply of, or after any tap; the queue comes later (B8)."""
    rng = random.Random(8)
    for period, cut in enumerate(rng.sample(range(60), 50), start=1):
        quiz = month_end_quiz(org.a1, questions=20, period=f"2026-{period}")
        paper = start_attempt(quiz=quiz, person=cast.activist)
        taps = [(position, rng.choice("ABCD")) for position in range(1, 21)]
        queue = {}
        for number, (position, letter) in enumerate(taps):
            answer = {"position": position, "value": [letter], "sequence": 1}
            reaches_server, hears_reply = number * 3 <= cut, number * 3 < cut
            if reaches_server:
                save_answer(
                    attempt_id=paper.pk, person=cast.activist, position=position, value=[letter], sequence=1
                )
            if not hears_reply:
                queue[position] = answer
        if period % 2:
            submit_attempt(attempt=paper, person=cast.activist, key="k", answers=queue.values())
            kept = taps
        else:  # the phone never comes back
            kept = [tap for number, tap in enumerate(taps) if number * 3 <= cut]
            with time_machine.travel(quiz.closes_at + GRACE + dt.timedelta(seconds=1), tick=False):
                close_overdue_attempts()
        paper.refresh_from_db()
        assert paper.score == sum(letter == "B" for _, letter in kept)
