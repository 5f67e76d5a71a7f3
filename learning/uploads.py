"""What an uploaded file really is. Its bytes decide, never its name or what the browser says (``reliability.md`` E2).

Pictures are decoded and written anew, so nothing of the uploaded bytes is ever served. Videos and sound are looked
through box by box, PDFs by a process of their own that may die of them (``learning.pdf``).
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from io import BytesIO

from django.conf import settings
from django.core.files.base import ContentFile, File
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import Invalid
from learning import containers
from learning.models import Media

MEGABYTE = 1024 * 1024
LIMITS = {
    Media.Kind.IMAGE: 5 * MEGABYTE,
    Media.Kind.PDF: 20 * MEGABYTE,
    Media.Kind.AUDIO: 50 * MEGABYTE,
    Media.Kind.VIDEO: 200 * MEGABYTE,
}
MAX_PIXELS = 25_000_000
LONGEST_SIDE = 1600  # pixels; more is only waiting time on a phone
PICTURES = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif"}
PDF_SECONDS = 30
_START = 4096  # bytes that are enough to tell what a file claims to be


@dataclass
class Checked:
    """A file that is what it says. ``ending`` is the one its content deserves."""

    kind: str
    content_type: str
    ending: str
    file: File
    width: int | None = None
    height: int | None = None
    pages: int | None = None


def check(file: File) -> Checked:
    """Look at an uploaded file. Raises ``Invalid`` with a sentence for its author; nothing is stored."""
    if not file.size:
        raise Invalid("这是一个空文件。")
    file.seek(0)
    start = file.read(_START)
    kind = _claimed(start)
    limit = LIMITS[kind]
    if file.size > limit:
        label = Media.Kind(kind).label
        raise Invalid(
            f"{label}最大 {limit // MEGABYTE} MB，这个文件有 {file.size / MEGABYTE:.1f} MB。请压缩后再上传。"
        )
    file.seek(0)
    try:
        return _CHECKS[kind](file)
    finally:
        file.seek(0)


def _claimed(start: bytes) -> Media.Kind:
    """What the first bytes claim; the check that follows proves it."""
    if start.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8")) or (
        start[:4] == b"RIFF" and start[8:12] == b"WEBP"
    ):
        return Media.Kind.IMAGE
    if start.startswith(b"%PDF-"):
        return Media.Kind.PDF
    if start[4:8] == b"ftyp":
        return Media.Kind.AUDIO if start[8:12] in {b"M4A ", b"M4B "} else Media.Kind.VIDEO
    if start.startswith(b"\x1aE\xdf\xa3"):
        return Media.Kind.VIDEO
    if start.startswith(b"ID3") or containers.is_mp3_frame(start):
        return Media.Kind.AUDIO
    if b"<svg" in start.lower():
        raise Invalid("SVG 图片里可以藏程序，不能上传。请另存为 PNG。")
    raise Invalid("看不出这是什么文件。可以上传 PNG、JPEG、WebP 图片，MP4、WebM 视频，MP3、M4A 音频和 PDF。")


def _picture(file: File) -> Checked:
    """The first frame, upright, at most ``LONGEST_SIDE`` wide and high, without metadata."""
    try:
        with Image.open(file, formats=list(PICTURES)) as found:
            width, height = found.size
            if width * height > MAX_PIXELS:
                raise Invalid(f"图片有 {width} × {height} 像素，太大了。请缩小到 {LONGEST_SIDE} 像素以内。")
            found.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            picture = ImageOps.exif_transpose(found)
            has_alpha = "transparency" in found.info or found.mode in {"RGBA", "LA", "PA"}
            form = "PNG" if found.format == "GIF" else str(found.format)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Invalid(f"图片展开后太大了。请缩小到 {LONGEST_SIDE} 像素以内。") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise Invalid("这个文件不是完好的图片，打不开。请重新保存一次再上传。") from error
    picture = picture.convert("RGBA" if has_alpha and form != "JPEG" else "RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    picture.info.clear()
    content = BytesIO()
    picture.save(content, form, quality=85, optimize=True)
    return Checked(
        Media.Kind.IMAGE,
        f"image/{form.lower()}",
        PICTURES[form],
        ContentFile(content.getvalue()),
        width=picture.width,
        height=picture.height,
    )


def _video(file: File) -> Checked:
    found = containers.video_of(file)
    return Checked(Media.Kind.VIDEO, f"video/{found}", found, file)


def _audio(file: File) -> Checked:
    content_type, ending = containers.audio_of(file)
    return Checked(Media.Kind.AUDIO, content_type, ending, file)


def _pdf(file: File) -> Checked:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "learning.pdf"],
            cwd=settings.BASE_DIR,
            env={"PYTHONUTF8": "1", "PATH": ""},
            input=file.read(),
            capture_output=True,
            timeout=PDF_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Invalid("读这个 PDF 用的时间太长了。请重新导出一次再上传。") from error
    if done.returncode:
        raise Invalid("这个 PDF 打不开，可能已损坏或者过于复杂。请重新导出一次再上传。")
    answer = json.loads(done.stdout)
    if "refused" in answer:
        raise Invalid(answer["refused"])
    return Checked(Media.Kind.PDF, "application/pdf", "pdf", file, pages=answer["pages"])


_CHECKS = {
    Media.Kind.IMAGE: _picture,
    Media.Kind.VIDEO: _video,
    Media.Kind.AUDIO: _audio,
    Media.Kind.PDF: _pdf,
}
