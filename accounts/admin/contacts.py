from django.contrib import admin

from accounts.admin.base import BranchFilter, ScopedAdmin
from accounts.admin.steps.contacts import EndContact
from accounts.models import CultivationContact


@admin.register(CultivationContact)
class ContactAdmin(ScopedAdmin):
    view_right = "accounts.view_person"
    person_field = "activist"
    list_display = ["activist", "contact", "seat", "branch_name", "since", "until"]
    list_select_related = ["activist", "contact"]
    list_filter = [BranchFilter]
    search_fields = ["activist__name", "activist__number", "contact__name"]
    ordering = ["-since"]
    fields = ["activist", "contact", "seat", "branch_name", ("since", "until")]
    row_steps = (EndContact,)
