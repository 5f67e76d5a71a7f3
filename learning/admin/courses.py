"""Courses in the back office: writing, reviewing, publishing, and who completed them."""

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Count
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_safe
from unfold.decorators import display

from accounts.admin.base import BranchFilter, ReadOnlyInline, ScopedAdmin
from accounts.models import Branch
from learning import richtext
from learning.actions.completions import VIEW
from learning.actions.editing import WRITE
from learning.admin.steps.courses import (
    AddCourse,
    AddLesson,
    ApproveCourse,
    ChangeLesson,
    ChangeVersion,
    ConfirmAll,
    ConfirmCompletion,
    ExportCompletions,
    MoveLesson,
    NewVersion,
    PlaceCourse,
    RemoveLesson,
    ReturnCourse,
    SubmitCourse,
    UploadMedia,
    WithdrawCourse,
)
from learning.models import Completion, Course, CourseVersion, Lesson, Media
from learning.rules.completions import activists_in, school_courses, school_table
from learning.rules.courses import problems_of

State = CourseVersion.State
_COLOURS = {State.IN_REVIEW: "warning", State.PUBLISHED: "success"}
PEOPLE_PER_PAGE = 50


class VersionInline(ReadOnlyInline):
    model = CourseVersion
    view_right = WRITE
    fields = ["number", "title", "state", "author", "reviewer", "published_at"]
    show_change_link = True

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("author", "reviewer")


@admin.register(Course)
class CourseAdmin(ScopedAdmin):
    view_right = WRITE
    branch_field = "branch"
    list_display = ["name", "branch", "series", "state_label", "completion_count"]
    list_filter = [BranchFilter, "series"]
    fields = [
        ("branch", "series"),
        ("topic", "position"),
        "audience_words",
        "current",
        ("withdrawn_by", "withdrawn_at"),
        "withdraw_reason",
    ]
    readonly_fields = ["audience_words"]
    inlines = [VersionInline]
    list_steps = (AddCourse,)
    row_steps = (NewVersion, PlaceCourse, WithdrawCourse)

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related("branch", "current")
        return rows.annotate(completed=Count("completions")).prefetch_related("versions")

    @display(description="名称")
    def name(self, course):
        return course.current.title if course.current else course.versions.all()[0].title

    @display(description="状态", label={"已发布": "success", "已撤下": "danger", "待审": "warning"})
    def state_label(self, course):
        if course.withdrawn_at:
            return "已撤下"
        newest = course.versions.all()[0]
        if course.current is None or newest.state == State.IN_REVIEW:
            return newest.get_state_display()
        return "已发布"

    @display(description="学完人次")
    def completion_count(self, course):
        return course.completed

    @display(description="开放对象")
    def audience_words(self, course):
        return course.audience.describe()


class LessonInline(ReadOnlyInline):
    model = Lesson
    view_right = WRITE
    fields = ["position", "chapter", "title", "kind", "minutes"]
    ordering = ["position"]
    show_change_link = True


@admin.register(CourseVersion)
class CourseVersionAdmin(ScopedAdmin):
    view_right = WRITE
    branch_field = "course__branch"
    list_display = ["title", "number", "state_label", "author", "reviewer", "published_at"]
    list_select_related = ["author", "reviewer"]
    list_filter = [BranchFilter, "state"]
    search_fields = ["title"]
    ordering = ["-pk"]
    fields = [
        "problems",
        ("title", "number"),
        "summary",
        ("state", "author"),
        ("reviewer", "reviewed_at"),
        "review_note",
        ("test_draw", "test_pass", "same_order"),
        "content",
    ]
    readonly_fields = ["problems", "content"]
    inlines = [LessonInline]
    row_steps = (ChangeVersion, AddLesson, SubmitCourse, ApproveCourse, ReturnCourse)

    @display(description="状态", ordering="state", label=_COLOURS)
    def state_label(self, version):
        return version.state, version.get_state_display()

    @display(description="送审之前", empty_value="都齐了")
    def problems(self, version):
        """What a draft still lacks."""
        return " ".join(problems_of(version)) if version.state == State.DRAFT else None

    @display(description="内容和题目")
    def content(self, version):
        """Everything a reviewer has to read."""
        lessons = version.lessons.select_related("media")
        questions = version.course.questions.filter(retired_at=None).prefetch_related("versions")
        context = {
            "lessons": [(lesson, richtext.shown(lesson.body)) for lesson in lessons],
            "versions": [one.versions.all()[0] for one in questions.order_by("pk") if one.versions.all()],
        }
        return render_to_string("admin/learning/_course.html", context)


@admin.register(Lesson)
class LessonAdmin(ScopedAdmin):
    view_right = WRITE
    branch_field = "version__course__branch"
    list_display = ["title", "version", "chapter", "position", "kind"]
    list_select_related = ["version"]
    list_filter = [BranchFilter, "kind"]
    search_fields = ["title"]
    ordering = ["-version", "position"]
    fields = [
        "version_link",
        ("title", "chapter"),
        ("kind", "position", "minutes"),
        "media",
        "url",
        "content",
    ]
    readonly_fields = ["version_link", "content"]
    row_steps = (ChangeLesson, MoveLesson, RemoveLesson)

    @display(description="课程版本")
    def version_link(self, lesson):
        address = reverse("admin:learning_courseversion_change", args=[lesson.version_id])
        version = lesson.version
        return format_html(
            '<a class="admin-link" href="{}">{} 第 {} 版</a>', address, version, version.number
        )

    @display(description="正文", empty_value="—")
    def content(self, lesson):
        return format_html('<div class="admin-article">{}</div>', richtext.shown(lesson.body))


@admin.register(Media)
class MediaAdmin(ScopedAdmin):
    view_right = WRITE
    branch_field = "branch"
    list_display = ["name", "kind", "alt", "branch", "created_at"]
    list_select_related = ["branch"]
    list_filter = [BranchFilter, "kind"]
    search_fields = ["name", "alt"]
    ordering = ["-created_at"]
    fields = [
        "link",
        "kind",
        "alt",
        "branch",
        ("width", "height", "pages"),
        "size",
        ("uploaded_by", "created_at"),
    ]
    readonly_fields = ["link"]
    list_steps = (UploadMedia,)

    @display(description="文件")
    def link(self, media):
        return format_html('<a class="admin-link" href="{}">{}</a>', media.get_absolute_url(), media.name)


class ConfirmedFilter(admin.SimpleListFilter):
    title = "学院确认"
    parameter_name = "confirmed"

    def lookups(self, request, model_admin):
        return [("no", "待确认"), ("yes", "已确认")]

    def queryset(self, request, queryset):
        if self.value() in {"yes", "no"}:
            return queryset.filter(confirmed_at__isnull=self.value() == "no")
        return queryset


class CourseFilter(admin.SimpleListFilter):
    title = "课程"
    parameter_name = "course"

    def lookups(self, request, model_admin):
        done = model_admin.rows(request.user, VIEW).values("course")
        return [(row.pk, str(row)) for row in Course.objects.filter(pk__in=done).select_related("current")]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        return queryset.filter(course=self.value()) if self.value().isdigit() else queryset.none()


@admin.register(Completion)
class CompletionAdmin(ScopedAdmin):
    view_right = VIEW
    person_field = "person"
    list_display = ["person", "branch_name", "version", "completed_at", "confirmed_at"]
    list_select_related = ["person", "version"]
    list_filter = [BranchFilter, CourseFilter, "course__series", ConfirmedFilter]
    search_fields = ["person__name", "person__number"]
    list_before_template = "admin/learning/_school_link.html"
    fields = ["person", "branch_name", "version", "completed_at", ("confirmed_at", "confirmed_by")]
    list_steps = (ConfirmAll, ExportCompletions)
    row_steps = (ConfirmCompletion,)

    def get_urls(self):
        view = self.admin_site.admin_view(require_safe(self.school_view))
        return [path("party-school/", view, name="learning_completion_school"), *super().get_urls()]

    def school_view(self, request):
        """The activists of one's branches, and which of the party-school courses each has completed."""
        courses = school_courses()
        people = activists_in(Branch.objects.where(request.user, self.view_right))
        page = Paginator(people, PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": "党校课程完成情况",
            "opts": self.opts,
            "courses": courses,
            "page": page,
            "rows": school_table(list(page), courses),
            "back": self.page_url(),
        }
        return TemplateResponse(request, "admin/learning/school.html", context)
