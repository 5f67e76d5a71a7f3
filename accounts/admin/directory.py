"""The directory of WeCom beside the roster: comparisons, their lines, and who signs in with which account."""

from django.contrib import admin
from django.contrib.admin import EmptyFieldListFilter, SimpleListFilter
from django.urls import reverse
from django.utils.html import format_html_join
from unfold.decorators import display

from accounts.actions.directory import RIGHT
from accounts.admin.base import BranchFilter, ScopedAdmin
from accounts.admin.steps.directory import ApproveSync, AskForCheck, BindAccount, DiscardSync, UnbindAccount
from accounts.directory.difference import summary
from accounts.models import DirectoryChange, DirectorySync, WeComIdentity

State = DirectorySync.State


@admin.register(DirectorySync)
class DirectorySyncAdmin(ScopedAdmin):
    view_right = RIGHT
    branch_field = "scope"
    list_display = ["__str__", "state_label", "members", "departments", "warning", "note"]
    list_select_related = ["scope"]
    list_filter = ["state"]
    ordering = ["-pk"]
    fields = [
        ("scope", "state"),
        "result",
        ("warning", "note"),
        ("members", "departments"),
        ("asked_by", "asked_at"),
        "read_at",
        ("decided_by", "decided_at"),
    ]
    list_steps = (AskForCheck,)
    row_steps = (ApproveSync, DiscardSync)

    @display(
        description="状态",
        ordering="state",
        label={State.OPEN: "warning", State.REFUSED: "danger", State.DONE: "success", State.APPROVED: "info"},
    )
    def state_label(self, sync):
        return sync.state, sync.get_state_display()

    @display(description="提醒", empty_value="—", label="danger")
    def warning(self, sync):
        return "很多人或部门会消失" if sync.is_braked else None

    @display(description="差异", empty_value="—")
    def result(self, sync):
        """How many lines of each kind, each a link to those lines."""
        page = reverse("admin:accounts_directorychange_changelist")
        rows = [
            (f"{page}?sync={sync.pk}&kind__exact={kind}", DirectoryChange.Kind(kind).label, count)
            for kind, count in summary(sync).items()
        ]
        return format_html_join("，", '<a class="text-link" href="{}">{} {}</a>', rows) or None


class SyncFilter(SimpleListFilter):
    """One comparison, out of those one may see."""

    title = "核对"
    parameter_name = "sync"

    def lookups(self, request, model_admin):
        seen = DirectorySync.objects.visible_to(request.user).select_related("scope")
        return [(sync.pk, str(sync)) for sync in seen[:20]]

    def queryset(self, request, queryset):
        value = self.value()
        if value is None:
            return queryset
        return queryset.filter(sync=value) if value.isdecimal() else queryset.none()


@admin.register(DirectoryChange)
class DirectoryChangeAdmin(ScopedAdmin):
    view_right = RIGHT
    branch_field = "sync__scope"
    list_display = ["kind", "who", "userid", "name", "state", "note"]
    list_select_related = ["person", "branch"]
    list_filter = [SyncFilter, "kind", "state"]
    search_fields = ["person__name", "person__number", "userid", "name"]
    ordering = ["-sync", "kind", "pk"]
    fields = [("kind", "state"), "who", ("userid", "name"), "department_id", "note"]

    @display(description="名册里", empty_value="—")
    def who(self, change):
        return f"{change.person.name}（{change.person.number}）" if change.person else change.branch


@admin.register(WeComIdentity)
class IdentityAdmin(ScopedAdmin):
    view_right = RIGHT
    person_field = "person"
    list_display = ["person", "number", "userid", "origin", "bound_at", "unbound_at"]
    list_select_related = ["person"]
    list_filter = [BranchFilter, "origin", ("unbound_at", EmptyFieldListFilter)]
    search_fields = ["person__name", "person__number", "userid"]
    ordering = ["-bound_at"]
    fields = ["person", "userid", "origin", ("bound_at", "unbound_at")]
    list_steps = (BindAccount,)
    row_steps = (UnbindAccount,)

    @display(description="学号或工号", ordering="person__number")
    def number(self, identity):
        return identity.person.number
