from django.contrib import admin
from unfold.decorators import display

from accounts.admin.base import BranchFilter, ScopedAdmin
from accounts.admin.steps.dormitory import LeaveBed
from accounts.models import DormBuilding, DormRoom, RoomAssignment
from core.admin import PortalAdmin


@admin.register(DormBuilding)
class BuildingAdmin(PortalAdmin):
    """Buildings are the school's and belong to no branch: whoever looks after rooms anywhere may see them."""

    view_right = "accounts.view_dormitory"
    list_display = ["name", "residents", "floors"]
    list_filter = ["residents"]
    search_fields = ["name"]
    fields = ["name", "residents", "floors"]


@admin.register(DormRoom)
class RoomAdmin(PortalAdmin):
    """Rooms without the people in them; those are ``RoomAssignment`` and scoped by person."""

    view_right = "accounts.view_dormitory"
    list_display = ["name", "building", "floor", "beds", "residents"]
    list_select_related = ["building"]
    list_filter = ["residents"]
    search_fields = ["name", "building__name"]
    fields = ["building", ("floor", "name"), ("beds", "residents")]


@admin.register(RoomAssignment)
class AssignmentAdmin(ScopedAdmin):
    view_right = "accounts.view_dormitory"
    person_field = "person"
    list_display = ["person", "room", "bed_label", "since", "until"]
    list_select_related = ["person", "room__building"]
    list_filter = [BranchFilter]
    search_fields = ["person__name", "person__number", "room__name"]
    fields = ["person", "room", "bed", ("since", "until")]
    row_steps = (LeaveBed,)

    @display(description="床位", ordering="bed")
    def bed_label(self, assignment):
        return f"{assignment.bed} 号床"
