from django.contrib import admin
from django.db.models import Count, Q
from unfold.decorators import display

from accounts.admin.base import BranchFilter, ReadOnlyInline, ScopedAdmin
from accounts.admin.steps.groups import CreateChat, HandOver, PlaceInGroup
from accounts.models import Branch, TalkGroup, TalkGroupMember
from accounts.rules.groups import groups_without_lead_soon


class GroupFilter(admin.SimpleListFilter):
    title = "小组情况"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("open", "现有的"), ("lead_leaving", "组长将离开或不能再担任"), ("ended", "已结束的")]

    def queryset(self, request, queryset):
        if self.value() == "open":
            return queryset.filter(until=None)
        if self.value() == "lead_leaving":
            return queryset.filter(pk__in=groups_without_lead_soon(Branch.objects.all()).values("pk"))
        return queryset.exclude(until=None) if self.value() == "ended" else queryset


class MemberInline(ReadOnlyInline):
    model = TalkGroupMember
    view_right = "accounts.view_person"
    fields = ["person", "since", "until"]


@admin.register(TalkGroup)
class GroupAdmin(ScopedAdmin):
    view_right = "accounts.view_person"
    branch_field = "branch"
    list_display = ["lead", "branch_name", "size", "chat", "since", "until"]
    list_select_related = ["lead"]
    list_filter = [BranchFilter, GroupFilter, "chat"]
    search_fields = ["lead__name", "lead__number"]
    fields = ["lead", "branch_name", "chat", ("since", "until")]
    inlines = [MemberInline]
    row_steps = (PlaceInGroup, HandOver, CreateChat)

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(size=Count("members", filter=Q(members__until=None)))

    @display(description="组员")
    def size(self, group):
        return f"{group.size} 人"
