"""Giving and ending offices. The kinds offered are those the person may give somewhere; the action decides."""

from django import forms

from accounts import rules
from accounts.actions import offices
from accounts.admin.steps.fields import BranchField, PersonField
from accounts.rights import OFFICES
from core.steps import DateField, Step


class _Give(Step):
    title, icon = "任命职务", "badge"
    note = "被任命的同志会收到通知。不能给自己安排职务。"
    branch = BranchField(label="组织")
    kind = forms.ChoiceField(label="职务")
    since = DateField(label="从哪天起", required=False, help_text="不填就是今天；可以填以后的日子。")
    reason = forms.CharField(label="依据", max_length=200, required=False, help_text="例如会议决议的日期。")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        kinds = [
            (kind, office.label)
            for kind, office in OFFICES.items()
            if office.appointed_with in self.by.rights
        ]
        self.fields["kind"].choices = kinds
        self.fields["branch"].narrow(self.by, "accounts.view_branch")

    def run(self):
        person = self.cleaned_data.pop("person", self.row)
        office = offices.give_office(person=person, by=self.by, **self.cleaned_data)
        return f"{person.name}已担任{office}。"


class GiveOffice(_Give):
    """On the list of offices: to whom, where, which."""

    slug = "give"
    right = "accounts.appoint_committee"
    person = PersonField(label="人员")
    field_order = ["person"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["person"].narrow(self.by)


class GiveOfficeToPerson(_Give):
    """On a person."""

    slug = "give-office"
    right = "accounts.appoint_committee"

    @classmethod
    def fits(cls, row, by):
        return row.is_active


class EndOffice(Step):
    slug, title, icon = "end", "结束任职", "event_busy"
    right = "accounts.appoint_committee"
    note = "从这一天起不再担任，权限同时收回。"
    button = "结束"
    danger = True
    on = DateField(label="从哪天起", required=False, help_text="不填就是今天。")
    reason = forms.CharField(label="依据", max_length=200, required=False)

    @classmethod
    def fits(cls, row, by):
        return row.until is None and rules.can_end_office(by, row)

    def run(self):
        offices.end_office(office=self.row, by=self.by, **self.cleaned_data)
        return "已结束。"
