"""What an item must be before others see it, and when it may go out (``domain.md`` §1.9, S49, D26)."""

import datetime as dt

from django.utils import timezone

from accounts.models import User
from learning.models import Item, QuestionVersion, Subscription
from learning.rules.questions import problems_of as question_problems

CHARACTERS_PER_MINUTE = 400
LONGEST = 3  # minutes
FIRST_HOUR, LAST_HOUR = dt.time(8), dt.time(21)
# WeCom is slowest around the hour and the half hour (``reliability.md`` B6).
CROWDED_MINUTES = {58, 59, 0, 1, 2, 28, 29, 30, 31, 32}

Version = QuestionVersion.State


def length(text: str) -> int:
    """Characters without spaces and line breaks."""
    return len("".join(text.split()))


def estimated_minutes(text: str) -> int:
    """How long one reads, in whole minutes, at 400 Chinese characters a minute."""
    return max(1, -(-length(text) // CHARACTERS_PER_MINUTE))


def problems_of(item: Item) -> list[str]:
    """What stops the review of an item, as sentences; its unfinished questions included."""
    problems = []
    if not item.title.strip():
        problems.append("还没有标题。")
    if not item.text.strip():
        problems.append("还没有正文。")
    if not item.summary.strip():
        problems.append("还没有摘要：一两句话，列表里会显示。")
    if too_long := length_problem(item):
        problems.append(too_long)
    return problems + _problems_of_questions(item)


def length_problem(item: Item) -> str:
    """Why an item is too long for a push, or nothing. A draft may be; it is not reviewed so."""
    most = LONGEST * CHARACTERS_PER_MINUTE
    if length(item.text) > most:
        return f"正文约 {length(item.text)} 字，{LONGEST} 分钟读不完。请删到 {most} 字以内，或者分成两篇。"
    if item.minutes > LONGEST:
        return f"写的是约 {item.minutes} 分钟读完，每篇要在 {LONGEST} 分钟内。"
    return ""


def latest_versions(item: Item):
    """The newest version of each question of the item that is not retired, oldest question first. One query."""
    rows = QuestionVersion.objects.filter(question__item=item, question__retired_at=None)
    newest: dict[int, QuestionVersion] = {}
    for version in rows.select_related("question", "image").order_by("question", "-number"):
        version.question.item = item
        newest.setdefault(version.question_id, version)
    return list(newest.values())


def sending_problem(at: dt.datetime, *, now: dt.datetime | None = None) -> str:
    """Why an item cannot be scheduled for ``at``, or nothing."""
    local = timezone.localtime(at)
    if at <= (now or timezone.now()):
        return "这个时间已经过去了，请选一个以后的时间。"
    if not is_sending_time(at):
        return "请选周一到周五、08:00 到 21:00 之间的时间。"
    if local.minute in CROWDED_MINUTES:
        return "整点和半点前后两分钟企业微信很忙，请错开，例如 10:05 或 10:35。"
    return ""


def is_sending_time(at: dt.datetime) -> bool:
    """Whether it is a weekday between 08:00 and 21:00 in the school's time zone."""
    local = timezone.localtime(at)
    return local.weekday() < 5 and FIRST_HOUR <= local.time().replace(second=0, microsecond=0) <= LAST_HOUR


def recipients(item: Item):
    """The people a sending reaches now: the audience, or those of it who subscribe to the topic."""
    people = item.audience.people()
    if item.only_subscribers:
        people = people.filter(pk__in=Subscription.objects.filter(topic=item.topic).values("person"))
    return people


def has_written(item: Item, person: User) -> bool:
    """Whether the text is the person's own, which somebody else has to approve."""
    return person.pk in {item.author_id, item.changed_by_id}


def _problems_of_questions(item: Item) -> list[str]:
    versions = latest_versions(item)
    if not versions:
        return ["还没有题目：每篇至少一道，月末测评从这些题里出。"]
    found = []
    for number, version in enumerate(versions, start=1):
        found += [f"第 {number} 题：{problem}" for problem in question_problems(version)]
    return found
