"""Courses, their versions and lessons, and how far a person has come (``domain.md`` §1.9 course and self-test)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL

from accounts.models import Audience, Branch
from accounts.models.audience import HOLDING, holding_parameters
from learning.models.media import Media
from learning.models.topic import Topic

_OPEN_TO = f"""
    SELECT course.id
    FROM learning_course course
    WHERE course.withdrawn_at IS NULL
        AND (
            course.audience_id IN ({HOLDING})
            OR course.id IN (
                SELECT assignment.course_id
                FROM learning_assignee assignee
                JOIN learning_assignment assignment ON assignment.id = assignee.assignment_id
                WHERE assignee.person_id = %s AND assignee.removed_at IS NULL AND assignment.withdrawn_at IS NULL
            )
        )
        OR course.id IN (SELECT completion.course_id FROM learning_completion completion WHERE completion.person_id = %s)
"""  # noqa: S608 - constant text


class CourseQuerySet(models.QuerySet):
    def published(self):
        return self.filter(current__state=CourseVersion.State.PUBLISHED, withdrawn_at=None)

    def visible_to(self, person):
        """Published courses for an audience ``person`` belongs to now or that he was assigned, and those he completed.

        Written out like ``HOLDING`` and for its reason: every page of a course and of a quiz asks it.
        """
        parameters = [*holding_parameters(person), person.pk, person.pk]
        open_to = RawSQL(_OPEN_TO, parameters)  # noqa: S611 - constant text, bound parameters
        # the state is asked for too: a draft that a stray write made current is still nobody's lesson
        return self.filter(pk__in=open_to, current__state=CourseVersion.State.PUBLISHED)


class Course(models.Model):
    """One course for life; what is taught stands in its versions. ``current`` is the published one."""

    class Series(models.TextChoices):
        NONE = "", "一般课程"
        PARTY_SCHOOL = "party_school", "党校课程"

    branch = models.ForeignKey(
        Branch, verbose_name="所属组织", on_delete=models.PROTECT, related_name="courses"
    )
    series = models.CharField("系列", max_length=12, choices=Series.choices, blank=True, default=Series.NONE)
    position = models.PositiveSmallIntegerField("排序", default=0)
    topic = models.ForeignKey(
        Topic, verbose_name="专题", null=True, blank=True, on_delete=models.PROTECT, related_name="courses"
    )
    audience = models.ForeignKey(
        Audience, verbose_name="开放对象", on_delete=models.PROTECT, related_name="courses"
    )
    current = models.OneToOneField(
        "CourseVersion",
        verbose_name="当前版本",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="current_of",
    )
    withdrawn_at = models.DateTimeField("撤下时间", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="撤下的人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    withdraw_reason = models.CharField("撤下原因", max_length=200, blank=True)
    created_at = models.DateTimeField("创建时间", auto_now_add=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    objects = CourseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "课程"
        ordering = ["series", "position", "pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdraw_reason="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdraw_reason=""),
                name="withdrawn_course_says_when_by_whom_and_why",
            ),
        ]

    def __str__(self) -> str:
        return self.current.title if self.current else f"未发布的课程 {self.pk}"


class CourseVersion(models.Model):
    """The content of a course as two people approved it. Immutable once published.

    The self-test draws ``test_draw`` questions of the course (0: no test), passed from ``test_pass`` per cent;
    ``blueprint`` may fix how many of which category and difficulty: ``[{"category", "difficulty", "count"}]``.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        IN_REVIEW = "in_review", "待审"
        PUBLISHED = "published", "已发布"
        REPLACED = "replaced", "已被新版本代替"

    course = models.ForeignKey(Course, verbose_name="课程", on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField("版本", default=1)
    title = models.CharField("名称", max_length=60)
    summary = models.CharField("简介", max_length=300, blank=True)
    cover = models.ForeignKey(
        Media,
        verbose_name="封面",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="covered_courses",
    )
    test_draw = models.PositiveSmallIntegerField("自测抽几题", default=10)
    test_pass = models.PositiveSmallIntegerField("自测合格线（%）", default=60)
    blueprint = models.JSONField("抽题方案", default=list, blank=True)
    same_order = models.BooleanField("所有人同一顺序", default=False)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="作者",
        on_delete=models.PROTECT,
        related_name="written_courses",
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="审核人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reviewed_courses",
    )
    reviewed_at = models.DateTimeField("审核时间", null=True, blank=True)
    review_note = models.CharField("审核意见", max_length=200, blank=True)
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    created_at = models.DateTimeField("创建时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "课程版本"
        ordering = ["course", "-number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["course", "number"], name="course_versions_are_numbered"),
            models.UniqueConstraint(
                fields=["course"],
                condition=Q(state__in=("draft", "in_review")),
                name="one_open_version_per_course",
            ),
            models.UniqueConstraint(
                fields=["course"], condition=Q(state="published"), name="one_published_version_per_course"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("published", "replaced"))
                | Q(reviewer__isnull=False, reviewed_at__isnull=False, published_at__isnull=False),
                name="published_course_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(reviewer=None) | ~Q(reviewer=F("author")), name="nobody_approves_his_own_course"
            ),
            models.CheckConstraint(condition=Q(test_pass__lte=100), name="pass_mark_is_a_percentage"),
        ]

    def __str__(self) -> str:
        return self.title


class Lesson(models.Model):
    """A lesson of one version. ``key`` stays the same when the next version keeps the lesson, and with it progress.

    ``body`` is sanitised HTML (the text, or what is said beside a video); ``media`` is the video or PDF of such a
    lesson, ``url`` the outside page of a link.
    """

    class Kind(models.TextChoices):
        TEXT = "text", "图文"
        VIDEO = "video", "视频"
        PDF = "pdf", "PDF"
        LINK = "link", "外部链接"

    version = models.ForeignKey(
        CourseVersion, verbose_name="课程版本", on_delete=models.CASCADE, related_name="lessons"
    )
    key = models.UUIDField("课节", default=uuid.uuid4, editable=False)
    chapter = models.CharField("章", max_length=60, blank=True)
    position = models.PositiveSmallIntegerField("次序")
    kind = models.CharField("类型", max_length=5, choices=Kind.choices, default=Kind.TEXT)
    title = models.CharField("标题", max_length=60)
    body = models.TextField("正文", blank=True)
    media = models.ForeignKey(
        Media, verbose_name="文件", null=True, blank=True, on_delete=models.PROTECT, related_name="lessons"
    )
    images = models.ManyToManyField(
        Media, verbose_name="正文图片", blank=True, related_name="illustrated_lessons"
    )
    url = models.URLField("链接", max_length=500, blank=True)
    minutes = models.PositiveSmallIntegerField("约几分钟", default=5)

    class Meta:
        verbose_name = verbose_name_plural = "课节"
        ordering = ["version", "position"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="lesson_stands_once_in_a_version"),
            models.UniqueConstraint(fields=["version", "position"], name="lessons_stand_in_order"),
        ]

    def __str__(self) -> str:
        return self.title


class LessonProgress(models.Model):
    """How far a person is in a lesson. ``spot`` is where to go on (seconds of a video, page, paragraph), no proof."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="学习的人",
        on_delete=models.CASCADE,
        related_name="lesson_progress",
    )
    course = models.ForeignKey(Course, verbose_name="课程", on_delete=models.CASCADE, related_name="progress")
    lesson_key = models.UUIDField("课节")
    opened_at = models.DateTimeField("打开时间", auto_now_add=True)
    finished_at = models.DateTimeField("学完时间", null=True, blank=True)
    spot = models.PositiveIntegerField("上次位置", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "学习进度"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person", "course", "lesson_key"], name="one_progress_per_lesson"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.course_id}"


class Completion(models.Model):
    """A person has completed a version of a course. Never taken away; the college may confirm it (D54)."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="学习的人",
        on_delete=models.PROTECT,
        related_name="course_completions",
    )
    course = models.ForeignKey(
        Course, verbose_name="课程", on_delete=models.PROTECT, related_name="completions"
    )
    version = models.ForeignKey(
        CourseVersion, verbose_name="版本", on_delete=models.PROTECT, related_name="completions"
    )
    branch_name = models.CharField("当时所在支部", max_length=60, blank=True)
    completed_at = models.DateTimeField("学完时间")
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="确认的人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = verbose_name_plural = "课程结业"
        ordering = ["-completed_at", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["person", "version"], name="a_version_is_completed_once"),
            models.CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_by=None)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="confirmed_completion_says_by_whom",
            ),
        ]
        indexes = [models.Index(fields=["-completed_at", "-id"], name="completion_by_day")]

    def __str__(self) -> str:
        return f"{self.person} · {self.version}"
