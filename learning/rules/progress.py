"""Who has not done it, and whom one may remind: the learner and the secretary look at the same rows (C4, S51)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, F, FloatField, Q, QuerySet
from django.utils import timezone

from accounts.models import Branch, Membership, User
from learning.models import Assignee, Assignment, Attempt, Quiz
from learning.models.assignment import AssigneeQuerySet

VIEW = "learning.view_progress"
EXPORT = "learning.export_progress"
MOST_NUDGES = 2
BETWEEN_NUDGES = timedelta(hours=48)
FEWEST_TAKERS = 5
LISTED = timedelta(days=180)


def on_the_list() -> AssigneeQuerySet:
    """The one source of "who has to do what": rows that count today, of people who are still here."""
    return Assignee.objects.standing().filter(person__is_active=True)


def not_done() -> AssigneeQuerySet:
    return on_the_list().filter(done_at=None)


def tasks_of(user: User) -> QuerySet[Assignment]:
    """Tasks of people in the branches whose progress ``user`` sees, with ``total`` and ``done`` among them.

    The latest due first; those that were due more than half a year ago are left out.
    """
    seen = on_the_list().in_branches_of(user, VIEW)
    counts = Q(assignees__in=seen.values("pk"))
    return (
        Assignment.objects.standing()
        .filter(due_at__gt=timezone.now() - LISTED)
        .annotate(
            total=Count("assignees", filter=counts),
            done=Count("assignees", filter=counts & Q(assignees__done_at__isnull=False)),
        )
        .filter(total__gt=0)
        .select_related("course__current", "quiz", "branch")
        .order_by("-due_at", "-pk")
    )


def open_rows(assignment: Assignment, user: User, right: str = VIEW) -> QuerySet[Assignee]:
    """Who has not done it, among the people of the branches where ``user`` holds ``right``, by number."""
    rows = not_done().in_branches_of(user, right).filter(assignment=assignment)
    return rows.select_related("person").prefetch_related("nudges__by").order_by("person__number")


def own_rows(person: User) -> QuerySet[Assignee]:
    """What a person has to do or did, as he sees it himself."""
    return (
        on_the_list().filter(person=person).select_related("assignment__course__current", "assignment__quiz")
    )


def has_begun(assignment: Assignment, now: datetime) -> bool:
    """A course can be studied at once, a quiz from its opening on."""
    quiz = assignment.quiz
    return quiz is None or quiz.opens_at is None or quiz.opens_at <= now


def why_not(row: Assignee, by: User, now: datetime) -> str:
    """Why a person cannot be reminded by ``by`` now; empty when he can. ``nudges`` of the row are loaded."""
    nudges = sorted(row.nudges.all(), key=lambda nudge: nudge.number)
    if row.person_id == by.pk:
        return "是你自己"
    if len(nudges) >= MOST_NUDGES:
        return f"已经提醒过 {MOST_NUDGES} 次"
    if nudges and nudges[-1].at > now - BETWEEN_NUDGES:
        again = timezone.localtime(nudges[-1].at + BETWEEN_NUDGES)
        return f"48 小时内提醒过，{again.month} 月 {again.day} 日 {again:%H:%M} 后可以再提醒"
    return ""


def branch_names(people: list[int]) -> dict[int, str]:
    """Where people belong today: the party branch, else the league branch. One query."""
    stays = Membership.objects.on(timezone.localdate()).filter(
        person__in=people, side__in=(Membership.Side.PARTY, Membership.Side.LEAGUE)
    )
    # of two sides the party's comes last and stays
    return dict(stays.order_by("side").values_list("person", "branch__name"))


@dataclass(frozen=True)
class Average:
    branch: str
    takers: int
    percent: int


def averages(quiz: Quiz, user: User) -> list[Average]:
    """Mean results of a closed quiz, for each party branch of ``user`` with five takers or more. One query.

    Each branch stands for its own people, never for those below it, and nothing is shown while people still
    take it: the difference of two averages must not tell one person's result (``domain.md`` G9).
    """
    if quiz.closes_at is None or quiz.closes_at > timezone.now() or quiz.withdrawn_at:
        return []
    today, stay = timezone.localdate(), "person__memberships"
    found = (
        Attempt.objects.counted()
        .filter(
            Q(**{f"{stay}__until": None}) | Q(**{f"{stay}__until__gt": today}),
            quiz=quiz,
            full__gt=0,
            **{
                f"{stay}__side": Membership.Side.PARTY,
                f"{stay}__since__lte": today,
                f"{stay}__branch__in": Branch.objects.where(user, VIEW),
            },
        )
        .values(name=F(f"{stay}__branch__name"), place=F(f"{stay}__branch"))
        .annotate(
            takers=Count("person", distinct=True),
            percent=Avg(F("score") * 100 / F("full"), output_field=FloatField()),
        )
        .filter(takers__gte=FEWEST_TAKERS)
        .order_by("name", "place")
    )
    return [Average(row["name"], row["takers"], round(row["percent"])) for row in found]
