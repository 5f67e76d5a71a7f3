import datetime as dt

import pytest
from django.utils import timezone

from core.calendar import Term
from learning.models import DutyWeek, Item
from learning.rules import weeks
from tests.learning.factories import ItemFactory

pytestmark = pytest.mark.django_db

MONDAY = dt.date(2026, 10, 12)


def at(text):
    return timezone.make_aware(dt.datetime.fromisoformat(text))


@pytest.mark.parametrize("day", ["2026-10-12", "2026-10-16", "2026-10-18"])
def test_a_week_begins_on_monday(day):
    assert weeks.monday_of(dt.date.fromisoformat(day)) == MONDAY


def test_a_moment_belongs_to_the_week_of_the_school():
    sunday_in_london = dt.datetime(2026, 10, 11, 16, 30, tzinfo=dt.UTC)
    assert weeks.monday_of(sunday_in_london) == MONDAY
    assert weeks.monday_of(sunday_in_london - dt.timedelta(hours=1)) == MONDAY - dt.timedelta(weeks=1)


def test_the_week_of_new_year_is_one_week():
    assert weeks.monday_of(dt.date(2027, 1, 3)) == weeks.monday_of(dt.date(2026, 12, 28))


def scheduled(branch, when, **fields):
    approved = {"reviewer": ItemFactory(branch=branch).reviewer, "reviewed_at": at("2026-10-01 10:00")}
    return ItemFactory(branch=branch, state="scheduled", scheduled_at=at(when), **approved, **fields)


def test_what_counts_is_sent_or_scheduled_by_the_branch_itself(org):
    sent = ItemFactory(branch=org.a1, sent_at=at("2026-10-12 00:00"))
    planned = scheduled(org.a1, "2026-10-18 23:59")
    ItemFactory(branch=org.a1, sent_at=at("2026-10-19 00:00"))
    ItemFactory(branch=org.college_a, sent_at=at("2026-10-13 10:00"))
    ItemFactory(branch=org.a1, state="draft")
    gone = ItemFactory(branch=org.a1, sent_at=at("2026-10-14 10:00"))
    Item.objects.filter(pk=gone.pk).update(
        state="withdrawn", withdrawn_at=timezone.now(), withdrawn_by=gone.author, withdraw_reason="有误"
    )
    assert set(weeks.sent_or_planned(org.a1, MONDAY)) == {sent, planned}


@pytest.mark.parametrize(
    ("count", "words"), [(0, "不到 2 篇"), (1, "不到 2 篇"), (2, ""), (3, ""), (4, "超过 3 篇")]
)
def test_two_or_three_a_week(count, words):
    assert weeks.warning(count) == words


def test_duty_is_for_terms(org):
    assert weeks.is_term_time(MONDAY)
    Term.objects.create(name="秋", starts_on=dt.date(2026, 9, 7), ends_on=dt.date(2027, 1, 15))
    assert weeks.is_term_time(MONDAY)
    assert not weeks.is_term_time(dt.date(2027, 2, 3))


def test_the_editor_on_duty_still_has_his_account(org, cast):
    DutyWeek.objects.create(branch=org.a1, monday=MONDAY, editor=cast.teacher)
    assert weeks.editor_on_duty(org.a1, MONDAY) == cast.teacher
    type(cast.teacher).objects.filter(pk=cast.teacher.pk).update(is_active=False)
    assert weeks.editor_on_duty(org.a1, MONDAY) is None


def test_the_weekly_duty_is_of_branches_that_publish(org, cast):
    ItemFactory(branch=org.college_a, sent_at=at("2026-09-20 10:00"))
    ItemFactory(branch=org.college_b, sent_at=at("2026-06-20 10:00"))
    ItemFactory(branch=org.b1, state="draft")
    DutyWeek.objects.create(branch=org.a1, monday=MONDAY, editor=cast.teacher)
    assert set(weeks.publishing_branches(MONDAY)) == {org.college_a, org.a1}
