from django.contrib import admin
from unfold.decorators import display

from accounts.admin.base import ReadOnlyInline, ScopedAdmin
from accounts.admin.steps.branches import CloseBranch, MoveBranch, OpenBranch, RenameBranch
from accounts.admin.steps.groups import ArrangeGroups
from accounts.models import Branch, BranchRecord


class RecordInline(ReadOnlyInline):
    model = BranchRecord
    fk_name = "branch"
    view_right = "accounts.view_branch"
    fields = ["name", "kind", "parent", "since", "until"]


@admin.register(Branch)
class BranchAdmin(ScopedAdmin):
    view_right = "accounts.view_branch"
    branch_field = "pk"
    list_display = ["tree_name", "kind", "subtype", "since", "until"]
    list_filter = ["kind", "subtype"]
    search_fields = ["name"]
    fields = ["name", ("kind", "subtype"), "above", "position", ("since", "until")]
    inlines = [RecordInline]
    list_steps = (OpenBranch,)
    row_steps = (ArrangeGroups, RenameBranch, MoveBranch, CloseBranch)

    def get_queryset(self, request):
        return super().get_queryset(request).with_tree_fields()

    def get_ordering(self, request):
        return []

    @display(description="名称")
    def tree_name(self, branch):
        return "　" * branch.tree_depth + branch.name

    @display(description="上级组织", empty_value="—")
    def above(self, branch):
        return " / ".join(above.name for above in branch.ancestors())
