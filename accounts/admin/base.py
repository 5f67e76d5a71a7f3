"""Scope by branch: what a person may see or do in the back office ends where the rights end."""

from django.contrib.admin import SimpleListFilter
from unfold.admin import TabularInline

from accounts.models import Branch, Membership
from core.admin import PortalAdmin


class ScopedAdmin(PortalAdmin):
    """Rows belong to a branch, directly (``branch_field``) or through the person they are about (``person_field``)."""

    branch_field = ""
    person_field = ""

    def rows(self, user, right):
        return self.in_branches(Branch.objects.where(user, right))

    def in_branches(self, branches):
        """The rows that belong to ``branches``."""
        rows = self.model._default_manager
        if self.branch_field:
            return rows.filter(**{f"{self.branch_field}__in": branches})
        people = Membership.objects.current().filter(branch__in=branches).values("person")
        return rows.filter(**{f"{self.person_field}__in": people})


class ReadOnlyInline(TabularInline):
    """Rows that hang on a row, to look at. ``view_right`` is asked of the row they hang on."""

    view_right = ""
    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False

    def has_view_permission(self, request, obj=None):
        if obj is None:
            return self.view_right in request.user.rights
        page = self.admin_site.get_model_admin(self.parent_model)
        return page.rows(request.user, self.view_right).filter(pk=obj.pk).exists()

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class BranchFilter(SimpleListFilter):
    """One branch with everything below it; offers, and answers for, only branches one may look into."""

    title = "组织"
    parameter_name = "branch"

    def __init__(self, request, params, model, model_admin):
        self.model_admin = model_admin
        super().__init__(request, params, model, model_admin)

    def lookups(self, request, model_admin):
        branches = list(Branch.objects.where(request.user, model_admin.view_right).with_tree_fields())
        top = min((branch.tree_depth for branch in branches), default=0)
        return [(branch.pk, "　" * (branch.tree_depth - top) + branch.name) for branch in branches]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        page = self.model_admin
        seen = Branch.objects.where(request.user, page.view_right)
        chosen = seen.filter(pk=self.value()).first() if self.value().isdigit() else None
        if chosen is None:
            return queryset.none()
        return queryset.filter(pk__in=page.in_branches(seen.subtree(chosen)).values("pk"))
