from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models.branch import Branch
from accounts.models.dated import Dated


class Membership(Dated):
    """A person belongs to a branch for a while, on one of three sides at once at most.

    ``branch_name`` is the name of that day: what was recorded stays under the name it was recorded with.
    A row that was recorded wrongly is voided: it stays, holds on no day (``until`` equals ``since``) and says why.
    """

    class Side(models.TextChoices):
        PARTY = "party", "党支部"
        GROUP = "group", "党小组"
        LEAGUE = "league", "团支部"

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="人员", on_delete=models.PROTECT, related_name="memberships"
    )
    branch = models.ForeignKey(
        Branch, verbose_name="组织", on_delete=models.PROTECT, related_name="memberships"
    )
    side = models.CharField("关系", max_length=6, choices=Side.choices, default=Side.PARTY)
    branch_name = models.CharField("当时名称", max_length=60)
    recorded_at = models.DateTimeField("登记时间", auto_now_add=True)
    voided_at = models.DateTimeField("作废时间", null=True, blank=True, editable=False)
    void_reason = models.CharField("作废原因", max_length=200, blank=True, editable=False)

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "组织关系"
        ordering = ["person", "side", "since", "pk"]
        default_permissions = ()
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["person", "side"],
                condition=Q(until=None),
                name="one_open_membership_per_person_and_side",
            ),
            models.CheckConstraint(
                condition=Q(voided_at=None, void_reason="")
                | (Q(voided_at__isnull=False, until=F("since")) & ~Q(void_reason="")),
                name="voided_membership_says_when_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.branch_name}"
