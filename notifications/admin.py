"""The operators' page of the outbox."""

from django import forms
from django.contrib import admin, messages
from django.utils.html import format_html

from core.admin import PortalAdmin
from core.steps import Step
from notifications import actions
from notifications.actions.sending import ENDED_BADLY
from notifications.models import Recipient
from notifications.overview import overview

OPERATE = "notifications.operate_outbox"


class StopSending(Step):
    slug, title, icon, right = "stop", "停止发送", "pause", OPERATE
    note = "正在进行的一批会发完，之后不再发。站内的通知照常显示，什么也不会丢。"
    button, danger = "停止", True
    reason = forms.CharField(label="原因", max_length=200)

    def run(self) -> str:
        actions.pause_sending(self.cleaned_data["reason"], by=self.by)
        return "已停止发送。"


class ResumeSending(Step):
    slug, title, icon, right = "resume", "恢复发送", "play_arrow", OPERATE
    note = "攒下的消息会按顺序发出，已经过期的不再发。"
    button = "恢复"

    def run(self) -> str:
        actions.resume_sending(by=self.by)
        return "已恢复发送。"


class SetDailyLimit(Step):
    slug, title, icon, right = "limit", "每日上限", "speed", OPERATE
    note = "企业微信每天最多允许“账号上限 × 200”人次，超出的会被悄悄丢掉。建议写它的八成。"
    limit = forms.IntegerField(label="每天最多发送（人次）", min_value=1, max_value=100_000_000)
    reason = forms.CharField(label="原因", max_length=200)

    def run(self) -> str:
        actions.set_daily_limit(**self.cleaned_data, by=self.by)
        return "已保存每日上限。"


class ExportUnreachable(Step):
    slug, title, icon, right = "export", "导出送不到的", "download", OPERATE
    note = "表里有学号和姓名，只用来核对企业微信账号。24 小时后自动删除。"
    button = "导出"
    reason = forms.CharField(label="用途", max_length=200)

    def run(self) -> str:
        file = actions.export_unreachable(by=self.by, reason=self.cleaned_data["reason"])
        return format_html(
            '已生成，24 小时内可以下载：<a href="{}">{}</a>', file.get_absolute_url(), file.name
        )


class Resend(Step):
    slug, title, icon, right = "resend", "再发一次", "send", OPERATE
    button = "再发一次"

    @classmethod
    def fits(cls, row, by) -> bool:
        return row.state in ENDED_BADLY and not row.message.cancelled_at

    def run(self) -> str:
        actions.resend(recipients=[self.row], by=self.by)
        return "已排队，几秒后再发。"


@admin.register(Recipient)
class RecipientAdmin(PortalAdmin):
    view_right = OPERATE
    list_display = ["title", "person", "state", "channel", "tries", "next_try", "last_code"]
    list_filter = ["state", "channel"]
    fields = [
        "title",
        "person",
        ("state", "channel"),
        ("tries", "next_try"),
        ("last_code", "sent_at"),
        "call_number",
    ]
    list_steps = (StopSending, ResumeSending, SetDailyLimit, ExportUnreachable)
    row_steps = (Resend,)
    actions = ["resend_chosen"]
    list_before_template = "notifications/admin/overview.html"

    def rows(self, user, right):
        return super().rows(user, right).select_related("message", "person", "call")

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"overview": overview(), **(extra_context or {})})

    @admin.display(description="消息")
    def title(self, row) -> str:
        return row.message.as_read.title

    @admin.display(description="企业微信消息编号")
    def call_number(self, row) -> str:
        return row.call.msgid if row.call else ""

    @admin.action(description="再发一次")
    def resend_chosen(self, request, rows):
        count = actions.resend(recipients=rows, by=request.user)
        messages.success(request, f"{count} 人次已排队。已经发出的、取消的不会再发。")
