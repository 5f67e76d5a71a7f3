"""Pictures, videos and PDF files of lessons, items and questions. Never reachable by a public address."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from accounts.models import Branch


def _random_name(instance: "Media", name: str) -> str:
    """The name on disk says nothing about what it is."""
    random = uuid.uuid4().hex
    return f"media/{random[:2]}/{random}"


class MediaQuerySet(models.QuerySet):
    def visible_to(self, person):
        """What ``person`` may see for a reason: the thing it stands in is open to him, or he edits for its branch.

        Standing in means: cover or picture of an item that was sent and still stands; cover, file or picture of
        the published version of a course that is not withdrawn; picture of a question in one of his own attempts
        or in his wrong-answer book. One statement.
        """
        from learning.models import (
            Answer,
            Course,
            CourseVersion,
            Item,
            Lesson,
            Mistake,
            QuestionVersion,
        )

        items = Item.objects.visible_to(person).filter(state=Item.State.SENT)
        courses = Course.objects.visible_to(person).filter(withdrawn_at=None)
        lessons = Lesson.objects.filter(version__current_of__in=courses)
        mistakes = Mistake.objects.filter(person=person)
        edited = Branch.objects.where(person, "learning.write_content")
        reviewed = Branch.objects.where(person, "learning.review_content")
        reasons = [
            items.filter(cover=OuterRef("pk")),
            Item.images.through.objects.filter(media=OuterRef("pk"), item__in=items),
            CourseVersion.objects.filter(cover=OuterRef("pk"), current_of__in=courses),
            lessons.filter(media=OuterRef("pk")),
            Lesson.images.through.objects.filter(media=OuterRef("pk"), lesson__in=lessons),
            Answer.objects.filter(version__image=OuterRef("pk"), attempt__person=person),
            QuestionVersion.objects.filter(image=OuterRef("pk"), question__in=mistakes.values("question")),
        ]
        visible = Q(branch__in=edited) | Q(branch__in=reviewed)
        for reason in reasons:
            visible |= Q(Exists(reason))
        return self.filter(visible)


class Media(models.Model):
    """A checked file: ``content_type`` follows from its bytes, pictures are re-encoded without their metadata.

    ``pages`` is of a PDF, ``width`` and ``height`` (pixels) of a picture. ``alt`` is what is read out instead.
    """

    class Kind(models.TextChoices):
        IMAGE = "image", "图片"
        VIDEO = "video", "视频"
        AUDIO = "audio", "音频"
        PDF = "pdf", "PDF"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    branch = models.ForeignKey(Branch, verbose_name="所属组织", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField("类型", max_length=5, choices=Kind.choices)
    name = models.CharField("文件名", max_length=200)
    file = models.FileField("内容", upload_to=_random_name, max_length=100)
    content_type = models.CharField("内容类型", max_length=100)
    size = models.PositiveBigIntegerField("字节数")
    sha256 = models.CharField("摘要", max_length=64)
    width = models.PositiveIntegerField("宽", null=True, blank=True)
    height = models.PositiveIntegerField("高", null=True, blank=True)
    pages = models.PositiveIntegerField("页数", null=True, blank=True)
    alt = models.CharField("替代文字", max_length=200, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="上传人",
        null=True,
        on_delete=models.SET_NULL,
        related_name="uploaded_media",
    )
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    objects = MediaQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "媒体文件"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="image") | ~Q(alt=""), name="picture_has_alternative_text"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("learning:media", args=[self.pk])
