from django.contrib import admin

from accounts.admin.base import BranchFilter, ScopedAdmin
from learning.models import Item


@admin.register(Item)
class ItemAdmin(ScopedAdmin):
    view_right = "learning.write_content"
    branch_field = "branch"
    list_display = ["title", "column", "state", "scheduled_at", "sent_at"]
    list_select_related = ["column"]
    list_filter = [BranchFilter, "state", "column"]
    search_fields = ["title"]
    fields = ["title", ("branch", "column", "topic"), "state"]
