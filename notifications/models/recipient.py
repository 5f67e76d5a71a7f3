from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from notifications.models.call import Call
from notifications.models.message import Message


class State(models.TextChoices):
    PLANNED = "planned", "等时间"
    DUE = "due", "待发送"
    LEASED = "leased", "发送中"
    SENT = "sent", "已发送"
    RETRY = "retry", "等重试"
    UNREACHABLE = "unreachable", "送不到"
    EXPIRED = "expired", "已过期"
    CANCELLED = "cancelled", "已取消"
    FAILED = "failed", "失败"
    UNKNOWN = "unknown", "结果不明"


WAITING = (State.PLANNED, State.DUE, State.RETRY)
OPEN = (*WAITING, State.LEASED, State.UNKNOWN)


class RecipientQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The notices in ``user``'s own inbox: what is already to be seen and was not called off."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(person=user, shown_from__lte=timezone.now()).exclude(
            state__in=[State.CANCELLED, State.EXPIRED]
        )

    def unread(self):
        return self.filter(read_at=None)

    def claimable(self, now: datetime):
        """Rows a worker may take: due, or waiting for a retry whose time has come."""
        return self.filter(state__in=[State.DUE, State.RETRY], next_try__lte=now)

    def held_by(self, owner: str):
        return self.filter(state=State.LEASED, lease_owner=owner)


class Recipient(models.Model):
    """One person who is to hear one message, and how far that has come.

    The in-app inbox shows the row from ``shown_from`` on, whatever WeCom does. ``channel`` says how it went out:
    as a card of its own, inside the daily digest, or in the inbox only.
    """

    class Channel(models.TextChoices):
        UNDECIDED = "", "未定"
        CARD = "card", "单独一条"
        DIGEST = "digest", "每日汇总"
        INBOX = "inbox", "只在平台内"

    message = models.ForeignKey(
        Message, verbose_name="消息", on_delete=models.CASCADE, related_name="recipients"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="收件人", on_delete=models.PROTECT, related_name="notices"
    )
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.PLANNED)
    channel = models.CharField("方式", max_length=6, choices=Channel.choices, blank=True)
    shown_from = models.DateTimeField("收件箱里可见")
    read_at = models.DateTimeField("读过", null=True, blank=True)
    next_try = models.DateTimeField("下次尝试")
    tries = models.PositiveSmallIntegerField("次数", default=0)
    lease_owner = models.CharField("发送进程", max_length=64, blank=True)
    lease_until = models.DateTimeField("租约到", null=True, blank=True)
    call = models.ForeignKey(
        Call,
        verbose_name="调用",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="recipients",
    )
    called_at = models.DateTimeField("交给企业微信", null=True, blank=True)
    last_code = models.IntegerField("最近返回码", null=True, blank=True)
    sent_at = models.DateTimeField("发送时间", null=True, blank=True)

    objects = RecipientQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "消息发送"
        ordering = ["-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["message", "person"], name="person_hears_a_message_once"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="recipient_state_is_known"),
            models.CheckConstraint(
                condition=Q(state=State.LEASED, lease_until__isnull=False) & ~Q(lease_owner="")
                | ~Q(state=State.LEASED) & Q(lease_owner="", lease_until=None),
                name="lease_has_owner_and_end",
            ),
            models.CheckConstraint(
                condition=Q(state=State.SENT, sent_at__isnull=False) | ~Q(state=State.SENT) & Q(sent_at=None),
                name="sent_says_when",
            ),
        ]
        indexes = [
            # the worker's question every five seconds: what is to be planned, claimed or taken back
            models.Index(
                fields=["state", "next_try"],
                condition=Q(state__in=["planned", "due", "retry", "leased", "unknown"]),
                name="recipient_work",
            ),
            # the inbox page of one person and the number beside the bell
            models.Index(fields=["person", "read_at", "-shown_from"], name="recipient_inbox"),
            # how many cards a person got in the last minute, hour and day
            models.Index(fields=["person", "called_at"], name="recipient_pace"),
        ]

    def __str__(self) -> str:
        return str(self.message)

    @property
    def is_read(self) -> bool:
        return self.read_at is not None
