"""One run of the deliver task. Any number may run at the same time, and any may die at any line."""

import json
import time
import uuid

from django.db import transaction
from django.utils import timezone

from notifications.delivery import card_updates, gate, reactions
from notifications.delivery.claim import batches, claim, release
from notifications.delivery.plan import plan, take_back
from notifications.models import Call, State
from wecom import errors
from wecom.client import WeCom

DUPLICATE_CHECK_SECONDS = 4 * 60 * 60
LONGEST_RUN_SECONDS = 240


def deliver(wecom: WeCom) -> int:
    """Send what is due through ``wecom`` and return how many calls that took.

    Never raises for what WeCom answers: every answer has its reaction. Ends when nothing is due, when sending is
    stopped or paused, or after four minutes, so that a worker can be shut down in time.
    """
    owner, started, calls = uuid.uuid4().hex, time.monotonic(), 0
    take_back(timezone.now())
    plan(timezone.now())
    calls += _repeat_unknown(wecom, owner)
    calls += card_updates.send(wecom)
    while time.monotonic() - started < LONGEST_RUN_SECONDS and (rows := _claim(owner)):
        for batch in batches(rows):
            if call := gate.admit(batch, owner, timezone.now()):
                make(wecom, call)
                calls += 1
        release(owner, timezone.now())
    return calls


def _claim(owner: str) -> list:
    now = timezone.now()
    with transaction.atomic():
        if not gate.is_open(gate.lock_switch(now), now):
            return []
    return claim(owner, now)


def make(wecom: WeCom, call: Call) -> None:
    """Speak to WeCom outside any transaction and write down what it said."""
    try:
        sent = wecom.send(
            call.userids, json.loads(call.content), duplicate_check_seconds=DUPLICATE_CHECK_SECONDS
        )
    except errors.WeComError as error:
        reactions.refused(call, error, timezone.now())
    else:
        reactions.accepted(call, sent, timezone.now())


def _repeat_unknown(wecom: WeCom, owner: str) -> int:
    """Repeat, once and to the letter, the calls whose worker died between asking and hearing."""
    unknown = Call.objects.filter(finished_at=None, recipients__state=State.UNKNOWN).distinct()
    repeated = 0
    for call in unknown:
        if gate.admit_again(call, owner, timezone.now()):
            make(wecom, call)
            repeated += 1
    return repeated
