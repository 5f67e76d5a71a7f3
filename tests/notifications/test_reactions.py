"""What WeCom answers and what becomes of the rows: every line of the table of ``reliability.md`` §3.4."""

import datetime as dt
import time

import pytest
from django.utils import timezone

from notifications.models import Call, Recipient, SendingAlert, SendingSwitch, State
from wecom import transport

pytestmark = pytest.mark.django_db
SEND = "message/send"


def state(message) -> str:
    return message.recipients.get().state


def calls(post, path=SEND) -> int:
    return len(post.sandbox.calls(path))


def work(post, *, minutes: float, step: int = 20) -> None:
    """Let the worker run every few seconds for a while."""
    for _ in range(int(minutes * 60 / step)):
        post.wait(seconds=step)
        post.run()


def test_listed_people_are_unreachable_and_the_others_have_it(post):
    here, gone = post.people(2)
    post.introduce([here])
    message = post.say([here, gone])
    post.run()
    assert dict(message.recipients.values_list("person", "state")) == {
        here.pk: State.SENT,
        gone.pk: State.UNREACHABLE,
    }
    assert calls(post) == 1


@pytest.mark.parametrize("errcode", [None, 60111, 81013])
def test_nobody_reachable_is_final(post, errcode):
    (gone,) = post.people(1, known_to_wecom=errcode is not None)
    if errcode:
        post.sandbox.fault(SEND, errcode=errcode)
    message = post.say([gone])
    post.run()
    work(post, minutes=2)
    assert state(message) == State.UNREACHABLE
    assert calls(post) == 1


BROKEN = [
    {"errcode": -1},
    {"kind": "http", "status": 500},
    {"kind": "http", "status": 502},
    {"kind": "http", "status": 503},
    {"kind": "html"},
    {"kind": "cut"},
    {"kind": "text_errcode"},
    {"kind": "no_errcode"},
    {"kind": "big"},
    {"kind": "gzip_bomb"},
    {"kind": "redirect"},
]


@pytest.mark.parametrize(
    "fault", BROKEN, ids=lambda fault: str(fault.get("status") or next(iter(fault.values())))
)
def test_a_sick_server_is_tried_three_times_in_a_minute(post, fault):
    (person,) = post.people(1)
    message = post.say([person])
    post.sandbox.fault(SEND, **{"kind": "errcode", **fault})
    post.run()
    assert state(message) == State.RETRY
    work(post, minutes=1)
    assert calls(post) == 3
    post.sandbox.clear_faults()
    work(post, minutes=20, step=60)
    assert state(message) == State.SENT
    assert len(post.cards(person)) == 1


def test_after_six_tries_in_six_hours_it_has_failed(post):
    (person,) = post.people(1)
    message = post.say([person])
    post.sandbox.fault(SEND, errcode=-1)
    post.run()
    work(post, minutes=1)
    work(post, minutes=6 * 60, step=300)
    assert state(message) == State.FAILED
    assert message.recipients.get().last_code == -1
    assert calls(post) == 6


@pytest.mark.parametrize("errcode", [40014, 42001])
def test_a_token_that_died_early_is_renewed_once(post, errcode):
    (person,) = post.people(1)
    message = post.say([person])
    post.sandbox.fault(SEND, errcode=errcode, times=1)
    post.run()
    assert state(message) == State.SENT
    assert calls(post) == 2
    assert calls(post, "gettoken") == 2


def test_a_token_that_never_works_opens_the_circuit(post):
    (person,) = post.people(1)
    message = post.say([person])
    post.sandbox.fault(SEND, errcode=42001)
    post.run()
    assert state(message) == State.RETRY
    assert calls(post) == 2
    assert calls(post, "gettoken") <= 3
    assert SendingAlert.objects.get().category == SendingAlert.Category.CREDENTIAL


@pytest.mark.parametrize(
    ("path", "errcode", "category"),
    [
        ("gettoken", 40001, "credential"),
        (SEND, 40001, "credential"),
        (SEND, 41001, "credential"),
        (SEND, 60011, "configuration"),
        (SEND, 60020, "configuration"),
        (SEND, 48002, "configuration"),
    ],
)
def test_a_wrong_setting_stops_everything_until_somebody_resumes(post, path, errcode, category):
    people = post.people(2)
    first = post.say(people, key="1")
    post.say(people, key="2")
    post.sandbox.fault(path, errcode=errcode)
    post.run()
    work(post, minutes=5, step=60)
    assert calls(post, path) == 1
    switch = SendingSwitch.objects.get()
    assert switch.stopped_at
    assert switch.reason
    assert SendingAlert.objects.get().category == category
    assert set(first.recipients.values_list("state", flat=True)) == {State.RETRY}
    post.sandbox.clear_faults()
    SendingSwitch.objects.update(stopped_at=None, reason="")
    post.run()
    assert set(Recipient.objects.values_list("state", flat=True)) == {State.SENT}
    assert len(post.cards(people[0])) == 2


def test_over_the_limit_the_whole_app_rests_for_the_window(post):
    people = post.people(2)
    first = post.say(people[:1], key="1")
    second = post.say(people[1:], key="2")
    post.sandbox.fault(SEND, errcode=45009, times=1)
    post.run()
    assert calls(post) == 1
    post.wait(seconds=50)
    post.run()
    assert calls(post) == 1
    post.wait(seconds=20)
    post.run()
    assert (state(first), state(second)) == (State.SENT, State.SENT)
    assert first.recipients.get().tries == 0


def test_too_many_at_once_halves_the_number_of_calls(post):
    (person,) = post.people(1)
    message = post.say([person])
    post.sandbox.fault(SEND, errcode=45033, times=1)
    post.run()
    assert SendingSwitch.objects.get().concurrency == SendingSwitch.MOST_CALLS // 2
    row = message.recipients.get()
    assert row.state == State.RETRY
    assert dt.timedelta(seconds=0) < row.next_try - timezone.now() <= dt.timedelta(seconds=15)
    post.wait(seconds=15)
    post.run()
    assert state(message) == State.SENT
    post.wait(minutes=11)
    post.run()
    assert SendingSwitch.objects.get().concurrency == SendingSwitch.MOST_CALLS


@pytest.mark.parametrize("errcode", [44004, 45002, 40058])
def test_bad_content_fails_at_once(post, errcode):
    (person,) = post.people(1)
    message = post.say([person])
    post.sandbox.fault(SEND, errcode=errcode)
    post.run()
    work(post, minutes=2)
    assert state(message) == State.FAILED
    assert calls(post) == 1
    assert SendingAlert.objects.get().category == SendingAlert.Category.CONTENT


@pytest.fixture
def impatient(monkeypatch):
    """Time-outs of a real call in tenths of a second."""
    monkeypatch.setattr(transport, "READ_SECONDS", 0.2)
    monkeypatch.setattr(transport._here, "gateways", {}, raising=False)


def recorded(post, count: int) -> list[dict]:
    """The sending calls, once the sandbox has ended this many: it is slower than we are patient."""
    deadline = time.perf_counter() + 10
    while len(found := post.sandbox.calls(SEND)) < count:
        assert time.perf_counter() < deadline
    return found


@pytest.mark.parametrize("after", [True, False], ids=["heard", "unheard"])
def test_silence_after_sending_is_repeated_to_the_letter(post, impatient, after):
    (person,) = post.people(1)
    message = post.say([person])
    post.sandbox.fault(SEND, "slow", seconds=0.5, times=1, after=after)
    post.run()
    assert state(message) == State.UNKNOWN
    post.wait(seconds=5)
    assert post.run() == 1
    assert state(message) == State.SENT
    first, second = recorded(post, 2)
    assert first["body"] == second["body"]
    assert len(post.cards(person)) == 1


def test_silence_twice_counts_as_sent(post, impatient):
    (person,) = post.people(1)
    message = post.say([person])
    post.sandbox.fault(SEND, "slow", seconds=0.5)
    for _ in range(4):
        post.run()
        post.wait(seconds=10)
    assert state(message) == State.SENT
    assert len(recorded(post, 2)) == 2
    assert SendingAlert.objects.get().category == SendingAlert.Category.UNKNOWN
    assert Call.objects.get().finished_at


def test_a_call_cut_in_mid_answer_is_never_sent(post):
    (person,) = post.people(1)
    message = post.say([person])
    post.sandbox.fault(SEND, "reset", times=1)
    post.run()
    assert state(message) in {State.RETRY, State.UNKNOWN}
    post.wait(seconds=15)
    post.run()
    assert state(message) == State.SENT
    assert len(post.cards(person)) == 1
