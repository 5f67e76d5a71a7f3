from django.contrib import admin

from accounts.admin.base import ScopedAdmin
from accounts.admin.steps.feedback import AnswerFeedback, TakeFeedback
from accounts.models import Feedback


@admin.register(Feedback)
class FeedbackAdmin(ScopedAdmin):
    """What waits for an answer, the most urgent first."""

    view_right = "accounts.answer_feedback"
    branch_field = "branch"
    list_display = ["kind", "state", "person", "branch", "received_at", "answer_by"]
    list_select_related = ["person", "branch"]
    list_filter = ["state", "kind"]
    ordering = ["answer_by", "pk"]
    fields = [
        "kind",
        "text",
        ("person", "branch"),
        ("received_at", "answer_by"),
        "state",
        "assigned_to",
        "answer",
        ("answered_by", "answered_at"),
    ]
    row_steps = (TakeFeedback, AnswerFeedback)
