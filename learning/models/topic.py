"""Themes that gather items and courses (``domain.md`` S8, S43)."""

from django.conf import settings
from django.db import models

from accounts.models import Branch


class TopicQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Topics of the branches a person belongs to and of everything above them."""
        return self.filter(branch__in=Branch.objects.around(person))


class Topic(models.Model):
    branch = models.ForeignKey(
        Branch, verbose_name="所属组织", on_delete=models.PROTECT, related_name="topics"
    )
    name = models.CharField("名称", max_length=60)
    intro = models.CharField("简介", max_length=300, blank=True)
    since = models.DateField("自", null=True, blank=True)
    until = models.DateField("至（不含）", null=True, blank=True)
    position = models.PositiveSmallIntegerField("排序", default=0)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    objects = TopicQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "专题"
        ordering = ["position", "-since", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["branch", "name"], name="topic_name_is_unique_in_branch"),
        ]

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """A person wants to be told about new items of a topic."""

    topic = models.ForeignKey(
        Topic, verbose_name="专题", on_delete=models.CASCADE, related_name="subscriptions"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="订阅人",
        on_delete=models.CASCADE,
        related_name="topic_subscriptions",
    )
    created_at = models.DateTimeField("订阅时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "专题订阅"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["topic", "person"], name="one_subscription_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.topic}"
