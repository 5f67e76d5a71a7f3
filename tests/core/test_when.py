"""Day words are counted in Shanghai, whatever the server or the data think."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from core.templatetags.when import When, words

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = dt.datetime(2026, 11, 28, 10, 0, tzinfo=SHANGHAI)  # a Saturday


def at(month, day, hour=0, minute=0, year=2026):
    return dt.datetime(year, month, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(11, 20, 9), When("11/20", "09:00", True)),
        (at(11, 27, 23, 59), When("昨天", "23:59", True)),
        (at(11, 28, 19), When("今天", "19:00", True)),
        (at(11, 29, 9, 59), When("明天", "09:59", True)),
        (at(11, 29, 10), When("明天", "10:00", False)),
        (at(11, 30, 23, 59), When("后天", "23:59", False)),
        (at(12, 1, 19, 30), When("周二", "19:30", False)),
        (at(12, 4, 8), When("周五", "08:00", False)),
        (at(12, 5, 8), When("12/5", "08:00", False)),
        (at(1, 5, 8, year=2027), When("1/5", "2027 年", False)),
    ],
)
def test_moments(moment, expected):
    assert words(moment, now=NOW) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (at(11, 27), When("昨天", "11/27", True)),
        (at(11, 28), When("今天", "11/28", True)),
        (at(11, 29), When("明天", "11/29", False)),
        (at(11, 30), When("后天", "11/30", False)),
        (at(12, 1), When("周二", "12/1", False)),
        (at(12, 15), When("12/15", "周二", False)),
        (at(1, 5, year=2027), When("1/5", "2027 年", False)),
    ],
)
def test_whole_days(day, expected):
    assert words(day, now=NOW, all_day=True) == expected


def test_the_day_changes_at_midnight_in_shanghai_not_in_utc():
    late = dt.datetime(2026, 11, 28, 15, 59, tzinfo=dt.UTC)  # 23:59 in Shanghai
    midnight = dt.datetime(2026, 11, 28, 16, 0, tzinfo=dt.UTC)
    due = at(11, 29, 12)
    assert words(due, now=late).first == "明天"
    assert words(due, now=midnight).first == "今天"
