"""The question bank in the back office."""

from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch, Subquery, prefetch_related_objects
from unfold.decorators import display

from accounts.admin.base import BranchFilter, ScopedAdmin
from learning.actions.corrections import preview_correction
from learning.actions.editing import WRITE
from learning.admin.question_files import ImportPages
from learning.admin.steps.question_files import ExportQuestions, ImportQuestions
from learning.admin.steps.questions import (
    AddQuestion,
    ApplyCorrection,
    ApproveCategory,
    ApproveQuestion,
    ChangeQuestion,
    ProposeCorrection,
    RetireQuestion,
    ReturnQuestion,
    SubmitQuestion,
    approved_version,
    open_version,
    waiting_correction,
)
from learning.analysis import SHOWN_FROM
from learning.models import Correction, ItemStatistic, Question, QuestionVersion, Quiz

QUIZZES = 20

_State = QuestionVersion.State
_STATES = {
    "in_review": "待审",
    "draft": "草稿",
    "approved": "已通过",
    "retired": "停用",
}


class StateFilter(admin.SimpleListFilter):
    title = "状态"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return list(_STATES.items())

    def queryset(self, request, queryset):
        if self.value() == "retired":
            return queryset.exclude(retired_at=None)
        if self.value() in _STATES:
            return queryset.filter(retired_at=None, pk__in=_asked(state=self.value()))
        return queryset


class KindFilter(admin.SimpleListFilter):
    title = "题型"
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return QuestionVersion.Kind.choices

    def queryset(self, request, queryset):
        if self.value() in QuestionVersion.Kind.values:
            return queryset.filter(pk__in=_asked(kind=self.value()).exclude(state=_State.REPLACED))
        return queryset


class WeakFilter(admin.SimpleListFilter):
    title = "答题情况"
    parameter_name = "weak"

    def lookups(self, request, model_admin):
        return [("1", "需要看一看")]

    def queryset(self, request, queryset):
        if self.value() == "1":
            return queryset.filter(pk__in=_asked(state=_State.APPROVED, statistic__is_weak=True))
        return queryset


def _asked(**criteria):
    """Questions with a version like this, as a subquery."""
    return QuestionVersion.objects.filter(**criteria).order_by().values("question")


@admin.register(Question)
class QuestionAdmin(ImportPages, ScopedAdmin):
    view_right = WRITE
    branch_field = "branch"
    list_display = ["code", "stem", "kind", "category", "difficulty", "state_label", "figures"]
    list_filter = [BranchFilter, StateFilter, KindFilter, "category", "difficulty", WeakFilter]
    search_fields = ["code", "versions__stem"]
    fields = [
        ("code", "branch"),
        ("category", "difficulty"),
        ("topic", "item"),
        "course",
        ("created_at", "retired_at"),
    ]
    list_before_template = "admin/learning/_question_files.html"
    change_form_after_template = "admin/learning/question.html"
    list_steps = (AddQuestion, ImportQuestions, ExportQuestions, ApproveCategory)
    row_steps = (
        ApproveQuestion,
        ApplyCorrection,
        ReturnQuestion,
        ChangeQuestion,
        SubmitQuestion,
        ProposeCorrection,
        RetireQuestion,
    )

    def get_queryset(self, request):
        versions = QuestionVersion.objects.filter(question=OuterRef("pk"))
        newest = versions.order_by("-number")
        statistic = ItemStatistic.objects.filter(
            version__question=OuterRef("pk"), version__state=_State.APPROVED, takers__gte=SHOWN_FROM
        )
        return (
            super()
            .get_queryset(request)
            .annotate(
                newest_stem=Subquery(newest.values("stem")[:1]),
                newest_kind=Subquery(newest.values("kind")[:1]),
                newest_state=Subquery(newest.values("state")[:1]),
                is_asked=Exists(versions.filter(state=_State.APPROVED)),
                facility=Subquery(statistic.values("facility")[:1]),
                discrimination=Subquery(statistic.values("discrimination")[:1]),
                is_weak=Subquery(statistic.values("is_weak")[:1]),
            )
        )

    @display(description="题干")
    def stem(self, question):
        text = question.newest_stem or ""
        return f"{text[:40]}…" if len(text) > 40 else text

    @display(description="题型")
    def kind(self, question):
        return QuestionVersion.Kind(question.newest_kind).label if question.newest_kind else "—"

    @display(
        description="状态",
        label={
            "待审": "warning",
            "草稿": "default",
            "已通过": "success",
            "停用": "default",
            "有修改稿": "info",
        },
    )
    def state_label(self, question):
        if question.retired_at:
            return "停用"
        if question.newest_state == _State.DRAFT and question.is_asked:
            return "有修改稿"
        return _STATES.get(question.newest_state, "已通过")

    @display(description="难度系数 / 区分度")
    def figures(self, question):
        """From five takers on; the flag is said in words, not in colour alone."""
        if question.facility is None:
            return "—"
        blunt = "—" if question.discrimination is None else f"{question.discrimination:.2f}"
        return f"{question.facility:.2f} / {blunt}" + (" 需要看一看" if question.is_weak else "")

    def get_object(self, request, object_id, from_field=None):
        """With its versions, which the page and every button look at."""
        question = super().get_object(request, object_id, from_field)
        versions = QuestionVersion.objects.select_related(
            "author", "reviewer", "image", "statistic", "corrects"
        )
        prefetch_related_objects([question], Prefetch("versions", versions.order_by("-number")))
        return question

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        response = super().changeform_view(request, object_id, form_url, extra_context)
        response.context_data["bank"] = _page(response.context_data["original"], request.user)
        return response


def _page(question, user):
    """What the page of a question says beside its own fields."""
    versions = list(question.versions.all())
    correction = waiting_correction(question)
    done = Correction.objects.filter(wrong__question=question, applied_at__isnull=False)
    return {
        "approved": approved_version(question),
        "open": open_version(question),
        "versions": versions,
        "correction": correction,
        "effects": _effects(correction, user) if correction else [],
        "corrections": done.select_related("wrong", "fixed__author", "fixed__reviewer").order_by(
            "-applied_at"
        ),
        "quizzes": Quiz.objects.filter(questions__version__in=versions)
        .distinct()
        .order_by("-opens_at")[:QUIZZES],
        "shown_from": SHOWN_FROM,
    }


def _effects(correction, user):
    return preview_correction(version=correction.wrong, answer=correction.fixed.answer, by=user)
