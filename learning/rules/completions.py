"""Who completed which course, as lines of a sheet and of the party-school page (``domain.md`` S52, D54)."""

from collections import defaultdict

from django.utils import timezone

from accounts.models import Membership, User
from learning.models import Completion, Course

Lines = tuple[list[str], list[list[str]], set[int]]


def completion_lines(branches, *, course: Course | None = None, series: str = "") -> Lines:
    """Headings, one line for each completion of people in ``branches``, and whose they are. One query."""
    people = Membership.objects.current().filter(branch__in=branches).values("person")
    rows = Completion.objects.filter(person__in=people).select_related("person", "version", "confirmed_by")
    rows = rows.filter(course=course) if course else rows
    rows = rows.filter(course__series=series) if series else rows
    headings = ["学号或工号", "姓名", "当时所在支部", "课程", "版本", "学完日期", "确认日期", "确认人"]
    lines = [
        [
            row.person.number,
            row.person.name,
            row.branch_name,
            row.version.title,
            f"第 {row.version.number} 版",
            _day(row.completed_at),
            _day(row.confirmed_at),
            row.confirmed_by.name if row.confirmed_by else "",
        ]
        for row in rows.order_by("person__number", "course", "version__number")
    ]
    return headings, lines, {row.person_id for row in rows}


def school_courses():
    """The party-school courses that are published, in order."""
    series = Course.objects.published().filter(series=Course.Series.PARTY_SCHOOL)
    return list(series.select_related("current"))


def school_table(people: list[User], courses: list[Course]) -> list[tuple[User, list[Completion | None]]]:
    """For each of ``people`` his latest completion of each course, whatever version. One query."""
    found: dict[int, dict[int, Completion]] = defaultdict(dict)
    rows = Completion.objects.filter(person__in=people, course__in=courses)
    for row in rows.select_related("version").order_by("version__number"):
        found[row.person_id][row.course_id] = row
    return [(person, [found[person.pk].get(course.pk) for course in courses]) for person in people]


def activists_in(branches):
    """The activists who belong to ``branches`` today, by number."""
    return User.objects.active().activists().in_branches(branches).order_by("number")


def school_lines(branches, *, course: Course | None = None, series: str = "") -> Lines:
    """Headings, one line for each activist in ``branches`` with the day of every party-school course. Few queries."""
    courses = school_courses()
    people = list(activists_in(branches)) if courses else []
    headings = [
        "学号或工号",
        "姓名",
        "发展阶段",
        *(str(one.current.title) for one in courses),
        "学完几门",
        "已确认几门",
    ]
    lines = []
    for person, done in school_table(people, courses):
        days = [_day(row.completed_at) if row else "" for row in done]
        confirmed = sum(row is not None and row.confirmed_at is not None for row in done)
        complete = sum(row is not None for row in done)
        lines.append(
            [person.number, person.name, person.get_stage_display(), *days, str(complete), str(confirmed)]
        )
    return headings, lines, {person.pk for person in people}


def _day(moment) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d}" if moment else ""
