from django.contrib import admin

from accounts.admin.base import BranchFilter, ScopedAdmin
from accounts.admin.steps.stages import VoidStage
from accounts.models import StageChange


@admin.register(StageChange)
class StageChangeAdmin(ScopedAdmin):
    view_right = "accounts.view_person"
    person_field = "person"
    list_display = ["person", "stage", "effective_on", "branch_name", "evidence", "recorded_at", "voided_at"]
    list_select_related = ["person"]
    list_filter = [BranchFilter, "stage", "evidence"]
    search_fields = ["person__name", "person__number"]
    ordering = ["-effective_on"]
    fields = [
        "person",
        ("stage", "effective_on"),
        "branch_name",
        ("evidence", "evidence_note"),
        ("recorded_by", "recorded_at"),
        ("voided_by", "voided_at"),
        "void_reason",
    ]
    row_steps = (VoidStage,)
