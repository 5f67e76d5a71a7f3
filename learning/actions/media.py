"""Keeping pictures, videos, sound and PDF files of learning content."""

import hashlib

from django.core.files.base import ContentFile, File
from django.db import transaction

from accounts.models import Branch, User
from core.audit.log import record
from core.errors import Invalid, Missing
from core.files import clean_name
from learning.models import Media
from learning.uploads import check


@transaction.atomic
def store_media(
    *,
    content: bytes | File,
    name: str,
    branch: Branch,
    by: User | None,
    alt: str = "",
    kind: str | None = None,
) -> Media:
    """Check a file and keep it for ``branch``; give out ``get_absolute_url()``.

    ``by`` is None for the portal itself. ``kind`` says what is expected, such as the video of a video lesson. A
    picture needs ``alt``, the words read out instead of it. Raises ``Missing`` for a branch in which ``by`` writes
    nothing and ``Invalid`` when the content is not what it should be (see ``learning.uploads``). Writes an audit
    entry. Bytes of a transaction that fails stay on disk without a row and are never served.
    """
    if by is not None and not by.has_right("learning.write_content", branch):
        raise Missing
    checked = check(ContentFile(content) if isinstance(content, bytes) else content)
    if kind is not None and checked.kind != kind:
        expected, found = Media.Kind(kind).label, Media.Kind(checked.kind).label
        raise Invalid(f"这里要放{expected}，传上来的是{found}。")
    alt = " ".join(alt.split())
    if checked.kind == Media.Kind.IMAGE and not alt:
        message = "请写替代文字：看不到图片的人会听到它。"
        raise Invalid(message, fields={"alt": [message]})
    media = Media(
        branch=branch,
        kind=checked.kind,
        name=_named(name, checked.ending),
        content_type=checked.content_type,
        size=checked.file.size,
        sha256=_digest(checked.file),
        width=checked.width,
        height=checked.height,
        pages=checked.pages,
        alt=alt[:200],
        uploaded_by=by,
    )
    media.file.save(media.name, checked.file, save=False)
    media.save(force_insert=True)
    record(by, "learning.media_stored", media, branch=branch)
    return media


def _named(name: str, ending: str) -> str:
    """The uploaded name with the ending that its content deserves."""
    name = clean_name(name)
    stem = name.rpartition(".")[0] or name
    return f"{stem[: 199 - len(ending)]}.{ending}"


def _digest(file: File) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
