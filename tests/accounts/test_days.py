import datetime as dt

import pytest
import time_machine

from accounts import rules
from accounts.actions import days
from accounts.actions.offices import end_office, give_office
from accounts.models import BranchRight, User


@pytest.fixture
def at():
    """Travel to nine in the morning of a day."""
    travellers = []

    def travel(day):
        traveller = time_machine.travel(f"{day} 09:00+08:00", tick=False)
        traveller.start()
        travellers.append(traveller)

    yield travel
    for traveller in reversed(travellers):
        traveller.stop()


def test_offices_begin_and_end_on_their_day(org, cast, at):
    at("2026-03-02")
    office = give_office(
        person=cast.teacher, kind="secretary", branch=org.a1, by=None, since=dt.date(2026, 3, 5)
    )
    editor = give_office(
        person=cast.member, kind="editor", branch=org.college_a, by=None, since=dt.date(2026, 3, 5)
    )
    assert days.begin() == 0
    at("2026-03-05")
    assert days.begin() == 2
    assert days.begin() == 0
    assert cast.teacher.has_right("accounts.view_person", org.a1)
    assert User.objects.filter(is_staff=True).count() == 2
    end_office(office=office, by=None, on=dt.date(2026, 6, 1))
    end_office(office=editor, by=None, on=dt.date(2026, 6, 1))
    at("2026-06-01")
    assert days.begin() == 2
    assert not BranchRight.objects.exists()
    assert not User.objects.filter(is_staff=True).exists()


def test_people_leave_on_the_day_they_said(org, cast, at):
    at("2026-06-29")
    User.objects.filter(pk=cast.member.pk).update(left_on="2026-06-30")
    assert days.begin() == 0
    at("2026-07-02")
    assert days.begin() == 1
    cast.member.refresh_from_db()
    assert (cast.member.is_active, cast.member.left_on) == (False, dt.date(2026, 6, 30))
    assert rules.branch_of(cast.member, on=dt.date(2026, 6, 29)) == org.a1
    assert rules.branch_of(cast.member) is None
