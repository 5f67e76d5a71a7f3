"""Who has not done it: one's own tasks, and those of the people one looks after (``targets.md`` C4)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError
from core.htmx import render_block
from learning.actions.assignments import address
from learning.actions.nudges import nudge
from learning.actions.outstanding import export_progress
from learning.rules import progress
from learning.rules.assignments import ASSIGN

PEOPLE_PER_PAGE = 100
TASKS_PER_PAGE = 50
DONE_SHOWN = 10


@require_GET
def own_tasks(request):
    """What I have to study, who reminded me of it and when, and what I have done lately."""
    rows = progress.own_rows(request.user)
    now = timezone.now()
    todo = list(
        rows.filter(done_at=None, assignment__due_at__gt=now - progress.LISTED)
        .prefetch_related("nudges__by")
        .order_by("assignment__due_at", "pk")
    )
    for row in todo:
        row.url = address(row.assignment)
        row.has_begun = progress.has_begun(row.assignment, now)
    done = rows.exclude(done_at=None).order_by("-done_at", "-pk")[:DONE_SHOWN]
    return render(request, "learning/tasks.html", {"todo": todo, "done": done})


@require_GET
def task_list(request):
    """The tasks of my branches, with how many have done them."""
    _need(request.user, progress.VIEW)
    tasks = list(progress.tasks_of(request.user)[:TASKS_PER_PAGE])
    return render(request, "learning/progress.html", {"tasks": tasks})


@require_GET
def task(request, pk):
    """Who has not done it, by number; no results of anybody."""
    return _task_page(request, _task(request.user, pk))


@require_http_methods(["GET", "POST"])
def nudge_people(request, pk):
    """Ask before reminding exactly those who have not done it; then do it."""
    assignment = _task(request.user, pk, ASSIGN)
    if request.method == "POST":
        try:
            count = nudge(assignment=assignment, by=request.user)
        except DomainError as error:
            return _nudge_page(request, assignment, error)
        messages.success(request, f"提醒了 {count} 人")
        return redirect("learning:progress_of", pk)
    return _nudge_page(request, assignment)


@require_POST
def export(request, pk):
    """The list of those who have not done it, as a file of mine."""
    assignment = _task(request.user, pk, progress.EXPORT)
    try:
        file = export_progress(assignment=assignment, by=request.user, reason=request.POST.get("reason", ""))
    except DomainError as error:
        return _task_page(request, _task(request.user, pk), error)
    return redirect(file.get_absolute_url())


def _need(user, right):
    if right not in user.rights:
        raise Http404


def _task(user, pk, right=progress.VIEW):
    """The task with its counts; 404 unless it has people of a branch where ``user`` holds ``right``."""
    task = get_object_or_404(progress.tasks_of(user), pk=pk)
    if right != progress.VIEW and not task.assignees.in_branches_of(user, right).exists():
        raise Http404
    return task


def _task_page(request, task, error=None):
    after = request.GET.get("after", "").replace("\x00", "")
    rows = list(
        progress.open_rows(task, request.user).filter(person__number__gt=after)[: PEOPLE_PER_PAGE + 1]
    )
    more = rows[PEOPLE_PER_PAGE - 1].person.number if len(rows) > PEOPLE_PER_PAGE else ""
    rights = request.user.rights
    now = timezone.now()
    context = {
        "task": task,
        "missing": task.total - task.done,
        "rows": _with_branch(rows[:PEOPLE_PER_PAGE]),
        "more": more,
        "averages": progress.averages(task.quiz, request.user) if task.quiz else [],
        "can_nudge": ASSIGN in rights and not task.is_over and progress.has_begun(task, now),
        "can_export": progress.EXPORT in rights,
        "error": error,
    }
    if error:
        return render(request, "learning/progress_of.html", context, status=error.status)
    return render_block(request, "learning/progress_of.html", "rows", context)


def _nudge_page(request, task, error=None):
    now = timezone.now()
    rows = _with_branch(list(progress.open_rows(task, request.user, ASSIGN)))
    for row in rows:
        row.why_not = progress.why_not(row, request.user, now)
    able, unable = ([row for row in rows if bool(row.why_not) == is_barred] for is_barred in (False, True))
    context = {
        "task": task,
        "error": error,
        "able": able[:PEOPLE_PER_PAGE],
        "able_count": len(able),
        "unable": unable[:PEOPLE_PER_PAGE],
        "unable_count": len(unable),
    }
    return render(request, "learning/nudge.html", context, status=error.status if error else 200)


def _with_branch(rows):
    names = progress.branch_names([row.person_id for row in rows])
    for row in rows:
        row.branch_name = names.get(row.person_id, "")
    return rows
