"""A comparison of our people with WeCom's directory, and what a person decided about it (``domain.md`` §6.4)."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.branch import Branch

KEEP_DAYS = 30


class DirectorySyncQuerySet(models.QuerySet):
    def visible_to(self, user, right: str = "accounts.sync_directory"):
        """The comparisons of branches where ``user`` holds ``right``."""
        return self.filter(scope__in=Branch.objects.where(user, right))

    def outdated(self):
        """Settled long ago; the rows name people who may not even be ours."""
        return self.filter(
            state__in=DirectorySync.SETTLED, asked_at__lt=timezone.now() - timedelta(days=KEEP_DAYS)
        )


class DirectorySync(models.Model):
    """One comparison: asked for, read, and then applied only when a person has approved it.

    ``is_braked``: unusually many people or departments would vanish; approving needs an extra confirmation.
    """

    class State(models.TextChoices):
        NEEDED = "needed", "等待核对"
        REFUSED = "refused", "没有采用"
        OPEN = "open", "等待确认"
        APPROVED = "approved", "正在处理"
        DONE = "done", "完成"
        DISCARDED = "discarded", "放弃"

    SETTLED = (State.REFUSED, State.DONE, State.DISCARDED)

    scope = models.ForeignKey(
        Branch, verbose_name="核对范围", on_delete=models.PROTECT, related_name="directory_syncs"
    )
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.NEEDED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="发起人",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="空表示平台按计划核对。",
    )
    asked_at = models.DateTimeField("发起时间", auto_now_add=True)
    read_at = models.DateTimeField("读取时间", null=True)
    members = models.PositiveIntegerField("企业微信成员数", default=0)
    departments = models.PositiveIntegerField("企业微信部门数", default=0)
    is_braked = models.BooleanField("变动异常", default=False)
    note = models.CharField("说明", max_length=200, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="确认人", null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField("确认时间", null=True)

    objects = DirectorySyncQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通讯录核对"
        ordering = ["-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "state"],
                condition=Q(state__in=["needed", "open"]),
                name="one_waiting_directory_sync_per_scope",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="approved_directory_sync_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {timezone.localtime(self.asked_at):%m-%d %H:%M}"


class DirectoryChange(models.Model):
    """One line of a comparison. The first four kinds change something when approved, the others only tell."""

    class Kind(models.TextChoices):
        BIND = "bind", "绑定账号"
        UNBIND = "unbind", "解绑账号"
        LINK = "link", "对应部门"
        UNLINK = "unlink", "取消对应"
        MISSING = "missing", "名册有、企业微信没有"
        UNKNOWN = "unknown", "企业微信有、名册没有"
        CONFLICT = "conflict", "对不上"
        INACTIVE = "inactive", "企业微信里停用或未激活"

    ACTING = (Kind.BIND, Kind.UNBIND, Kind.LINK, Kind.UNLINK)

    class State(models.TextChoices):
        PROPOSED = "proposed", "待处理"
        APPLIED = "applied", "已处理"
        SKIPPED = "skipped", "没有处理"

    sync = models.ForeignKey(
        DirectorySync, verbose_name="核对", on_delete=models.CASCADE, related_name="changes"
    )
    kind = models.CharField("事项", max_length=10, choices=Kind.choices)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.PROPOSED)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="人员", null=True, on_delete=models.PROTECT, related_name="+"
    )
    branch = models.ForeignKey(
        Branch, verbose_name="组织", null=True, on_delete=models.PROTECT, related_name="+"
    )
    userid = models.CharField("企业微信账号", max_length=64, blank=True)
    name = models.CharField("企业微信里的名字", max_length=100, blank=True)
    department_id = models.PositiveBigIntegerField("部门编号", null=True)
    note = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "通讯录差异"
        ordering = ["sync", "kind", "pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.person or self.branch or self.name}"
