from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models.branch import Branch
from accounts.roles import Stage


class StageChangeQuerySet(models.QuerySet):
    def valid(self):
        return self.filter(voided_at=None)


class StageChange(models.Model):
    """A dated fact: from ``effective_on`` the person stands at ``stage`` (``domain.md`` §2.3).

    What was recorded wrongly is voided and recorded anew; nothing is overwritten, so the stage of any past day
    can be told, both as it was and as it was known.
    """

    class Evidence(models.TextChoices):
        DECISION = "decision", "会议决议"
        PAPER = "paper_only", "纸质材料（历史导入）"
        ENROLMENT = "enrolment", "入学登记"

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="人员", on_delete=models.PROTECT, related_name="stage_changes"
    )
    stage = models.CharField("阶段", max_length=24, choices=Stage.choices)
    effective_on = models.DateField("生效日期")
    branch = models.ForeignKey(
        Branch, verbose_name="当时组织", null=True, on_delete=models.PROTECT, related_name="stage_changes"
    )
    branch_name = models.CharField("当时组织名称", max_length=60, blank=True)
    evidence = models.CharField("依据", max_length=12, choices=Evidence.choices, default=Evidence.DECISION)
    evidence_note = models.CharField(
        "材料位置",
        max_length=200,
        blank=True,
        help_text="例如“2026 年 4 月支委会记录第 3 页”。不要写他人情况。",
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="登记人", null=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField("登记时间", auto_now_add=True)
    voided_at = models.DateTimeField("作废时间", null=True, blank=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="作废人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    void_reason = models.CharField("作废原因", max_length=200, blank=True)

    objects = StageChangeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "发展阶段记录"
        ordering = ["person", "effective_on", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person", "effective_on"],
                condition=Q(voided_at=None),
                name="one_valid_stage_change_per_day",
            ),
            models.CheckConstraint(
                condition=Q(voided_at=None, void_reason="")
                | (Q(voided_at__isnull=False) & ~Q(void_reason="")),
                name="voided_stage_change_says_when_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.get_stage_display()}"
