"""What is pushed each week: short pieces that two people have looked at (``domain.md`` §1.9 weekly push)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Audience, Branch
from learning.models.column import Column
from learning.models.media import Media
from learning.models.topic import Topic


class ItemQuerySet(models.QuerySet):
    def sent(self):
        """What has gone out and still stands."""
        return self.filter(state=Item.State.SENT)

    def published(self):
        """What has gone out, withdrawn entries (title and reason only) included."""
        return self.filter(state__in=(Item.State.SENT, Item.State.WITHDRAWN), sent_at__isnull=False)

    def visible_to(self, person):
        """What ``person`` may open: published for an audience he belongs to now, or once sent to him."""
        return self.published().filter(
            Q(audience__in=Audience.objects.holding(person))
            | Q(pk__in=Reading.objects.filter(person=person, is_recipient=True).values("item"))
        )

    def sent_in(self, period: str):
        """Items that went out in a month such as ``2026-11`` (Asia/Shanghai) and still stand."""
        year, month = map(int, period.split("-"))
        return self.sent().filter(sent_at__year=year, sent_at__month=month)


class Item(models.Model):
    """A short piece with its questions.

    ``branch`` owns it: its editors write, its reviewers approve. ``body`` is sanitised HTML, ``text`` the same
    without markup, for search. ``only_subscribers`` narrows who is told, not who may read. ``version`` counts
    changes, so that nobody overwrites another person's text. ``changed_by`` wrote last and can no more approve
    than the author can.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        IN_REVIEW = "in_review", "待审"
        APPROVED = "approved", "已通过"
        SCHEDULED = "scheduled", "已排期"
        SENT = "sent", "已发出"
        WITHDRAWN = "withdrawn", "已撤下"

    branch = models.ForeignKey(
        Branch, verbose_name="所属组织", on_delete=models.PROTECT, related_name="items"
    )
    column = models.ForeignKey(Column, verbose_name="栏目", on_delete=models.PROTECT, related_name="items")
    topic = models.ForeignKey(
        Topic, verbose_name="专题", null=True, blank=True, on_delete=models.PROTECT, related_name="items"
    )
    title = models.CharField("标题", max_length=60)
    summary = models.CharField("摘要", max_length=120, blank=True)
    body = models.TextField("正文", blank=True)
    text = models.TextField("纯文本", blank=True, editable=False)
    source = models.CharField("来源", max_length=120, blank=True)
    minutes = models.PositiveSmallIntegerField("阅读约几分钟", default=1)
    cover = models.ForeignKey(
        Media,
        verbose_name="封面",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="covered_items",
    )
    images = models.ManyToManyField(Media, verbose_name="正文图片", blank=True, related_name="items")
    audience = models.ForeignKey(
        Audience, verbose_name="推送对象", on_delete=models.PROTECT, related_name="items"
    )
    only_subscribers = models.BooleanField("只推送给订阅专题的人", default=False)

    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="作者", on_delete=models.PROTECT, related_name="written_items"
    )
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="最后修改的人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="审核人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reviewed_items",
    )
    reviewed_at = models.DateTimeField("审核时间", null=True, blank=True)
    review_note = models.CharField("审核意见", max_length=200, blank=True)
    scheduled_at = models.DateTimeField("计划发送时间", null=True, blank=True)
    sent_at = models.DateTimeField("发出时间", null=True, blank=True)
    withdrawn_at = models.DateTimeField("撤下时间", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="撤下的人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    withdraw_reason = models.CharField("撤下原因", max_length=200, blank=True)
    created_at = models.DateTimeField("创建时间", auto_now_add=True)
    changed_at = models.DateTimeField("修改时间", auto_now=True)
    version = models.PositiveIntegerField("版本", default=0, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    objects = ItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "推送内容"
        ordering = ["-sent_at", "-pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=("approved", "scheduled", "sent"))
                | Q(reviewer__isnull=False, reviewed_at__isnull=False),
                name="approved_item_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(reviewer=None) | ~Q(reviewer=F("author")), name="nobody_approves_his_own_item"
            ),
            models.CheckConstraint(
                condition=Q(reviewer=None) | Q(changed_by=None) | ~Q(reviewer=F("changed_by")),
                name="nobody_approves_his_own_change",
            ),
            models.CheckConstraint(
                condition=~Q(state="scheduled") | Q(scheduled_at__isnull=False),
                name="scheduled_item_has_its_hour",
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False), name="sent_item_says_when"
            ),
            models.CheckConstraint(
                condition=Q(state="withdrawn", withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                & ~Q(withdraw_reason="")
                | ~Q(state="withdrawn") & Q(withdrawn_at=None, withdrawn_by=None, withdraw_reason=""),
                name="withdrawn_item_says_when_by_whom_and_why",
            ),
        ]
        indexes = [
            # the reading list, by keyset
            models.Index(fields=["-sent_at", "-id"], name="item_by_sending"),
            # what the sender asks for every minute
            models.Index(fields=["scheduled_at"], condition=Q(state="scheduled"), name="item_waiting_to_go"),
        ]

    def __str__(self) -> str:
        return self.title


class Reading(models.Model):
    """An item and a person: whether it was sent to him, and the day he first opened it (no time, C12)."""

    item = models.ForeignKey(Item, verbose_name="内容", on_delete=models.CASCADE, related_name="readings")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="读者", on_delete=models.CASCADE, related_name="readings"
    )
    is_recipient = models.BooleanField("推送给他", default=False)
    opened_on = models.DateField("打开日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "阅读"
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["item", "person"], name="one_reading_per_person")]

    def __str__(self) -> str:
        return f"{self.person} · {self.item}"


class DutyWeek(models.Model):
    """Who of the editors looks after a week, which begins on ``monday``."""

    branch = models.ForeignKey(
        Branch, verbose_name="组织", on_delete=models.PROTECT, related_name="duty_weeks"
    )
    monday = models.DateField("周一")
    editor = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="值班编辑", on_delete=models.PROTECT, related_name="duty_weeks"
    )

    class Meta:
        verbose_name = verbose_name_plural = "值班"
        ordering = ["-monday"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["branch", "monday"], name="one_editor_on_duty_per_week")
        ]

    def __str__(self) -> str:
        return f"{self.monday:%Y-%m-%d} · {self.editor}"
