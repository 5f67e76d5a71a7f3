"""A worker is killed (SIGKILL, a real process) at any line: nothing is lost and nobody sees anything twice."""

import os
import signal
import sys
from pathlib import Path

import pytest
from django.db import connections, transaction

from core.audit.log import record
from core.audit.models import AuditEntry
from notifications.delivery import claim as claiming
from notifications.delivery import deliver, worker
from notifications.models import Message, Recipient, State
from wecom import transport
from wecom.client import portal

pytestmark = pytest.mark.django_db(transaction=True)
OURS = str(Path(claiming.__file__).parent)


def in_a_process(work, *, die=None) -> int:
    """Run ``work`` in a process of its own that ``die`` may kill; returns the signal that ended it, 0 for none.

    ``die(frame, event)`` is asked at every line of the delivery and kills when it says yes.
    """
    _forget_connections()
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    try:
        if die:
            sys.settrace(_assassin(die))
        work()
        os._exit(0)
    finally:
        os._exit(1)


def _forget_connections():
    """Two processes must not share a socket."""
    connections.close_all()
    for connection in connections.all():
        if hasattr(connection, "close_pool"):
            connection.close_pool()
    transport._here.__dict__.clear()


def _assassin(die):
    def trace(frame, event, argument):
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if die(frame, event):
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


def at_line(number: int):
    """Die at the n-th line of the delivery."""
    seen = 0

    def die(frame, event):
        nonlocal seen
        seen += event == "line"
        return seen >= number

    return die


def at(function: str, event: str):
    """Die when a function begins (``call``) or is about to end (``return``)."""
    return lambda frame, happened: frame.f_code.co_name == function and happened == event


def work():
    deliver(portal())


@pytest.fixture
def story(post):
    """A card for five people and a digest of two notices for two of them, all due now."""
    people = post.people(5)
    post.say(people)
    post.say(people[:2], kind="office_ended", words={})
    post.say(people[:2], kind="branch_changed", words={})
    post.run()
    post.say(people, key="2", kind="meeting_cancelled", words={"title": "支部会议", "when": "今天"})
    post.at(8, 25)
    post.expected = {
        person: ["谈话约好了", "会议取消了：支部会议", *(["你有 2 条新通知"] if place < 2 else [])]
        for place, person in enumerate(people)
    }
    return post


def everybody_has_everything_once(post):
    for _ in range(3):
        post.wait(seconds=130)
        post.run()
    assert set(Recipient.objects.values_list("state", flat=True)) == {State.SENT}
    assert {person: sorted(post.cards(person)) for person in post.expected} == {
        person: sorted(titles) for person, titles in post.expected.items()
    }


@pytest.mark.parametrize("step", range(20))
def test_killed_anywhere(story, step):
    lines = 15 + step * 19
    ended = in_a_process(work, die=at_line(lines))
    assert ended == signal.SIGKILL, "the run had fewer lines than this"
    assert Recipient.objects.count() == 14
    everybody_has_everything_once(story)


POINTS = {
    "before planning": at("plan", "call"),
    "after planning": at("plan", "return"),
    "in the claim, before its commit": at("_lease", "return"),
    "after the claim": at("claim", "return"),
    "with the intention written, before its commit": at("_intend", "return"),
    "after the intention, before the call": at("make", "call"),
    "after the call, before recording": at("accepted", "call"),
    "with the result written, before its commit": at("_finish", "return"),
    "after everything": at("release", "call"),
}


@pytest.mark.parametrize("point", POINTS)
def test_killed_at(story, point):
    assert in_a_process(work, die=POINTS[point]) == signal.SIGKILL
    everybody_has_everything_once(story)


def test_killed_again_and_again(story):
    """Also the worker that repeats the open call dies before it can write down the answer."""
    for _ in range(2):
        assert in_a_process(work, die=at("accepted", "call")) == signal.SIGKILL
        story.wait(seconds=130)
    everybody_has_everything_once(story)


def test_without_the_duplicate_check_it_would_be_seen_twice(story, monkeypatch):
    """The control: the kill really falls between WeCom's yes and our writing it down."""
    monkeypatch.setattr(worker, "DUPLICATE_CHECK_SECONDS", 0)
    assert in_a_process(work, die=at("accepted", "call")) == signal.SIGKILL
    for _ in range(2):
        story.wait(seconds=130)
        story.run()
    assert max(len(story.cards(person)) - len(titles) for person, titles in story.expected.items()) == 1


@pytest.mark.parametrize("committed", [False, True])
def test_the_fact_and_its_message_live_and_die_together(post, committed):
    (person,) = post.people(1)

    def act():
        with transaction.atomic():
            record(None, "appointments.talk_booked")
            post.say([person])
            if not committed:
                os.kill(os.getpid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    assert in_a_process(act) == signal.SIGKILL
    post.run()
    assert AuditEntry.objects.exists() == Message.objects.exists() == committed
    assert post.cards(person) == (["谈话约好了"] if committed else [])


def test_two_workers_at_once_send_everything_once(post):
    people = post.people(40)
    for key in range(8):
        post.say(people[key * 5 : key * 5 + 5], key=str(key))
    _forget_connections()
    children = []
    for _ in range(2):
        if not (child := os.fork()):
            try:
                work()
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
    assert set(Recipient.objects.values_list("state", flat=True)) == {State.SENT}
    assert [post.cards(person) for person in people] == [["谈话约好了"]] * 40


def test_the_queue_may_be_empty_or_gone(post, monkeypatch):
    def gone():
        raise ConnectionRefusedError

    monkeypatch.setattr("notifications.outbox.wake_up", gone)
    (person,) = post.people(1)
    message = post.say([person])
    post.run()
    assert message.recipients.get().state == State.SENT
