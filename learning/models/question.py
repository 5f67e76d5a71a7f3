"""The question bank. A question is an identity; what is asked stands in its versions (``targets.md`` B1–B9)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Branch
from learning.models.course import Course
from learning.models.item import Item
from learning.models.media import Media
from learning.models.topic import Topic


class QuestionQuerySet(models.QuerySet):
    def usable(self, on):
        """Questions that can be asked on a day: not retired, with an approved version that is valid then."""
        valid = QuestionVersion.objects.usable(on)
        return self.filter(retired_at=None, pk__in=valid.values("question"))


class Question(models.Model):
    """One question for life. It belongs to an item, to a course (and one of its lessons), or to neither.

    ``code`` is the authors' own name for it and the key for repeated imports. ``lesson_key`` is ``Lesson.key``.
    """

    class Difficulty(models.IntegerChoices):
        EASY = 1, "容易"
        MEDIUM = 2, "适中"
        HARD = 3, "较难"

    branch = models.ForeignKey(
        Branch, verbose_name="所属组织", on_delete=models.PROTECT, related_name="questions"
    )
    code = models.CharField("编号", max_length=40)
    category = models.CharField("分类", max_length=60, blank=True)
    difficulty = models.PositiveSmallIntegerField(
        "难度", choices=Difficulty.choices, default=Difficulty.MEDIUM
    )
    topic = models.ForeignKey(
        Topic, verbose_name="专题", null=True, blank=True, on_delete=models.PROTECT, related_name="questions"
    )
    item = models.ForeignKey(
        Item,
        verbose_name="推送内容",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="questions",
    )
    course = models.ForeignKey(
        Course, verbose_name="课程", null=True, blank=True, on_delete=models.PROTECT, related_name="questions"
    )
    lesson_key = models.UUIDField("课节", null=True, blank=True)
    retired_at = models.DateTimeField("停用时间", null=True, blank=True)
    created_at = models.DateTimeField("创建时间", auto_now_add=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "题目"
        ordering = ["-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["branch", "code"], name="question_code_is_unique_in_branch"),
            models.CheckConstraint(
                condition=Q(item=None) | Q(course=None), name="question_belongs_to_item_or_course"
            ),
            models.CheckConstraint(
                condition=Q(lesson_key=None) | Q(course__isnull=False),
                name="lesson_question_names_its_course",
            ),
        ]
        indexes = [models.Index(fields=["branch", "category"], name="question_by_category")]

    def __str__(self) -> str:
        return self.code


class QuestionVersionQuerySet(models.QuerySet):
    def usable(self, on):
        """Approved versions that are valid on a day."""
        return self.filter(
            Q(valid_from=None) | Q(valid_from__lte=on),
            Q(valid_until=None) | Q(valid_until__gt=on),
            state=QuestionVersion.State.APPROVED,
        )


class QuestionVersion(models.Model):
    """What is asked, and what is right. Immutable once it was asked; a change makes the next ``number``.

    ``options`` is a list of texts, named A, B, C … by their place; empty for true/false and fill-in.
    ``answer`` depends on ``kind``: single ``["B"]``, multiple ``["A", "C"]`` (sorted), true/false ``["T"]`` or
    ``["F"]``, fill-in one list of accepted forms for each blank: ``[["两", "2"]]``; ``____`` marks a blank in
    ``stem``. ``paragraph`` is the 1-based paragraph of the item or lesson it comes from.
    """

    class Kind(models.TextChoices):
        SINGLE = "single", "单选"
        MULTIPLE = "multiple", "多选"
        TRUE_FALSE = "true_false", "判断"
        FILL = "fill", "填空"

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        IN_REVIEW = "in_review", "待审"
        APPROVED = "approved", "已通过"
        REPLACED = "replaced", "已被新版本代替"

    question = models.ForeignKey(
        Question, verbose_name="题目", on_delete=models.CASCADE, related_name="versions"
    )
    number = models.PositiveSmallIntegerField("版本", default=1)
    kind = models.CharField("题型", max_length=10, choices=Kind.choices)
    stem = models.TextField("题干", max_length=2000)
    options = models.JSONField("选项", default=list, blank=True)
    answer = models.JSONField("答案", default=list)
    explanation = models.TextField("解析", max_length=2000, blank=True)
    basis = models.CharField("依据", max_length=200, blank=True)
    paragraph = models.PositiveSmallIntegerField("出自第几段", null=True, blank=True)
    image = models.ForeignKey(
        Media,
        verbose_name="图片",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="question_versions",
    )
    valid_from = models.DateField("生效日期", null=True, blank=True)
    valid_until = models.DateField("失效日期（不含）", null=True, blank=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="作者",
        on_delete=models.PROTECT,
        related_name="written_questions",
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="审核人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reviewed_questions",
    )
    reviewed_at = models.DateTimeField("审核时间", null=True, blank=True)
    review_note = models.CharField("审核意见", max_length=200, blank=True)
    created_at = models.DateTimeField("创建时间", auto_now_add=True)

    objects = QuestionVersionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "题目版本"
        ordering = ["question", "-number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["question", "number"], name="question_versions_are_numbered"),
            models.UniqueConstraint(
                fields=["question"], condition=Q(state="approved"), name="one_approved_version_per_question"
            ),
            models.UniqueConstraint(
                fields=["question"],
                condition=Q(state__in=("draft", "in_review")),
                name="one_open_version_per_question",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("approved", "replaced"))
                | Q(reviewer__isnull=False, reviewed_at__isnull=False),
                name="approved_question_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(reviewer=None) | ~Q(reviewer=F("author")),
                name="nobody_approves_his_own_question",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question} · 第 {self.number} 版"
