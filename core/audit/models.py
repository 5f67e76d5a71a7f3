"""The append-only audit log (``domain.md`` C6, ``reliability.md`` §3.7)."""

from django.conf import settings
from django.db import models


class AuditEntryQuerySet(models.QuerySet):
    def in_branches(self, branches):
        """Entries of the given branches (a queryset, or their keys): what their auditors may read."""
        return self.filter(branch_id__in=branches)


class AuditEntry(models.Model):
    """One thing somebody did, wrote down in the transaction that did it. Rows are only ever added.

    Field *names* are kept, values are not: the log tells what was touched and never becomes a second copy of
    personal data. The actor and the subject are kept by number so that the entry outlives both.
    """

    class Result(models.TextChoices):
        DONE = "done", "完成"
        REFUSED = "refused", "拒绝"

    at = models.DateTimeField("时间", auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="操作人",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    actor_number = models.CharField("操作人编号", max_length=40, blank=True)
    action = models.CharField("动作", max_length=60, db_index=True)
    subject_type = models.CharField("对象类型", max_length=60, blank=True)
    subject_id = models.CharField("对象编号", max_length=60, blank=True)
    branch_id = models.BigIntegerField("组织", null=True, db_index=True)
    changed = models.JSONField("改动的字段", default=list)
    reason = models.CharField("理由", max_length=200, blank=True)
    result = models.CharField("结果", max_length=10, choices=Result.choices, default=Result.DONE)
    request_id = models.CharField("请求编号", max_length=40, blank=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "审计日志"
        ordering = ["-id"]
        indexes = [
            # "who saw or changed this": the log page of one object
            models.Index(fields=["subject_type", "subject_id"], name="audit_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type}:{self.subject_id}"


class AuditOrigin(models.Model):
    """From where an entry was made. Kept beside it, outside the chain, because it has to go after half a year."""

    entry = models.OneToOneField(
        AuditEntry,
        verbose_name="条目",
        primary_key=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="origin",
    )
    ip = models.GenericIPAddressField("网络地址", null=True)
    session = models.CharField("会话摘要", max_length=16, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "审计来源"
        default_permissions = ()

    def __str__(self) -> str:
        return self.ip or self.session


class AuditSeal(models.Model):
    """A link of the hash chain: entry ``number`` of the chain and a digest over it and the link before.

    Sealing happens after the commit, in one place at a time. Writing the digest into the entry itself would
    make every audited transaction of the portal wait for the one before it.
    """

    number = models.PositiveBigIntegerField("序号", primary_key=True)
    entry = models.OneToOneField(
        AuditEntry, verbose_name="条目", on_delete=models.PROTECT, related_name="seal"
    )
    digest = models.CharField("摘要", max_length=64)
    sealed_at = models.DateTimeField("封存时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "审计封条"
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {self.digest[:12]}"
