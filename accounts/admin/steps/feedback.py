"""Suggestions, complaints and corrections: take one up, answer it."""

from django import forms

from accounts.actions import feedback
from accounts.models import Feedback
from core.steps import Step


class TakeFeedback(Step):
    slug, title, icon = "take", "我来办", "assignment_ind"
    right = "accounts.answer_feedback"
    note = "提出的人会看到有人在办。"

    @classmethod
    def fits(cls, row, by):
        return row.state == Feedback.State.RECEIVED and row.person_id != by.pk

    def run(self):
        feedback.take_feedback(feedback=self.row, by=self.by)
        return "由你办理。"


class AnswerFeedback(Step):
    slug, title, icon = "answer", "答复", "reply"
    right = "accounts.answer_feedback"
    note = "提出的人会看到答复和你的名字。不要写别人的情况。"
    button = "发出"
    answer = forms.CharField(label="答复", max_length=1000, widget=forms.Textarea)

    @classmethod
    def fits(cls, row, by):
        return row.is_open and row.person_id != by.pk

    def run(self):
        feedback.answer_feedback(feedback=self.row, by=self.by, **self.cleaned_data)
        return "已经答复。"
