from django.contrib import admin

from accounts.admin.base import BranchFilter, ScopedAdmin
from learning.actions.editing import WRITE
from learning.admin.steps.duty import ClearDuty, SaveDuty
from learning.models import DutyWeek


@admin.register(DutyWeek)
class DutyWeekAdmin(ScopedAdmin):
    view_right = WRITE
    branch_field = "branch"
    list_display = ["monday", "branch", "editor"]
    list_select_related = ["branch", "editor"]
    list_filter = [BranchFilter]
    ordering = ["-monday"]
    fields = ["monday", "branch", "editor"]
    list_steps = (SaveDuty,)
    row_steps = (ClearDuty,)
