import datetime as dt

from django.contrib import admin
from django.utils import timezone

from accounts.admin.base import BranchFilter, ScopedAdmin
from accounts.admin.steps.offices import EndOffice, GiveOffice
from accounts.models import Office

SOON = dt.timedelta(days=60)


class TermFilter(admin.SimpleListFilter):
    title = "任期"
    parameter_name = "term"

    def lookups(self, request, model_admin):
        return [("current", "现任"), ("ending", "60 天内到期"), ("ended", "已结束")]

    def queryset(self, request, queryset):
        today = timezone.localdate()
        if self.value() == "current":
            return queryset.current()
        if self.value() == "ending":
            return queryset.current().filter(until__lte=today + SOON)
        return queryset.filter(until__lte=today) if self.value() == "ended" else queryset


@admin.register(Office)
class OfficeAdmin(ScopedAdmin):
    view_right = "accounts.view_office"
    branch_field = "branch"
    list_display = ["person", "kind", "branch_name", "since", "until"]
    list_select_related = ["person"]
    list_filter = [BranchFilter, TermFilter, "kind"]
    search_fields = ["person__name", "person__number"]
    fields = ["person", "kind", "branch_name", ("since", "until"), "given_by", "reason", "recorded_at"]
    list_steps = (GiveOffice,)
    row_steps = (EndOffice,)
