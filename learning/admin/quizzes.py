from django.contrib import admin
from django.db.models import Count, Q
from django.utils.html import format_html_join
from unfold.decorators import display

from accounts.admin.base import BranchFilter, ScopedAdmin
from learning.actions.editing import WRITE
from learning.admin.steps.quizzes import AssembleQuiz, WithdrawQuiz
from learning.models import Quiz


@admin.register(Quiz)
class QuizAdmin(ScopedAdmin):
    """How many have done it, never who scored what."""

    view_right = WRITE
    branch_field = "branch"
    list_display = ["title", "branch", "kind", "opens_at", "closes_at", "participation", "state"]
    list_select_related = ["branch"]
    list_filter = [BranchFilter, "kind"]
    search_fields = ["title"]
    fields = [
        ("branch", "kind"),
        ("opens_at", "closes_at"),
        "audience_words",
        "participation",
        ("created_at", "is_late"),
        ("withdrawn_by", "withdrawn_at"),
        "withdraw_reason",
        "questions_asked",
    ]
    readonly_fields = ["audience_words", "participation", "questions_asked"]
    list_steps = (AssembleQuiz,)
    row_steps = (WithdrawQuiz,)

    def get_queryset(self, request):
        on_the_list = Q(assignment__assignees__removed_at=None)
        return (
            super()
            .get_queryset(request)
            .annotate(
                total=Count("assignment__assignees", filter=on_the_list),
                done=Count(
                    "assignment__assignees",
                    filter=on_the_list & Q(assignment__assignees__done_at__isnull=False),
                ),
            )
        )

    @display(description="完成", empty_value="自愿参加")
    def participation(self, quiz):
        return f"{quiz.done} / {quiz.total} 人" if quiz.total else None

    @display(description="状态", label={"已撤下": "danger", "开放中": "success"})
    def state(self, quiz):
        if quiz.withdrawn_at:
            return "已撤下"
        return "开放中" if quiz.is_open() else "未开放"

    @display(description="对象", empty_value="随课程")
    def audience_words(self, quiz):
        return quiz.audience.describe() if quiz.audience else None

    @display(description="题目", empty_value="每次从课程题库里抽")
    def questions_asked(self, quiz):
        rows = quiz.questions.select_related("version", "item")
        lines = [(row.position, row.version.stem, row.item or "") for row in rows]
        return format_html_join("", "<p>{}. {}（{}）</p>", lines) or None
