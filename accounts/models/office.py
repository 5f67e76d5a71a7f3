from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models.branch import Branch
from accounts.models.dated import Dated
from accounts.rights import OFFICES


class Office(Dated):
    """A person holds an office in a branch for a while. Its rights are in ``accounts.rights``."""

    KINDS = [(kind, office.label) for kind, office in OFFICES.items()]

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="人员", on_delete=models.PROTECT, related_name="offices"
    )
    branch = models.ForeignKey(Branch, verbose_name="组织", on_delete=models.PROTECT, related_name="offices")
    kind = models.CharField("职务", max_length=24, choices=KINDS)
    branch_name = models.CharField("当时名称", max_length=60)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="任命人",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="空表示由安装命令任命。",
    )
    reason = models.CharField("依据", max_length=200, blank=True)
    recorded_at = models.DateTimeField("登记时间", auto_now_add=True)

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "职务"
        ordering = ["branch", "kind", "-since"]
        default_permissions = ()
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["person", "branch", "kind"], condition=Q(until=None), name="one_open_office_of_a_kind"
            ),
            models.CheckConstraint(
                condition=Q(given_by=None) | ~Q(given_by=F("person")), name="nobody_gives_himself_an_office"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.branch_name}{self.get_kind_display()}"
