from django.contrib import admin

from accounts.admin.base import BranchFilter, ScopedAdmin
from accounts.admin.steps.memberships import CorrectMembership
from accounts.models import Membership


@admin.register(Membership)
class MembershipAdmin(ScopedAdmin):
    view_right = "accounts.view_person"
    person_field = "person"
    list_display = ["person", "side", "branch_name", "since", "until"]
    list_select_related = ["person"]
    list_filter = [BranchFilter, "side"]
    search_fields = ["person__name", "person__number"]
    ordering = ["-since"]
    fields = [
        "person",
        "side",
        "branch_name",
        ("since", "until"),
        "recorded_at",
        ("voided_at", "void_reason"),
    ]
    row_steps = (CorrectMembership,)
