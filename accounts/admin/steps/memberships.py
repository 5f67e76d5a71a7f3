"""Putting right where somebody belonged."""

from django import forms

from accounts.actions import membership
from accounts.admin.steps.fields import BranchField
from accounts.rules.people import TAKES_PEOPLE
from core.steps import DateField, Step


class CorrectMembership(Step):
    slug, title, icon = "correct", "更正", "edit_note"
    right = "accounts.move_person"
    note = "登记错了才更正；真的转了支部，请在人员页面用“调整支部”。原来的记录会作废并保留。"
    button = "更正"
    branch = BranchField(label="应当是哪个组织", required=False)
    since = DateField(label="应当从哪天起", required=False)
    reason = forms.CharField(label="原因", max_length=200)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].narrow(self.by, self.right, kinds=TAKES_PEOPLE[self.row.side])

    @classmethod
    def fits(cls, row, by):
        return row.voided_at is None

    def run(self):
        membership.correct_membership(membership=self.row, by=self.by, **self.cleaned_data)
        return "已更正。"
