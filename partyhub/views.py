from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Membership
from accounts.roles import Stage
from core.htmx import render_block
from learning.pushes import pushes_for
from notifications.inbox import unread_count
from partyhub.todos import todos_for

ROWS_ON_HOME = 5
GROWTH = [
    (Stage.APPLICANT, "申请人"),
    (Stage.ACTIVIST, "积极分子"),
    (Stage.TARGET, "发展对象"),
    (Stage.PROBATIONARY, "预备党员"),
    (Stage.FULL, "正式党员"),
]


@require_safe
def home(request):
    """首页: who I am and what is due."""
    todos = todos_for(request.user)
    context = {
        "branch_name": own_branch_name(request.user),
        "unread": unread_count(request.user),
        "count": len(todos),
        "todos": todos[:ROWS_ON_HOME],
        "pushes": pushes_for(request.user),
    }
    return render_block(request, "home/home.html", "todos", context)


@require_safe
def todos(request):
    """Every to-do, when the home page has no room for all."""
    return render(request, "home/todos.html", {"todos": todos_for(request.user)})


@require_safe
def me(request):
    """我的: my own record and settings."""
    user, today = request.user, timezone.localdate()
    context = {
        "branch_name": own_branch_name(user),
        "unread": unread_count(user),
        "steps": growth_steps(user),
        "offices": user.offices.on(today).select_related("branch"),
        "contacts": user.contacts.on(today).select_related("contact"),
        "room": user.room_assignments.on(today).select_related("room__building").first(),
    }
    return render(request, "home/me.html", context)


def own_branch_name(user) -> str:
    """The party branch a person belongs to today, else the league branch, else nothing."""
    names = dict(
        user.memberships.on(timezone.localdate()).values_list("side", "branch__name"),
    )
    return names.get(Membership.Side.PARTY) or names.get(Membership.Side.LEAGUE, "")


def growth_steps(user) -> list[dict]:
    """The five stages on the way into the party; a date stands only where a fact was recorded."""
    dates = dict(
        user.stage_changes.filter(voided_at=None)
        .order_by("effective_on")
        .values_list("stage", "effective_on")
    )
    stages = [stage for stage, _ in GROWTH]
    reached = stages.index(user.stage) if user.stage in stages else -1
    return [
        {"label": label, "on": dates.get(stage), "done": place < reached, "current": place == reached}
        for place, (stage, label) in enumerate(GROWTH)
    ]
