import datetime as dt

from django.contrib import admin
from django.http import Http404
from django.shortcuts import render
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from unfold.decorators import display

from accounts.admin.base import BranchFilter, ScopedAdmin
from accounts.models import Branch
from core.calendar import teaching_week
from learning import richtext
from learning.actions.editing import WRITE
from learning.admin.steps.items import (
    AddQuestion,
    ApproveItem,
    ChangeItem,
    ChooseAudience,
    ReturnItem,
    ScheduleItem,
    SubmitItem,
    UnscheduleItem,
    WithdrawItem,
    WriteItem,
    asked_in,
)
from learning.models import DutyWeek, Item
from learning.rules import items as rules
from learning.rules import weeks
from learning.rules.reach import reach_of

State = Item.State
WEEKS_SHOWN = 6


@admin.register(Item)
class ItemAdmin(ScopedAdmin):
    view_right = WRITE
    branch_field = "branch"
    list_display = ["title", "branch", "column", "state_label", "scheduled_at", "sent_at", "author"]
    list_select_related = ["branch", "column", "author"]
    list_filter = [BranchFilter, "state", "column"]
    search_fields = ["title"]
    ordering = ["-pk"]
    list_before_template = "admin/learning/_weeks_link.html"
    fields = [
        "problems",
        ("state", "branch"),
        ("column", "topic"),
        ("audience_words", "only_subscribers"),
        ("scheduled_at", "sent_at"),
        ("author", "changed_by"),
        ("reviewer", "reviewed_at"),
        "review_note",
        ("withdrawn_by", "withdrawn_at"),
        "withdraw_reason",
        "minutes",
        "content",
    ]
    readonly_fields = ["problems", "audience_words", "content"]
    list_steps = (WriteItem,)
    row_steps = (
        ChangeItem,
        AddQuestion,
        ChooseAudience,
        SubmitItem,
        ApproveItem,
        ReturnItem,
        ScheduleItem,
        UnscheduleItem,
        WithdrawItem,
    )

    @display(
        description="状态",
        ordering="state",
        label={
            State.DRAFT: "default",
            State.IN_REVIEW: "warning",
            State.APPROVED: "default",
            State.SCHEDULED: "info",
            State.SENT: "success",
            State.WITHDRAWN: "danger",
        },
    )
    def state_label(self, item):
        return item.state, item.get_state_display()

    @display(description="送审之前", empty_value="都齐了")
    def problems(self, item):
        """What a draft still lacks."""
        return " ".join(rules.problems_of(item)) if item.state == State.DRAFT else None

    @display(description="推送对象")
    def audience_words(self, item):
        return item.audience.describe()

    @display(description="内容和题目")
    def content(self, item):
        context = {
            "item": item,
            "body": richtext.shown(item.body),
            "versions": asked_in(item),
            "has_pages": True,
        }
        return render_to_string("admin/learning/_content.html", context)

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("weeks/", view(require_safe(self.weeks_view)), name="learning_item_weeks"),
            path("<int:object_id>/reach/", view(require_safe(self.reach_view)), name="learning_item_reach"),
            path(
                "<int:object_id>/preview/",
                view(require_safe(self.preview_view)),
                name="learning_item_preview",
            ),
            *super().get_urls(),
        ]

    def reach_view(self, request, object_id):
        """How many people would get the item now, and who would not."""
        item = self.get_object(request, str(object_id))
        context = {
            **self.admin_site.each_context(request),
            "title": "推送范围",
            "subtitle": str(item),
            "opts": self.opts,
            "item": item,
            "reach": reach_of(item, request.user),
            "back": self.page_url(item),
        }
        return TemplateResponse(request, "admin/learning/reach.html", context)

    def preview_view(self, request, object_id):
        """The item on the page of a reader, as if it went out now."""
        item = self.get_object(request, str(object_id))
        item.sent_at = item.sent_at or item.scheduled_at or timezone.now()
        item.is_opened = True
        return render(request, "learning/item.html", {"item": item, "body": richtext.shown(item.body)})

    def weeks_view(self, request):
        """The week calendar of one branch: weeks as rows, weekdays as columns."""
        branches = Branch.objects.where(request.user, self.view_right).filter(until=None).with_tree_fields()
        branch = _chosen(list(branches), request.GET.get("branch", ""))
        lately = timezone.localdate() - dt.timedelta(weeks=1)
        first = weeks.monday_of(_day(request.GET.get("from", "")) or lately)
        step = dt.timedelta(weeks=WEEKS_SHOWN - 1)
        context = {
            **self.admin_site.each_context(request),
            "title": "推送日历",
            "opts": self.opts,
            "branch": branch,
            "branches": branches,
            "weeks": _weeks(branch, first),
            "days": ["周一", "周二", "周三", "周四", "周五"],
            "waiting": branch.items.filter(state__in=(State.IN_REVIEW, State.APPROVED)).order_by(
                "state", "pk"
            ),
            "branch_key": str(branch.pk),
            "earlier_key": (first - step).isoformat(),
            "later_key": (first + step).isoformat(),
            "first": first,
            "duty_url": reverse("admin:learning_dutyweek_list_step", args=["save"]),
            "back": self.page_url(),
        }
        return TemplateResponse(request, "admin/learning/weeks.html", context)


def _chosen(branches, key):
    """The branch an address names, by default the highest. Raises ``Http404`` for any other."""
    if not key:
        if not branches:
            raise Http404
        return min(branches, key=lambda branch: branch.tree_depth)
    for branch in branches:
        if str(branch.pk) == key:
            return branch
    raise Http404


def _day(text):
    """A day out of an address, None when it is none or lies outside every calendar."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


def _weeks(branch, first):
    """What the calendar shows of each week, by a fixed number of queries and one for each week's term."""
    mondays = [first + dt.timedelta(weeks=number) for number in range(WEEKS_SHOWN)]
    found = Item.objects.filter(weeks.in_weeks(first, weeks=WEEKS_SHOWN), branch=branch).order_by(
        "scheduled_at"
    )
    by_day: dict[dt.date, list[Item]] = {}
    for item in found:
        item.when = timezone.localtime(item.sent_at or item.scheduled_at)
        by_day.setdefault(item.when.date(), []).append(item)
    rota = DutyWeek.objects.filter(branch=branch, monday__in=mondays).select_related("editor")
    on_duty = {duty.monday: duty.editor for duty in rota}
    return [_week(monday, by_day, on_duty.get(monday)) for monday in mondays]


def _week(monday, by_day, editor):
    days = [monday + dt.timedelta(days=number) for number in range(5)]
    count = sum(len(by_day.get(monday + dt.timedelta(days=number), [])) for number in range(7))
    return {
        "monday": monday,
        "friday": days[-1],
        "teaching_week": teaching_week(monday),
        "is_now": monday == weeks.monday_of(timezone.localdate()),
        "days": [(day, by_day.get(day, [])) for day in days],
        "count": count,
        "warning": weeks.warning(count),
        "editor": editor,
    }
