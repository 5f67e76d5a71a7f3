"""The month-end quiz: which month, when it is open, and which questions it asks (``domain.md`` §1.9)."""

import random
from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import Branch
from learning.models import Item, QuestionVersion, Quiz

ASSEMBLED_ON = 25
WARNED_FROM = 20
FEWEST, MOST = 5, 15
OPENS, CLOSES = time(8), time(22)
OPEN_DAYS = 3


def period_of(day: date) -> str:
    """The month of a day: ``2026-11``."""
    return f"{day:%Y-%m}"


def first_day(period: str) -> date:
    """The first day of a month. Raises ``ValueError`` for what is no month."""
    return date.fromisoformat(f"{period}-01")


def periods_due(today: date) -> list[str]:
    """The months whose quiz should exist on a day: the last one, and this one from the 25th on."""
    last = period_of(today.replace(day=1) - timedelta(days=1))
    return [last, period_of(today)] if today.day >= ASSEMBLED_ON else [last]


def title_of(period: str) -> str:
    first = first_day(period)
    return f"{first.year} 年 {first.month} 月测评"


def assembled_at(period: str) -> datetime:
    """The first moment of the 25th in Asia/Shanghai, wherever the server stands."""
    return _at(first_day(period).replace(day=ASSEMBLED_ON), time.min)


def window(period: str) -> tuple[datetime, datetime]:
    """Open from the third last day of the month, 08:00, to its last day, 22:00."""
    first = first_day(period)
    last = first.replace(day=monthrange(first.year, first.month)[1])
    return _at(last - timedelta(days=OPEN_DAYS - 1), OPENS), _at(last, CLOSES)


def window_from(period: str, now: datetime) -> tuple[datetime, datetime]:
    """The window of a quiz assembled at ``now``: the regular one, or as many days from now when that has begun."""
    opens, closes = window(period)
    if now < opens:
        return opens, closes
    local = timezone.localtime(now)
    if local.time() >= CLOSES:
        opens = _at(local.date() + timedelta(days=1), OPENS)
    else:
        opens = max(local, _at(local.date(), OPENS))
    return opens, _at(timezone.localdate(opens) + timedelta(days=OPEN_DAYS - 1), CLOSES)


def candidates(branch: Branch, period: str) -> QuerySet[QuestionVersion]:
    """What can be asked about the month: usable questions of items of ``branch`` that went out and still stand.

    Only what was sent and approved before the regular opening counts. So a quiz that is assembled late, because
    the scheduler was down, comes from the same questions, and a month that was short stays short.
    """
    opens, closes = window(period)
    items = Item.objects.sent_in(period).filter(branch=branch, sent_at__lt=opens)
    return (
        QuestionVersion.objects.usable(timezone.localdate())
        .filter(
            Q(valid_until=None) | Q(valid_until__gt=timezone.localdate(closes)),
            question__retired_at=None,
            question__item__in=items.values("pk"),
            reviewed_at__lt=opens,
        )
        .select_related("question")
        .order_by("question__item__sent_at", "question__item", "question", "pk")
    )


def shortages(period: str, branches: QuerySet[Branch]) -> list[tuple[Branch, int]]:
    """Which of ``branches`` lack how many questions for the quiz of a month, as far as one can see now. One query.

    Until the 25th the items count that are to go out by then. A branch that has sent and planned nothing, or whose
    quiz is made, lacks nothing.
    """
    start, (opens, closes) = assembled_at(period), window(period)
    there = Q(items__in=Item.objects.sent_in(period).filter(sent_at__lt=opens).values("pk"))
    if timezone.now() < start:
        first = _at(first_day(period), time.min)
        there |= Q(
            items__state=Item.State.SCHEDULED,
            items__scheduled_at__gte=first,
            items__scheduled_at__lt=start,
        )
    usable = QuestionVersion.objects.usable(timezone.localdate()).filter(
        Q(valid_until=None) | Q(valid_until__gt=timezone.localdate(closes)), question__retired_at=None
    )
    made = Quiz.objects.filter(kind=Quiz.Kind.MONTH_END, period=period).values("branch")
    counted = (
        branches.filter(there, until=None)
        .exclude(pk__in=made)
        .annotate(
            usable=Count(
                "items__questions__versions",
                filter=Q(items__questions__versions__in=usable.values("pk")),
                distinct=True,
            )
        )
        .filter(usable__lt=FEWEST)
        .order_by("pk")
    )
    return [(branch, FEWEST - branch.usable) for branch in counted]


def is_time_to_warn(now: datetime) -> bool:
    """From five days before the 25th until the quiz of this month should open."""
    local = timezone.localtime(now)
    return local.day >= WARNED_FROM and now < window(period_of(local.date()))[0]


def branches_of(period: str) -> QuerySet[Branch]:
    """The open branches whose items went out in a month."""
    return Branch.objects.filter(until=None, pk__in=Item.objects.sent_in(period).values("branch"))


def branches_told(branch: Branch, period: str) -> QuerySet[Branch]:
    """The open branches the items of ``branch`` went to in a month, such as the College's League."""
    items = Item.objects.sent_in(period).filter(branch=branch)
    return Branch.objects.filter(until=None, audiences__items__in=items).distinct()


def choose(
    found: Sequence[QuestionVersion],
    *,
    seed: str,
    kept: Iterable[QuestionVersion] = (),
    fewest: int = FEWEST,
) -> list[QuestionVersion]:
    """One question of each item, at most 15; second ones only to reach ``fewest``, spread over the items.

    ``kept`` are asked in any case. The same ``seed`` chooses the same of the same. In the order of ``found``, which
    is that of the items.
    """
    rng = random.Random(seed)  # noqa: S311 - chance, not secrecy
    picked = {version.pk: version for version in kept}
    rest: dict[int | None, list[QuestionVersion]] = {}
    for version in found:
        if version.pk not in picked:
            rest.setdefault(version.question.item_id, []).append(version)
    for versions in rest.values():
        rng.shuffle(versions)
    asked = {version.question.item_id for version in picked.values()}
    fresh = [item for item in rest if item not in asked]
    for item in rng.sample(fresh, min(len(fresh), max(0, MOST - len(picked)))):
        version = rest[item].pop()
        picked[version.pk] = version
    while len(picked) < min(fewest, MOST) and any(rest.values()):
        for item in [item for item in rest if rest[item]][: fewest - len(picked)]:
            version = rest[item].pop()
            picked[version.pk] = version
    return [version for version in found if version.pk in picked]


def _at(day: date, clock: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, clock))
