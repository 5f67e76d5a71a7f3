from datetime import time

from django.conf import settings
from django.db import models
from django.db.models import Q

from notifications.catalogue import SWITCHABLE, Category


class Preference(models.Model):
    """A person's word on one category; no row means yes."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="人员",
        on_delete=models.CASCADE,
        related_name="notice_preferences",
    )
    category = models.CharField("类别", max_length=10, choices=Category.choices)
    wanted = models.BooleanField("提醒")

    class Meta:
        verbose_name = verbose_name_plural = "通知偏好"
        ordering = ["person", "category"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["person", "category"], name="one_preference_per_category"),
            models.CheckConstraint(
                condition=Q(category__in=SWITCHABLE), name="only_these_categories_can_be_switched"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_category_display()}: {self.wanted}"


class QuietHours(models.Model):
    """When a person wants no cards. No row means the house rule, 22:00 to 07:30 (``domain.md`` §1.11)."""

    START, END = time(22, 0), time(7, 30)

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name="人员",
        on_delete=models.CASCADE,
        related_name="quiet_hours",
    )
    enabled = models.BooleanField("这段时间不提醒", default=True)
    start = models.TimeField("从", default=START)
    end = models.TimeField("到", default=END)

    class Meta:
        verbose_name = verbose_name_plural = "安静时段"
        ordering = ["person"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.start:%H:%M}–{self.end:%H:%M}"
