from django.contrib import admin

from core.admin import PortalAdmin
from learning.actions.editing import WRITE
from learning.admin.steps.columns import AddColumn, ChangeColumn
from learning.models import Column
from learning.rules.columns import can_change_columns


@admin.register(Column)
class ColumnAdmin(PortalAdmin):
    """Seen by everybody who writes; changed by those who write for the whole university."""

    view_right = WRITE
    list_display = ["name", "position", "is_open"]
    ordering = ["position", "pk"]
    fields = ["name", "position", "is_open"]
    list_steps = (AddColumn,)
    row_steps = (ChangeColumn,)

    def steps_on_list(self, user):
        return super().steps_on_list(user) if can_change_columns(user) else []
