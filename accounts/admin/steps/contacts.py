"""Cultivation contacts of an activist."""

from django import forms

from accounts import rules
from accounts.actions import contacts
from accounts.admin.steps.fields import PersonField
from core.steps import Step


class AssignContact(Step):
    slug, title, icon = "assign-contact", "指定培养联系人", "handshake"
    right = "accounts.assign_contact"
    note = "一名积极分子由一至两名正式党员联系。双方都会收到通知。"
    contact = PersonField(label="培养联系人")
    reason = forms.CharField(
        label="说明", max_length=200, required=False, help_text="联系人不在本支部时必须写明原因。"
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["contact"].narrow(self.by)

    @classmethod
    def fits(cls, row, by):
        return rules.can_have_contact(row)

    def run(self):
        row = contacts.assign_contact(activist=self.row, by=self.by, **self.cleaned_data)
        found = rules.contact_findings(self.row, row.contact)
        return "。".join(["已指定", *(finding.text.rstrip("。") for finding in found)]) + "。"


class EndContact(Step):
    slug, title, icon = "end", "结束联系", "link_off"
    right = "accounts.assign_contact"
    note = "从今天起不再联系。请尽快指定新的联系人。"
    button = "结束"
    danger = True
    reason = forms.CharField(label="原因", max_length=200, required=False)

    @classmethod
    def fits(cls, row, by):
        return row.until is None

    def run(self):
        contacts.end_contact(contact=self.row, by=self.by, **self.cleaned_data)
        return "已结束。"
