"""Buttons on month-end quizzes: make one now, take one back."""

from django import forms
from django.urls import reverse
from django.utils import timezone

from accounts.admin.steps.fields import BranchField
from core.steps import Step
from learning.actions import quizzes
from learning.actions.editing import REVIEW, WRITE
from learning.models import Quiz
from learning.rules.quizzes import periods_due, title_of


class AssembleQuiz(Step):
    slug, title, icon = "assemble", "现在生成", "playlist_add_check"
    right = WRITE
    note = "每月 25 日自动生成，一般不用手动。已经生成过的，会打开原来那一份。"
    button = "生成"
    branch = BranchField(label="组织")
    period = forms.ChoiceField(label="月份")
    field_order = ["branch", "period"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].narrow(self.by, WRITE)
        periods = periods_due(timezone.localdate())
        self.fields["period"].choices = [(period, title_of(period)) for period in reversed(periods)]

    def run(self):
        quiz = quizzes.assemble_quiz(by=self.by, **self.cleaned_data)
        self.next_url = reverse("admin:learning_quiz_change", args=[quiz.pk])
        return f"{quiz.title}在这里。"


class WithdrawQuiz(Step):
    slug, title, icon = "withdraw", "撤下测评", "block"
    right = REVIEW
    note = "没交的答卷作废，开始答题的人会收到通知，大家不用再完成。这个月不会再生成另一份。"
    button = "撤下"
    danger = True
    reason = forms.CharField(label="原因", max_length=200, help_text="答题的人看得到。")

    @classmethod
    def fits(cls, row, by):
        return row.kind == Quiz.Kind.MONTH_END and row.withdrawn_at is None

    def run(self):
        quizzes.withdraw_quiz(quiz=self.row, by=self.by, **self.cleaned_data)
        return "已撤下。"
