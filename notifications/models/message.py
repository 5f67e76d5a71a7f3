from django.db import models
from django.utils.functional import cached_property

from notifications import catalogue


class Message(models.Model):
    """What is to be said, once; who is to hear it are its ``Recipient`` rows.

    ``words`` fill the placeholders of the catalogue's sentences and hold nothing about third persons.
    ``content_hash`` is a digest of what people read: retries must repeat it to the letter.
    """

    kind = models.CharField("类型", max_length=40)
    key = models.CharField("去重键", max_length=160)
    link = models.CharField("链接", max_length=500)
    words = models.JSONField("填空", default=dict)
    content_hash = models.CharField("内容摘要", max_length=64, editable=False)
    not_before = models.DateTimeField("最早发送", null=True, blank=True)
    expires_at = models.DateTimeField("过期时间", null=True, blank=True)
    cancelled_at = models.DateTimeField("取消时间", null=True, blank=True)
    created_at = models.DateTimeField("创建时间")

    class Meta:
        verbose_name = verbose_name_plural = "消息"
        ordering = ["-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="message_is_said_once"),
        ]
        indexes = [
            # the nightly sweep of what is older than 90 days
            models.Index(fields=["created_at"], name="message_by_age"),
        ]

    def __str__(self) -> str:
        return self.as_read.title

    @property
    def entry(self) -> catalogue.Kind:
        return catalogue.KINDS[self.kind]

    @cached_property
    def as_read(self) -> catalogue.Words:
        """Title, text and rows with the words filled in."""
        return catalogue.render(self.kind, self.words)

    @property
    def one_line(self) -> str:
        """What stands below the title in a list."""
        facts = [f"{key} {value}" for key, value in self.as_read.rows]
        return "，".join([*facts, *self.as_read.text.splitlines()])
