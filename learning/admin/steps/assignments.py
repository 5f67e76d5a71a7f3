"""Buttons on study tasks: set a course, call it off."""

from django import forms
from django.urls import reverse

from accounts.admin.steps.fields import BranchField
from accounts.models import Audience
from core.steps import Step
from learning.actions import assignments
from learning.admin.steps.fields import BranchesField, GradesField, MomentField, StagesField
from learning.models import Course
from learning.rules.assignments import ASSIGN, courses_to_assign


class AssignCourse(Step):
    slug, title, icon = "assign", "布置课程", "assignment_add"
    right = ASSIGN
    note = "要学的人马上收到通知，截止前两天再提醒一次没学完的。学完过的人不用再学。"
    button = "布置"
    course = forms.ModelChoiceField(label="课程", queryset=Course.objects.none(), empty_label="请选择")
    branch = BranchField(label="布置的组织")
    branches = BranchesField(label="对象", help_text="包括下级组织。")
    stages = StagesField(label="发展阶段", help_text="不选就是不限。")
    grades = GradesField(label="年级", help_text="例如 2024、2025；不填就是不限。")
    due_at = MomentField(label="截止时间")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["course"].queryset = courses_to_assign(self.by).select_related("current")
        for name in ("branch", "branches"):
            self.fields[name].narrow(self.by, ASSIGN)

    def run(self):
        data = self.cleaned_data
        audience = Audience.objects.obtain(data["branches"], stages=data["stages"], grades=data["grades"])
        made = assignments.assign(
            by=self.by,
            branch=data["branch"],
            audience=audience,
            due_at=data["due_at"],
            course=data["course"],
        )
        self.next_url = reverse("admin:learning_assignment_change", args=[made.pk])
        return f"已布置给 {made.assignees.count()} 人。"


class WithdrawAssignment(Step):
    slug, title, icon = "withdraw", "取消", "block"
    right = ASSIGN
    note = "没学完的人不用再学，还没发出的提醒不再发。学完的记录保留。"
    button = "取消这项学习"
    danger = True

    @classmethod
    def fits(cls, row, by):
        return row.course_id is not None and row.withdrawn_at is None

    def run(self):
        assignments.withdraw_assignment(assignment=self.row, by=self.by)
        return "已取消。"
