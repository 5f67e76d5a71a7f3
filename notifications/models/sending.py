from django.conf import settings
from django.db import models
from django.db.models import Q


class SendingSwitch(models.Model):
    """The one row that says whether cards may go out now, and how fast.

    Three different brakes: an operator (or a restore, or a wrong secret) *stopped* sending until somebody resumes;
    WeCom asked for a *pause* until a moment; ``concurrency`` calls at most are open at once.
    """

    MOST_CALLS = 8

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    stopped_at = models.DateTimeField("停止时间", null=True, blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="停止的人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    reason = models.CharField("原因", max_length=200, blank=True)
    paused_until = models.DateTimeField("暂停到", null=True, blank=True)
    concurrency = models.PositiveSmallIntegerField("同时调用", default=MOST_CALLS)
    slowed_at = models.DateTimeField("上次降速", null=True, blank=True)
    daily_limit = models.PositiveIntegerField(
        "每日上限（人次）",
        default=160_000,
        help_text="企业微信每天最多允许“账号上限 × 200”人次，这里写它的八成。",
    )

    class Meta:
        verbose_name = verbose_name_plural = "发送开关"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="there_is_one_switch"),
            models.CheckConstraint(
                condition=Q(stopped_at=None, stopped_by=None) | Q(stopped_at__isnull=False),
                name="switch_is_stopped_by_somebody_at_some_time",
            ),
            models.CheckConstraint(condition=Q(concurrency__gte=1), name="at_least_one_call_at_once"),
        ]

    def __str__(self) -> str:
        return "已停止" if self.stopped_at else "发送中"


class DayUse(models.Model):
    """How much of the day's allowance (cards × persons) is used."""

    day = models.DateField("日期", primary_key=True)
    used = models.PositiveIntegerField("人次", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "每日用量"
        ordering = ["-day"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.day}: {self.used}"


class SendingAlert(models.Model):
    """Something operators must know: a wrong secret, a closed interface, a used-up allowance."""

    class Category(models.TextChoices):
        CREDENTIAL = "credential", "凭证不对"
        CONFIGURATION = "configuration", "企业微信后台设置不对"
        LIMIT = "limit", "调用次数用完"
        CONTENT = "content", "内容不被接受"
        UNKNOWN = "unknown", "结果不明"

    at = models.DateTimeField("时间")
    category = models.CharField("类别", max_length=14, choices=Category.choices)
    code = models.IntegerField("返回码", null=True, blank=True)
    hint = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "发送告警"
        ordering = ["-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.get_category_display()} {self.code or ''}".strip()


class DailyTotal(models.Model):
    """What remains of messages after 90 days: how many of a kind ended how."""

    day = models.DateField("日期")
    kind = models.CharField("类型", max_length=40)
    state = models.CharField("状态", max_length=12)
    count = models.PositiveIntegerField("人次")

    class Meta:
        verbose_name = verbose_name_plural = "每日合计"
        ordering = ["-day", "kind", "state"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["day", "kind", "state"], name="one_total_per_day_kind_and_state"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.state}: {self.count}"
