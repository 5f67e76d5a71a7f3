from django.apps import apps
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from unfold.decorators import display

from accounts.admin.base import ScopedAdmin
from core.audit.actions import ACTIONS
from core.audit.models import AuditEntry


class ActionFilter(admin.SimpleListFilter):
    title = "动作"
    parameter_name = "action"

    def lookups(self, request, model_admin):
        done = (
            model_admin.get_queryset(request).order_by("action").values_list("action", flat=True).distinct()
        )
        return [(action, ACTIONS.get(action, action)) for action in done]

    def queryset(self, request, queryset):
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditAdmin(ScopedAdmin):
    """Who did what in the branches one audits. Names of fields are shown; what stood in them was never kept."""

    view_right = "core.view_audit"
    branch_field = "branch_id"
    list_display = ["at", "actor_number", "action_label", "subject_label", "subject_id", "result"]
    list_filter = [ActionFilter, "result"]
    date_hierarchy = "at"
    search_fields = ["actor_number", "subject_id"]
    fields = [
        ("at", "result"),
        ("action_label", "actor_number"),
        ("subject_label", "subject_id"),
        "changed_labels",
        "reason",
        "request_id",
    ]

    def get_fields(self, request, obj=None):
        """Without the reasons people wrote for those who look after the machine only: they see no content."""
        rights = request.user.rights
        if "accounts.appoint_technical" in rights and "accounts.view_person" not in rights:
            return [name for name in self.fields if name != "reason"]
        return self.fields

    def _lookups(self):
        """Also the log of one row, to which the history button of every page leads."""
        return super()._lookups() | {"subject_type", "subject_id"}

    @display(description="动作")
    def action_label(self, entry):
        return ACTIONS.get(entry.action, entry.action)

    @display(description="对象", empty_value="—")
    def subject_label(self, entry):
        model = _model(entry.subject_type)
        return model._meta.verbose_name if model else None

    @display(description="改动的字段", empty_value="—")
    def changed_labels(self, entry):
        return "、".join(_label(_model(entry.subject_type), name) for name in entry.changed) or None


def _model(label):
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def _label(model, name):
    try:
        return str(model._meta.get_field(name).verbose_name)
    except (AttributeError, FieldDoesNotExist):
        return name
