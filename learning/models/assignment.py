"""Who has to study what by when, and who was reminded (``targets.md`` C4, ``domain.md`` S51).

The learner's page and the secretary's list of those who are not done read the same rows: ``Assignee``.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Audience, Branch
from learning.models.course import Course
from learning.models.quiz import Quiz


class AssignmentQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(withdrawn_at=None)


class Assignment(models.Model):
    """A course or a quiz that people of an audience have to do until ``due_at``. ``branch`` set it."""

    branch = models.ForeignKey(
        Branch, verbose_name="布置的组织", on_delete=models.PROTECT, related_name="assignments"
    )
    course = models.ForeignKey(
        Course,
        verbose_name="课程",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="assignments",
    )
    quiz = models.OneToOneField(
        Quiz, verbose_name="测评", null=True, blank=True, on_delete=models.PROTECT, related_name="assignment"
    )
    audience = models.ForeignKey(
        Audience, verbose_name="对象", on_delete=models.PROTECT, related_name="assignments"
    )
    due_at = models.DateTimeField("截止时间")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="布置的人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    created_at = models.DateTimeField("布置时间", auto_now_add=True)
    withdrawn_at = models.DateTimeField("取消时间", null=True, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "学习任务"
        ordering = ["-due_at", "-pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(course__isnull=False, quiz=None) | Q(course=None, quiz__isnull=False),
                name="assignment_is_a_course_or_a_quiz",
            ),
            models.UniqueConstraint(
                fields=["course", "audience"],
                condition=Q(withdrawn_at=None, course__isnull=False),
                name="one_standing_assignment_per_course_and_audience",
            ),
        ]

    def __str__(self) -> str:
        return str(self.quiz or self.course)

    @property
    def is_over(self) -> bool:
        return self.due_at <= timezone.now()


class AssigneeQuerySet(models.QuerySet):
    def standing(self):
        """Rows that count today."""
        return self.filter(removed_at=None, assignment__withdrawn_at=None)

    def outstanding(self):
        """Those who still have to do it."""
        return self.standing().filter(done_at=None)

    def in_branches_of(self, user, right: str = "learning.view_progress"):
        """Rows of people who belong to a branch where ``user`` holds ``right`` today."""
        from accounts.models import User

        return self.filter(person__in=User.objects.in_branches(Branch.objects.where(user, right)))

    def visible_to(self, user, right: str = "learning.view_progress"):
        """One's own rows, and those of people in branches where ``user`` holds ``right``."""
        return self.filter(
            Q(person=user) | Q(pk__in=Assignee.objects.in_branches_of(user, right).values("pk"))
        )


class Assignee(models.Model):
    """One person of an assignment: the one row behind the learner's page and the secretary's list.

    ``removed_at``: he left the audience before he was done. ``done_at`` is never taken back.
    """

    assignment = models.ForeignKey(
        Assignment, verbose_name="学习任务", on_delete=models.CASCADE, related_name="assignees"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="人员",
        on_delete=models.PROTECT,
        related_name="study_assignments",
    )
    added_at = models.DateTimeField("列入时间", auto_now_add=True)
    done_at = models.DateTimeField("完成时间", null=True, blank=True)
    removed_at = models.DateTimeField("移出时间", null=True, blank=True)

    objects = AssigneeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "学习任务名单"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "person"], name="one_row_per_assignment_and_person"
            ),
        ]
        indexes = [
            # the list of those who are not done
            models.Index(
                fields=["assignment", "person"],
                condition=Q(done_at=None, removed_at=None),
                name="assignee_outstanding",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.assignment}"


class Nudge(models.Model):
    """A reminder a person was sent by another; both can see it. At most two, 48 hours apart (``domain.md`` S51)."""

    assignee = models.ForeignKey(
        Assignee, verbose_name="名单", on_delete=models.CASCADE, related_name="nudges"
    )
    number = models.PositiveSmallIntegerField("第几次")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="提醒的人", on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField("提醒时间")

    class Meta:
        verbose_name = verbose_name_plural = "提醒记录"
        ordering = ["assignee", "number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["assignee", "number"], name="nudges_are_numbered"),
            models.CheckConstraint(condition=Q(number__in=(1, 2)), name="two_nudges_at_most"),
        ]

    def __str__(self) -> str:
        return f"{self.assignee_id} · 第 {self.number} 次"
