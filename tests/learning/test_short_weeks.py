import datetime as dt

import pytest
import time_machine

from core.calendar import CalendarDay, Term
from learning.actions.weeks import warn_of_short_weeks
from learning.models import DutyWeek
from notifications.models import Message, Recipient
from tests.factories import UserFactory
from tests.granting import grant
from tests.learning.factories import ItemFactory
from tests.learning.test_weeks import MONDAY, at, scheduled

pytestmark = pytest.mark.django_db


@pytest.fixture
def editors(org):
    people = [UserFactory(name=name, branch=org.a2) for name in ("钱小文", "孙审")]
    for person in people:
        grant(person, "editor", org.college_a)
    ItemFactory(branch=org.college_a, sent_at=at("2026-10-01 10:00"))
    return people


def warn(moment):
    with time_machine.travel(f"{moment}+08:00", tick=False):
        return warn_of_short_weeks()


def told():
    rows = Recipient.objects.order_by("person__number").values_list(
        "message__key", "message__words", "person__name"
    )
    return [(key.partition(":")[2], words["count"], name) for key, words, name in rows]


def test_on_wednesday_nothing_is_planned(org, editors):
    assert warn("2026-10-14 09:11") == 1
    assert warn("2026-10-14 10:11") == 1
    assert told() == [("2026-10-14", 0, "钱小文"), ("2026-10-14", 0, "孙审")]
    assert Message.objects.get().kind == "week_short"


def test_who_is_on_duty_hears_it_alone(org, editors):
    DutyWeek.objects.create(branch=org.college_a, monday=MONDAY, editor=editors[1])
    warn("2026-10-14 09:11")
    assert told() == [("2026-10-14", 0, "孙审")]


def test_on_friday_one_is_too_few(org, editors):
    scheduled(org.college_a, "2026-10-16 15:05")
    assert warn("2026-10-14 09:11") == 0
    assert warn("2026-10-16 09:11") == 1
    assert told()[0] == ("2026-10-16", 1, "钱小文")


def test_both_occasions_of_a_week_are_said(org, editors):
    DutyWeek.objects.create(branch=org.college_a, monday=MONDAY, editor=editors[0])
    warn("2026-10-14 09:11")
    warn("2026-10-16 09:11")
    assert [key for key, _, _ in told()] == ["2026-10-14", "2026-10-16"]


def test_two_are_enough(org, editors):
    for day in (13, 16):
        scheduled(org.college_a, f"2026-10-{day} 15:05")
    assert warn("2026-10-14 09:11") == warn("2026-10-16 09:11") == 0
    assert told() == []


@pytest.mark.parametrize("moment", ["2026-10-12 09:11", "2026-10-15 09:11", "2026-10-17 09:11"])
def test_other_days_are_quiet(org, editors, moment):
    assert warn(moment) == 0


def test_nobody_is_reminded_in_the_holidays(org, editors):
    CalendarDay.objects.create(day=dt.date(2026, 10, 14), kind="holiday", name="放假")
    assert warn("2026-10-14 09:11") == 0
    Term.objects.create(name="秋", starts_on=dt.date(2026, 9, 7), ends_on=dt.date(2026, 10, 15))
    assert warn("2026-10-16 09:11") == 0
    assert told() == []
