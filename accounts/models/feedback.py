from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models.branch import Branch


class FeedbackQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What ``user`` wrote, and what came in where ``user`` answers."""
        branches = Branch.objects.where(user, "accounts.answer_feedback")
        return self.filter(Q(person=user) | Q(branch__in=branches))

    def open(self):
        return self.filter(state__in=Feedback.OPEN)


class Feedback(models.Model):
    """A suggestion, a complaint or a request to correct one's data; answered in time (``domain.md`` C23).

    ``branch`` is where it is answered: the person's own branch, for a complaint the one above it.
    """

    class Kind(models.TextChoices):
        SUGGESTION = "suggestion", "意见"
        COMPLAINT = "complaint", "投诉"
        CORRECTION = "correction", "更正我的信息"

    class State(models.TextChoices):
        RECEIVED = "received", "已收到"
        ASSIGNED = "assigned", "有人在办"
        ANSWERED = "answered", "已答复"
        CLOSED = "closed", "已办结"

    OPEN = (State.RECEIVED, State.ASSIGNED)

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="提出人", on_delete=models.PROTECT, related_name="feedback"
    )
    branch = models.ForeignKey(
        Branch, verbose_name="受理组织", null=True, on_delete=models.PROTECT, related_name="feedback"
    )
    kind = models.CharField("类别", max_length=12, choices=Kind.choices)
    text = models.TextField("内容", max_length=1000)
    state = models.CharField("进度", max_length=10, choices=State.choices, default=State.RECEIVED)
    received_at = models.DateTimeField("收到时间", auto_now_add=True)
    answer_by = models.DateField("最晚答复日期")
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="办理人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    answer = models.TextField("答复", max_length=1000, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="答复人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "意见和投诉"
        ordering = ["-received_at", "-pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["received", "assigned"], answer="", answered_by=None, answered_at=None)
                | (
                    Q(
                        state__in=["answered", "closed"],
                        answered_by__isnull=False,
                        answered_at__isnull=False,
                    )
                    & ~Q(answer="")
                ),
                name="answered_feedback_says_what_when_and_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(state="assigned") | Q(assigned_to__isnull=False),
                name="assigned_feedback_says_to_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN
