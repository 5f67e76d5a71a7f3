"""Recording where a person stands, and voiding what was recorded wrongly."""

from django import forms

from accounts import rules
from accounts.actions import stages
from accounts.models import StageChange
from accounts.roles import Stage
from core.steps import DateField, Step


class RecordStage(Step):
    slug, title, icon = "record-stage", "登记发展阶段", "flag"
    right = "accounts.record_stage"
    note = "平台只登记已经作出的决定。这位同志会收到通知。"
    button = "登记"
    stage = forms.ChoiceField(label="阶段", choices=Stage.choices)
    effective_on = DateField(label="生效日期")
    evidence = forms.ChoiceField(label="依据", choices=StageChange.Evidence.choices)
    evidence_note = forms.CharField(
        label="材料位置",
        max_length=200,
        required=False,
        help_text=StageChange._meta.get_field("evidence_note").help_text,
    )

    @classmethod
    def fits(cls, row, by):
        return row.is_active and row.pk != by.pk

    def run(self):
        change = stages.record_stage(person=self.row, by=self.by, **self.cleaned_data)
        return f"已登记：{change.get_stage_display()}。"


class VoidStage(Step):
    slug, title, icon = "void", "作废", "block"
    right = "accounts.record_stage"
    note = "登记错了才作废。记录会保留，并写明是谁、什么时候、为什么作废的。"
    button = "作废"
    danger = True
    reason = forms.CharField(label="作废原因", max_length=200)

    @classmethod
    def fits(cls, row, by):
        return row.voided_at is None and rules.can_record_stage(by, row.person)

    def run(self):
        stages.void_stage_change(change=self.row, by=self.by, **self.cleaned_data)
        return "已作废。"
