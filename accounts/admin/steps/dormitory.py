"""Beds."""

from django import forms

from accounts.actions import dormitory
from accounts.models import DormRoom, RoomAssignment
from core.steps import DateField, RowField, Step


class AssignBed(Step):
    slug, title, icon = "assign-bed", "安排床位", "bed"
    right = "accounts.change_dormitory"
    note = "原来的床位在这一天空出来。"
    room = RowField(RoomAssignment._meta.get_field("room"), queryset=DormRoom.objects.all(), label="寝室")
    bed = forms.IntegerField(label="床位", min_value=1, max_value=12)
    since = DateField(label="从哪天起", required=False, help_text="不填就是今天。")

    @classmethod
    def fits(cls, row, by):
        return row.is_active

    def run(self):
        assignment = dormitory.assign_bed(person=self.row, by=self.by, **self.cleaned_data)
        return f"已安排到{assignment}。"


class LeaveBed(Step):
    slug, title, icon = "leave", "空出床位", "logout"
    right = "accounts.change_dormitory"
    danger = True
    on = DateField(label="从哪天起", required=False, help_text="不填就是今天。")

    @classmethod
    def fits(cls, row, by):
        return row.until is None

    def run(self):
        dormitory.leave_bed(person=self.row.person, by=self.by, **self.cleaned_data)
        return "已空出。"
