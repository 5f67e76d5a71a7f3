"""What WeCom told us, until somebody has acted on it."""

import hashlib
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

KEEP_DAYS = 30
MOST_ATTEMPTS = 5

# Which event is this? The same delivery repeated has all of these in common.
_IDENTITY = (
    "MsgId",
    "FromUserName",
    "CreateTime",
    "MsgType",
    "Event",
    "EventKey",
    "ChangeType",
    "UserID",
    "Id",
    "TagId",
    "TaskId",
    "ResponseCode",
    "ScheduleId",
    "LivingId",
)
# Never kept: what members write to the app, where they are, and private details of the directory.
_PRIVATE = {
    "Content", "Recognition", "PicUrl", "MediaId", "ThumbMediaId", "Url", "Title", "Description", "Label",
    "Location_X", "Location_Y", "Latitude", "Longitude", "SendLocationInfo", "SendPicsInfo",
    "Mobile", "Email", "BizMail", "Telephone", "Address", "Avatar", "Gender", "ExtAttr",
}  # fmt: skip


class CallbackEventQuerySet(models.QuerySet):
    def unhandled(self):
        """Waiting for their app; what failed five times waits for a person."""
        return self.filter(handled_at=None, attempts__lt=MOST_ATTEMPTS)

    def outdated(self):
        return self.filter(received_at__lt=timezone.now() - timedelta(days=KEEP_DAYS))

    def keep(self, data: dict) -> None:
        """Store a verified event once, however often WeCom repeats it."""
        kept = {name: value for name, value in data.items() if name not in _PRIVATE}
        self.get_or_create(
            key=event_key(data),
            defaults={"event": str(data.get("Event") or data.get("MsgType") or "")[:64], "data": kept},
        )


class CallbackEvent(models.Model):
    """A verified callback. ``data`` holds its elements under WeCom's names, without private ones."""

    key = models.CharField("事件键", max_length=64, unique=True)
    event = models.CharField("事件", max_length=64)
    data = models.JSONField("内容")
    received_at = models.DateTimeField("收到时间", auto_now_add=True)
    handled_at = models.DateTimeField("处理时间", null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("失败次数", default=0)

    objects = CallbackEventQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "企业微信事件"
        ordering = ["pk"]
        default_permissions = ()
        indexes = [
            # the worker asks every few seconds for what is still to do
            models.Index(fields=["id"], condition=Q(handled_at=None), name="unhandled_wecom_events"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.received_at:%Y-%m-%d %H:%M}"


def event_key(data: dict) -> str:
    """One key per event: WeCom repeats a delivery up to three times."""
    return hashlib.sha256("\0".join(str(data.get(name, "")) for name in _IDENTITY).encode()).hexdigest()
