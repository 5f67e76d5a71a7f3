import uuid

from django.db import models
from django.db.models import Q


class Call(models.Model):
    """One call to WeCom, written down before it is made.

    ``content`` is the JSON text as sent and ``addresses`` the pairs of person and userid in their order, so that a
    call whose outcome nobody knows can be repeated to the letter: WeCom's duplicate check swallows the repetition.
    A call without ``finished_at`` is open; one that ended without ``code`` is counted as done.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    content = models.TextField("内容")
    content_hash = models.CharField("内容摘要", max_length=64)
    addresses = models.JSONField("企业微信账号")
    started_at = models.DateTimeField("开始时间")
    repeated_at = models.DateTimeField("重复时间", null=True, blank=True)
    finished_at = models.DateTimeField("结束时间", null=True, blank=True)
    code = models.IntegerField("返回码", null=True, blank=True)
    msgid = models.CharField("消息编号", max_length=128, blank=True)
    response_code = models.CharField("更新卡片用的编号", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "企业微信调用"
        ordering = ["-started_at"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(code=None) | Q(finished_at__isnull=False), name="only_a_finished_call_has_a_code"
            ),
        ]
        indexes = [
            # how many calls are open now: the limit of calls at the same time
            models.Index(fields=["started_at"], condition=Q(finished_at=None), name="open_calls"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def userids(self) -> list[str]:
        return [userid for _, userid in self.addresses]


class CardUpdate(models.Model):
    """A sent card whose buttons are to be replaced by a word such as “已接受”, for everybody who got it.

    WeCom allows one update per sent card within 72 hours, hence one row per call.
    """

    call = models.OneToOneField(
        Call, verbose_name="调用", on_delete=models.CASCADE, related_name="card_update"
    )
    label = models.CharField("替换成", max_length=10)
    tries = models.PositiveSmallIntegerField("次数", default=0)
    next_try = models.DateTimeField("下次尝试")
    done_at = models.DateTimeField("完成时间", null=True, blank=True)
    code = models.IntegerField("返回码", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "卡片更新"
        ordering = ["pk"]
        default_permissions = ()
        indexes = [
            # what the deliver task still has to update
            models.Index(fields=["next_try"], condition=Q(done_at=None), name="card_updates_to_do"),
        ]

    def __str__(self) -> str:
        return self.label
