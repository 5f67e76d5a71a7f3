from django.conf import settings
from django.db import models
from django.db.models import Q


class WeComIdentity(models.Model):
    """The WeCom ``userid`` that signs in as a person. Ended, never deleted: a reused userid inherits nothing.

    ``userid`` is stored in lower case because WeCom does not tell cases apart.
    """

    class Origin(models.TextChoices):
        NUMBER = "number", "账号就是学号或工号"
        DIRECTORY = "directory", "企业微信通讯录"
        BY_HAND = "by_hand", "管理员登记"

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="人员",
        on_delete=models.PROTECT,
        related_name="wecom_identities",
    )
    corp_id = models.CharField("企业", max_length=64)
    userid = models.CharField("企业微信账号", max_length=64)
    origin = models.CharField("来源", max_length=10, choices=Origin.choices)
    bound_at = models.DateTimeField("绑定时间", auto_now_add=True)
    unbound_at = models.DateTimeField("解绑时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "企业微信身份"
        ordering = ["person", "-bound_at"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["corp_id", "userid"],
                condition=Q(unbound_at=None),
                name="one_person_per_open_wecom_userid",
            ),
            models.UniqueConstraint(
                fields=["person", "corp_id"],
                condition=Q(unbound_at=None),
                name="one_open_wecom_userid_per_person",
            ),
        ]

    def __str__(self) -> str:
        return self.userid
