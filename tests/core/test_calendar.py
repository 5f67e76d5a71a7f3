"""The real arrangement of 2026, and years that are not announced."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError

from core.audit.models import AuditEntry
from core.calendar import (
    CalendarDay,
    Term,
    add_working_days,
    is_provisional,
    is_working_day,
    load_holidays,
    teaching_week,
    term_of,
)

pytestmark = pytest.mark.django_db


def day(text):
    return dt.date.fromisoformat(text)


@pytest.fixture
def year_2026():
    load_holidays(year=2026)


@pytest.fixture
def term():
    return Term.objects.create(
        name="2026—2027 学年第一学期", starts_on=day("2026-09-07"), ends_on=day("2027-01-15")
    )


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("2026-01-01", False),  # Thursday, New Year
        ("2026-01-02", False),  # Friday, bridged
        ("2026-01-04", True),  # Sunday, made up
        ("2026-02-14", True),  # Saturday before Spring Festival, made up
        ("2026-02-15", False),
        ("2026-02-23", False),  # Monday, ninth day of Spring Festival
        ("2026-02-28", True),  # Saturday, made up
        ("2026-05-09", True),
        ("2026-06-19", False),  # Dragon Boat Festival, Friday
        ("2026-09-20", True),
        ("2026-10-07", False),
        ("2026-10-10", True),
        ("2026-11-22", False),  # a plain Sunday
        ("2026-11-23", True),
    ],
)
@pytest.mark.usefixtures("year_2026")
def test_2026_as_announced(text, works):
    assert is_working_day(day(text)) is works


def test_2026_is_complete():
    assert load_holidays(year=2026) == 39
    assert CalendarDay.objects.filter(kind="holiday").count() == 33
    assert list(CalendarDay.objects.filter(name="端午").values_list("day", flat=True).order_by("day")) == [
        day("2026-06-19"),
        day("2026-06-20"),
        day("2026-06-21"),
    ]
    assert not is_provisional(2026)


def test_loading_again_changes_nothing_and_keeps_what_people_wrote():
    load_holidays(year=2026)
    CalendarDay.objects.filter(day=day("2026-10-10")).update(kind="holiday", name="校庆")
    assert load_holidays(year=2026) == 0
    assert CalendarDay.objects.get(day=day("2026-10-10")).name == "校庆"
    assert not is_working_day(day("2026-10-10"))
    assert AuditEntry.objects.filter(action="core.holidays_loaded").count() == 1


def test_a_year_not_announced_says_so_and_follows_the_week(capsys):
    call_command("load_holidays", "2027")
    assert "还没有公布" in capsys.readouterr().out
    assert is_provisional(2027)
    assert not is_working_day(day("2027-10-01"))
    assert is_working_day(day("2027-02-08"))
    call_command("load_holidays", "2027")
    assert "新增 0 天" in capsys.readouterr().out


def test_the_announcement_replaces_what_was_provisional():
    CalendarDay.objects.create(day=day("2026-10-08"), kind="holiday", name="猜的", provisional=True)
    load_holidays(year=2026)
    assert is_working_day(day("2026-10-08"))


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        ("2026-02-13", 1, "2026-02-14"),
        ("2026-02-13", 2, "2026-02-24"),
        ("2026-09-30", 3, "2026-10-10"),
        ("2026-10-10", -3, "2026-09-30"),
        ("2026-10-01", 0, "2026-10-01"),
        ("2026-01-31", 200, "2026-11-24"),
    ],
)
@pytest.mark.usefixtures("year_2026")
def test_counting_working_days(start, n, end):
    assert add_working_days(day(start), n) == day(end)


def test_a_closure_longer_than_one_look_ahead():
    CalendarDay.objects.bulk_create(
        CalendarDay(day=day("2028-01-01") + dt.timedelta(days=n), kind="holiday", name="闭校")
        for n in range(90)
    )
    assert add_working_days(day("2027-12-31"), 1) == day("2028-03-31")


def test_exams_follow_the_plain_week():
    CalendarDay.objects.create(day=day("2028-01-08"), kind="exam", name="期末考试")
    CalendarDay.objects.create(day=day("2028-01-10"), kind="exam", name="期末考试")
    assert not is_working_day(day("2028-01-08"))
    assert is_working_day(day("2028-01-10"))


def test_weeks_of_a_term(term):
    assert teaching_week(day("2026-09-07")) == 1
    assert teaching_week(day("2026-09-13")) == 1
    assert teaching_week(day("2026-09-14")) == 2
    assert teaching_week(day("2026-09-06")) is None
    assert term_of(day("2027-01-15")) == term
    assert term_of(day("2027-01-16")) is None


def test_a_term_that_starts_in_mid_week_counts_from_its_monday():
    Term.objects.create(name="春季", starts_on=day("2027-02-24"), ends_on=day("2027-07-01"))
    assert (teaching_week(day("2027-02-28")), teaching_week(day("2027-03-01"))) == (1, 2)


def test_terms_neither_overlap_nor_end_before_they_start(term):
    with pytest.raises(ValidationError, match="重叠"):
        Term(name="小学期", starts_on=day("2027-01-15"), ends_on=day("2027-02-15")).full_clean()
    with pytest.raises(IntegrityError):
        Term.objects.create(name="反了", starts_on=day("2028-02-01"), ends_on=day("2028-01-01"))
