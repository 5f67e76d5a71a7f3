"""A quiz: the month-end quiz made from what was pushed, or the self-test of a course version."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from accounts.models import Audience, Branch
from accounts.models.audience import HOLDING, holding_parameters
from learning.models.course import Course, CourseVersion
from learning.models.item import Item
from learning.models.question import QuestionVersion

_OPEN_TO = f"""
    SELECT quiz.id
    FROM learning_quiz quiz
    WHERE quiz.audience_id IN ({HOLDING})
        OR quiz.id IN (
            SELECT assignment.quiz_id
            FROM learning_assignee assignee
            JOIN learning_assignment assignment ON assignment.id = assignee.assignment_id
            WHERE assignee.person_id = %s AND assignee.removed_at IS NULL
        )
        OR quiz.id IN (SELECT attempt.quiz_id FROM learning_attempt attempt WHERE attempt.person_id = %s)
"""  # noqa: S608 - constant text


class QuizQuerySet(models.QuerySet):
    def open(self, at=None):
        """Quizzes one may begin now."""
        now = at or timezone.now()
        return self.filter(
            Q(opens_at=None) | Q(opens_at__lte=now),
            Q(closes_at=None) | Q(closes_at__gt=now),
            withdrawn_at=None,
        )

    def visible_to(self, person):
        """Quizzes for an audience ``person`` belongs to, those assigned to him and those he has taken.

        A self-test is seen by those who see its course. Written out for the reason of ``HOLDING``.
        """
        parameters = [*holding_parameters(person), person.pk, person.pk]
        open_to = RawSQL(_OPEN_TO, parameters)  # noqa: S611 - constant text, bound parameters
        return self.filter(
            Q(pk__in=open_to) | Q(course_version__course__in=Course.objects.visible_to(person))
        )


class Quiz(models.Model):
    """One quiz. ``period`` such as ``2026-11`` makes the month-end quiz of a branch unique whoever fires twice.

    ``opens_at``/``closes_at`` are empty for self-tests. ``attempts`` counted attempts are allowed (0: any number);
    a month-end quiz has one, practice follows. ``seconds`` limits one attempt (0: only the window does).
    ``half_marks`` gives half a point for a correct subset of a multiple choice.
    """

    class Kind(models.TextChoices):
        MONTH_END = "month_end", "月末测评"
        SELF_TEST = "self_test", "课后自测"

    kind = models.CharField("类型", max_length=10, choices=Kind.choices)
    branch = models.ForeignKey(
        Branch, verbose_name="所属组织", on_delete=models.PROTECT, related_name="quizzes"
    )
    period = models.CharField("月份", max_length=7, blank=True)
    course_version = models.OneToOneField(
        CourseVersion,
        verbose_name="课程版本",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="quiz",
    )
    title = models.CharField("名称", max_length=60)
    audience = models.ForeignKey(
        Audience,
        verbose_name="开放对象",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="quizzes",
    )
    opens_at = models.DateTimeField("开放时间", null=True, blank=True)
    closes_at = models.DateTimeField("截止时间", null=True, blank=True)
    seconds = models.PositiveIntegerField("每次限时（秒）", default=0)
    attempts = models.PositiveSmallIntegerField("计入成绩的次数", default=1)
    pass_percent = models.PositiveSmallIntegerField("合格线（%）", default=60)
    same_order = models.BooleanField("所有人同一顺序", default=False)
    half_marks = models.BooleanField("多选少选得一半分", default=False)
    created_at = models.DateTimeField("生成时间", auto_now_add=True)
    is_late = models.BooleanField("补生成", default=False)
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
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    objects = QuizQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "测评"
        ordering = ["-opens_at", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "period"],
                condition=Q(kind="month_end"),
                name="one_month_end_quiz_per_period",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind="month_end",
                    course_version=None,
                    audience__isnull=False,
                    opens_at__isnull=False,
                    closes_at__gt=F("opens_at"),
                )
                & ~Q(period="")
                | Q(kind="self_test", course_version__isnull=False, period="", opens_at=None, closes_at=None),
                name="quiz_is_of_one_kind",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdraw_reason="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdraw_reason=""),
                name="withdrawn_quiz_says_when_by_whom_and_why",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def is_open(self, at=None) -> bool:
        now = at or timezone.now()
        return (
            self.withdrawn_at is None
            and (self.opens_at is None or self.opens_at <= now)
            and (self.closes_at is None or now < self.closes_at)
        )


class QuizQuestion(models.Model):
    """A question of a month-end quiz, in the version it was assembled with, and the item it comes from."""

    quiz = models.ForeignKey(Quiz, verbose_name="测评", on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField("次序")
    version = models.ForeignKey(
        QuestionVersion, verbose_name="题目版本", on_delete=models.PROTECT, related_name="quiz_questions"
    )
    item = models.ForeignKey(
        Item, verbose_name="推送内容", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "测评题目"
        ordering = ["quiz", "position"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["quiz", "position"], name="quiz_questions_stand_in_order"),
            models.UniqueConstraint(fields=["quiz", "version"], name="quiz_asks_a_question_once"),
        ]

    def __str__(self) -> str:
        return f"{self.quiz} · 第 {self.position} 题"
