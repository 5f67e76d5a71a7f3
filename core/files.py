"""Files that belong to one person: exports, error workbooks, uploads. Never reachable by a public address."""

import datetime as dt
import hashlib
import mimetypes
import unicodedata
import uuid

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import models
from django.urls import reverse
from django.utils import timezone

FOLDER = "kept"
DAY = dt.timedelta(hours=24)


def _random_name(instance: "ProtectedFile", name: str) -> str:
    """The name on disk says nothing: neither what it is, nor whose, nor which program should open it."""
    random = uuid.uuid4().hex
    return f"{FOLDER}/{random[:2]}/{random}"


class ProtectedFileQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The person's own files that have not expired. Nobody else's: not those of a branch one administers."""
        return self.filter(owner=user, expires_at__gt=timezone.now())

    def expired(self):
        return self.filter(expires_at__lte=timezone.now())


class ProtectedFile(models.Model):
    """A file with one owner and a last hour (``reliability.md`` C6). ``name`` is what the download is called."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="所有人", on_delete=models.CASCADE, related_name="files"
    )
    purpose = models.CharField("用途", max_length=40)
    name = models.CharField("文件名", max_length=200)
    file = models.FileField("内容", upload_to=_random_name, max_length=100)
    content_type = models.CharField("类型", max_length=100)
    size = models.PositiveBigIntegerField("字节数")
    sha256 = models.CharField("摘要", max_length=64)
    created_at = models.DateTimeField("保存时间", auto_now_add=True)
    # indexed for the purge
    expires_at = models.DateTimeField("失效时间", db_index=True)

    objects = ProtectedFileQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "受保护文件"
        default_permissions = ()

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("core:download", args=[self.pk])


def store_file(
    *, content: bytes | File, name: str, purpose: str, owner, lifetime: dt.timedelta = DAY
) -> ProtectedFile:
    """Keep ``content`` for ``owner`` until ``lifetime`` is over; give out ``get_absolute_url()``.

    ``name`` is what the download will be called, Chinese included; its ending decides the content type, the
    content never does. Called inside a transaction that fails, it leaves bytes the purge removes a day later.
    """
    file = ContentFile(content) if isinstance(content, bytes) else content
    name = clean_name(name)
    kept = ProtectedFile(
        owner=owner,
        purpose=purpose,
        name=name,
        content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        size=file.size,
        sha256=_digest(file),
        expires_at=timezone.now() + lifetime,
    )
    kept.file.save(name, file, save=False)
    kept.save(force_insert=True)
    return kept


def clean_name(name: str) -> str:
    """The last part of a path, without the characters that move the cursor or break a header."""
    name = name.replace("\\", "/").rpartition("/")[2]
    name = "".join(char for char in name if unicodedata.category(char)[0] != "C").strip()
    stem, dot, ending = name.rpartition(".")
    return f"{stem[: 199 - len(ending)]}{dot}{ending}"[:200] or "文件"


def _digest(file: File) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def purge_files() -> int:
    """Remove expired files, bytes first, and bytes without a row that are older than a day; returns how many."""
    expired = list(ProtectedFile.objects.expired())
    for kept in expired:
        kept.file.delete(save=False)
        kept.delete()
    return len(expired) + _purge_orphans()


def _purge_orphans() -> int:
    before = timezone.now() - DAY
    orphans = 0
    for name in _stored_names():
        if default_storage.get_modified_time(name) < before and not ProtectedFile.objects.filter(file=name):
            default_storage.delete(name)
            orphans += 1
    return orphans


def _stored_names() -> list[str]:
    if not default_storage.exists(FOLDER):
        return []
    folders = default_storage.listdir(FOLDER)[0]
    return [
        f"{FOLDER}/{folder}/{name}"
        for folder in folders
        for name in default_storage.listdir(f"{FOLDER}/{folder}")[1]
    ]
