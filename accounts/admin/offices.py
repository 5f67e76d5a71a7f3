from django.contrib import admin

from accounts.admin.base import BranchFilter, ScopedAdmin
from accounts.admin.steps.offices import EndOffice, GiveOffice
from accounts.models import Office


@admin.register(Office)
class OfficeAdmin(ScopedAdmin):
    view_right = "accounts.view_office"
    branch_field = "branch"
    list_display = ["person", "kind", "branch_name", "since", "until"]
    list_select_related = ["person"]
    list_filter = [BranchFilter, "kind"]
    search_fields = ["person__name", "person__number"]
    fields = ["person", "kind", "branch_name", ("since", "until"), "given_by", "reason", "recorded_at"]
    list_steps = (GiveOffice,)
    row_steps = (EndOffice,)
