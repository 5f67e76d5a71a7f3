from django.apps import apps
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from unfold.decorators import display

from accounts.admin.base import ScopedAdmin
from core.audit.models import AuditEntry

# What an action is called on screen; an unnamed one shows its code.
ACTIONS = {
    "accounts.account_bound": "绑定企业微信",
    "accounts.account_unbound": "解绑企业微信",
    "accounts.bed_assigned": "安排床位",
    "accounts.bed_left": "空出床位",
    "accounts.branch_closed": "撤销组织",
    "accounts.branch_moved": "调整隶属",
    "accounts.branch_opened": "设立组织",
    "accounts.branch_renamed": "更名",
    "accounts.chat_created": "建立企业微信群",
    "accounts.contact_assigned": "指定培养联系人",
    "accounts.contact_ended": "结束联系",
    "accounts.department_linked": "对应企业微信部门",
    "accounts.directory_check_asked": "核对通讯录",
    "accounts.feedback_answered": "回复反馈",
    "accounts.feedback_closed": "办结反馈",
    "accounts.feedback_sent": "提交反馈",
    "accounts.feedback_taken": "受理反馈",
    "accounts.groups_saved": "安排谈话小组",
    "accounts.membership_corrected": "更正组织关系",
    "accounts.office_ended": "结束任职",
    "accounts.office_given": "任命职务",
    "accounts.person_added": "添加人员",
    "accounts.person_changed": "修改资料",
    "accounts.person_deactivated": "停用账号",
    "accounts.person_moved": "调整支部",
    "accounts.person_reactivated": "恢复账号",
    "accounts.roster_applied": "导入名册",
    "accounts.roster_exported": "导出名册",
    "accounts.roster_undone": "撤销导入",
    "accounts.sign_in_refused": "登录被拒绝",
    "accounts.signed_in": "登录",
    "accounts.stage_recorded": "登记发展阶段",
    "accounts.stage_voided": "作废发展阶段",
    "core.calendar_day_saved": "修改校历",
    "core.file_downloaded": "下载文件",
    "core.holidays_loaded": "载入节假日",
    "core.term_saved": "修改学期",
}


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
