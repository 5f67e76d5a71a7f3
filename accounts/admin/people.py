from django.contrib import admin
from django.db.models import OuterRef, Subquery
from unfold.decorators import display

from accounts.admin.base import BranchFilter, ReadOnlyInline, ScopedAdmin
from accounts.admin.steps.contacts import AssignContact
from accounts.admin.steps.dormitory import AssignBed
from accounts.admin.steps.offices import GiveOfficeToPerson
from accounts.admin.steps.people import AddPerson, ChangePerson, Deactivate, MovePerson, Reactivate
from accounts.admin.steps.stages import RecordStage
from accounts.models import CultivationContact, Membership, Office, RoomAssignment, StageChange, User
from accounts.roles import Stage

_COLOURS = {
    Stage.FULL: "danger",
    Stage.PROBATIONARY: "warning",
    Stage.TARGET: "info",
    Stage.ACTIVIST: "info",
}


class MembershipInline(ReadOnlyInline):
    model = Membership
    view_right = "accounts.view_person"
    fields = ["side", "branch_name", "since", "until"]
    ordering = ["-since"]


class StageInline(ReadOnlyInline):
    model = StageChange
    fk_name = "person"
    view_right = "accounts.view_person"
    verbose_name_plural = "发展阶段"
    fields = ["stage", "effective_on", "branch_name", "evidence", "evidence_note", "void_reason"]
    ordering = ["-effective_on"]


class OfficeInline(ReadOnlyInline):
    model = Office
    fk_name = "person"
    view_right = "accounts.view_office"
    fields = ["kind", "branch_name", "since", "until", "reason"]


class ContactInline(ReadOnlyInline):
    model = CultivationContact
    fk_name = "activist"
    view_right = "accounts.view_person"
    fields = ["contact", "seat", "since", "until"]


class RoomInline(ReadOnlyInline):
    model = RoomAssignment
    view_right = "accounts.view_dormitory"
    fields = ["room", "bed", "since", "until"]


class MissingFilter(admin.SimpleListFilter):
    """Activists who lack somebody: what the first page counts leads here."""

    title = "还缺"
    parameter_name = "lacks"

    def lookups(self, request, model_admin):
        return [("contact", "培养联系人"), ("group", "谈话小组"), ("wecom", "企业微信账号")]

    def queryset(self, request, queryset):
        if self.value() == "contact":
            return queryset.without_contact()
        if self.value() == "group":
            return queryset.without_group()
        if self.value() == "wecom":
            return queryset.exclude(wecom_identities__unbound_at=None)
        return queryset


@admin.register(User)
class PersonAdmin(ScopedAdmin):
    view_right = "accounts.view_person"
    person_field = "pk"
    list_display = ["name", "number", "stage_label", "branch_now", "kind", "grade", "can_sign_in"]
    list_filter = [BranchFilter, "stage", "kind", "grade", MissingFilter, "is_active"]
    search_fields = ["name", "number"]
    fields = [
        ("name", "number"),
        ("kind", "role_label"),
        ("gender", "birth_month"),
        ("grade", "major", "class_name"),
        ("is_active", "left_on"),
        "last_login",
    ]
    inlines = [MembershipInline, StageInline, OfficeInline, ContactInline, RoomInline]
    list_steps = (AddPerson,)
    row_steps = (
        ChangePerson,
        RecordStage,
        AssignContact,
        GiveOfficeToPerson,
        MovePerson,
        AssignBed,
        Deactivate,
        Reactivate,
    )

    def get_queryset(self, request):
        branch = Membership.objects.current().filter(person=OuterRef("pk"), side=Membership.Side.PARTY)
        return super().get_queryset(request).annotate(branch_name=Subquery(branch.values("branch__name")[:1]))

    def suggestion(self, person):
        return f"{person.name}（{person.number}）"

    @display(description="发展阶段", ordering="stage", label=dict.fromkeys(Stage, "default") | _COLOURS)
    def stage_label(self, person):
        return person.stage, person.get_stage_display()

    @display(description="党支部", empty_value="—")
    def branch_now(self, person):
        return person.branch_name

    @display(description="身份")
    def role_label(self, person):
        return person.role.label

    @display(description="可以使用", boolean=True)
    def can_sign_in(self, person):
        return person.is_active
