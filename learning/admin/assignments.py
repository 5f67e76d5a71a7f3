from django.contrib import admin
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from accounts.admin.base import BranchFilter, ScopedAdmin
from learning.admin.steps.assignments import AssignCourse, WithdrawAssignment
from learning.models import Assignment
from learning.rules.progress import VIEW


@admin.register(Assignment)
class AssignmentAdmin(ScopedAdmin):
    view_right = VIEW
    branch_field = "branch"
    list_display = ["__str__", "branch", "due_at", "participation", "withdrawn_at"]
    list_select_related = ["branch", "course__current", "quiz"]
    list_filter = [BranchFilter]
    search_fields = ["quiz__title", "course__current__title"]
    fields = [
        ("branch", "created_by"),
        "audience_words",
        ("created_at", "due_at"),
        "participation",
        "people",
        "withdrawn_at",
    ]
    readonly_fields = ["audience_words", "participation", "people"]
    list_steps = (AssignCourse,)
    row_steps = (WithdrawAssignment,)

    def get_queryset(self, request):
        on_the_list = Q(assignees__removed_at=None)
        return (
            super()
            .get_queryset(request)
            .annotate(
                total=Count("assignees", filter=on_the_list),
                done=Count("assignees", filter=on_the_list & Q(assignees__done_at__isnull=False)),
            )
        )

    @display(description="完成")
    def participation(self, assignment):
        return f"{assignment.done} / {assignment.total} 人"

    @display(description="对象")
    def audience_words(self, assignment):
        return assignment.audience.describe()

    @display(description="名单")
    def people(self, assignment):
        url = reverse("learning:progress_of", args=[assignment.pk])
        return format_html('<a href="{}">看谁还没完成，提醒他们</a>', url)
