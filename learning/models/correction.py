"""The protocol of a wrong key that was put right after people had been graded by it (``targets.md`` B7)."""

from django.db import models
from django.db.models import Q

from learning.models.question import QuestionVersion


class Correction(models.Model):
    """``wrong`` was asked with a wrong key, ``fixed`` is the same question with the right one.

    Who proposed it is the author of ``fixed``, who applied it its reviewer. ``applied_at`` is empty while it waits.
    The counts are of counted attempts and grow while they are graded again; ``kept_passed`` are those that stay
    passed although their score no longer reaches the mark.
    """

    wrong = models.OneToOneField(
        QuestionVersion, verbose_name="答案有误的版本", on_delete=models.CASCADE, related_name="correction"
    )
    fixed = models.OneToOneField(
        QuestionVersion, verbose_name="更正后的版本", on_delete=models.CASCADE, related_name="corrects"
    )
    reason = models.CharField("更正的原因", max_length=200)
    lowers_passed = models.BooleanField("合格的也改为不合格", default=False)
    lower_reason = models.CharField("改为不合格的理由", max_length=200, blank=True)
    proposed_at = models.DateTimeField("提出时间", auto_now_add=True)
    applied_at = models.DateTimeField("执行时间", null=True, blank=True)
    attempts = models.PositiveIntegerField("重新判分", default=0)
    gained = models.PositiveIntegerField("加分", default=0)
    lost = models.PositiveIntegerField("减分", default=0)
    newly_passed = models.PositiveIntegerField("改为合格", default=0)
    newly_failed = models.PositiveIntegerField("改为不合格", default=0)
    kept_passed = models.PositiveIntegerField("保留合格", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "答案更正"
        ordering = ["-proposed_at"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(lowers_passed=False, lower_reason="")
                | Q(lowers_passed=True) & ~Q(lower_reason=""),
                name="taking_a_pass_back_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.wrong} → 第 {self.fixed.number} 版"
