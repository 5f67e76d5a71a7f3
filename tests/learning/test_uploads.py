"""Files decide by their bytes what they are: the corpus of hostile ones, and the honest ones."""

import io
import struct
import zlib

import pytest
from django.core.files.base import ContentFile
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from core.audit.models import AuditEntry
from core.errors import Invalid, Missing
from learning.actions.media import store_media
from learning.models import Media
from learning.uploads import check
from tests.granting import grant
from tests.learning.files import box, jpeg, m4a, mp3, mp4, pdf, png, webm

pytestmark = pytest.mark.django_db


def seen(content, **wanted):
    found = check(ContentFile(content))
    for name, value in wanted.items():
        assert getattr(found, name) == value, name
    return found


def refused(content, sentence):
    with pytest.raises(Invalid, match=sentence):
        check(ContentFile(content))


def written(change):
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(1))))
    change(writer)
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


# What is welcome


@pytest.mark.parametrize(
    ("form", "content_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
def test_pictures_keep_their_kind(form, content_type):
    content = io.BytesIO()
    Image.new("RGB", (30, 20), "white").save(content, form)
    seen(content.getvalue(), kind="image", content_type=content_type, width=30, height=20)


def test_a_picture_leaves_its_metadata_behind():
    """Where it was taken, with which camera, and what somebody wrote into it."""
    content = jpeg(exif={0x0110: "SecretCam", 0x010E: "Room 101"}, comment=b"<script>alert(1)</script>")
    assert b"SecretCam" in content
    kept = seen(content, kind="image").file.read()
    for word in (b"SecretCam", b"Room 101", b"<script>", b"Exif"):
        assert word not in kept
    assert not Image.open(io.BytesIO(kept)).getexif()


def test_a_picture_taken_sideways_stands_upright():
    seen(jpeg((40, 20), exif={0x0112: 6}), width=20, height=40)


def test_a_big_picture_is_made_smaller():
    seen(png((3200, 800)), width=1600, height=400)


def test_transparency_is_kept():
    content = io.BytesIO()
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(content, "PNG")
    kept = seen(content.getvalue()).file
    assert Image.open(kept).getpixel((0, 0))[3] == 0


def test_an_animated_picture_becomes_its_first_frame():
    content = io.BytesIO()
    frames = [Image.new("P", (8, 8), color) for color in (0, 1)]
    frames[0].save(content, "GIF", save_all=True, append_images=frames[1:])
    kept = seen(content.getvalue(), content_type="image/png")
    assert getattr(Image.open(kept.file), "n_frames", 1) == 1


def test_videos_sound_and_pdf():
    seen(mp4(), kind="video", content_type="video/mp4", ending="mp4")
    seen(webm(), kind="video", content_type="video/webm", ending="webm")
    seen(mp3(), kind="audio", content_type="audio/mpeg", ending="mp3")
    seen(mp3(tag=b"ID3\x04\x00\x00\x00\x00\x00\x05hello"), kind="audio")
    seen(m4a(), kind="audio", content_type="audio/mp4", ending="m4a")
    seen(pdf(4), kind="pdf", content_type="application/pdf", pages=4)


# What is not


def test_nothing_is_no_file():
    refused(b"", "空文件")


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><script>alert(1)</script>",
        b"MZ\x90\x00" + b"\0" * 100,
        b"PK\x03\x04" + b"\0" * 100,
        b"\x7fELF" + b"\0" * 100,
        b"just words",
        b"\0" * 5000,
        b"GIF",
    ],
)
def test_what_is_none_of_ours_is_refused(content):
    refused(content, "看不出这是什么文件")


@pytest.mark.parametrize(
    "content",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b'<?xml version="1.0"?>\n<!-- x --><SVG></SVG>',
    ],
)
def test_svg_is_refused_with_a_way_out(content):
    refused(content, "另存为 PNG")


def test_a_gif_that_is_also_a_script_loses_the_script():
    content = io.BytesIO()
    Image.new("P", (8, 8)).save(content, "GIF")
    polyglot = content.getvalue() + b"/*<script>alert(document.cookie)</script>*/=1;"
    assert b"script" not in seen(polyglot, content_type="image/png").file.read()
    refused(b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)", "不是完好的图片")


def test_a_picture_cut_short_is_refused():
    content = png((200, 200))
    refused(content[: len(content) // 2], "不是完好的图片")
    refused(jpeg((200, 200))[:300], "不是完好的图片")


def bomb(side):
    """A PNG of a few kilobytes that says it is ``side`` pixels wide and high."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100_000, 9))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [6_000, 12_000, 60_000, 2**31 - 1])
def test_a_bomb_is_never_unpacked(side):
    refused(bomb(side), "太大了|不是完好的图片")


@pytest.mark.parametrize(
    ("start", "limit", "label"),
    [
        (b"\x89PNG\r\n\x1a\n", 5, "图片"),
        (b"%PDF-1.7\n", 20, "PDF"),
        (b"ID3", 50, "音频"),
    ],
)
def test_a_file_over_its_limit_is_refused_before_it_is_read(start, limit, label):
    refused(start + b"\0" * (limit * 1024 * 1024), f"{label}最大 {limit} MB")


class Long(ContentFile):
    """Says it is longer than it is; a real 201 MB would say nothing more."""

    size = property(lambda self: 201 * 1024 * 1024, lambda self, size: None)


def test_a_video_over_200_megabytes_is_refused():
    with pytest.raises(Invalid, match=r"视频最大 200 MB，这个文件有 201\.0 MB"):
        check(Long(mp4()))


@pytest.mark.parametrize(
    "content",
    [
        mp4()[:-1],
        mp4()[: len(mp4()) // 2],
        mp4() + b"<script>alert(1)</script>",
        box(b"ftyp", b"isom\0\0\2\0isom"),
        box(b"ftyp", b"isom\0\0\2\0isom") + box(b"mdat", b"x" * 50),
        box(b"ftyp", b"isom") + struct.pack(">I", 2**31) + b"moov",
        box(b"ftyp", b"isom") + b"\0\0\0\1moov" + b"\xff" * 8,
        box(b"ftyp", b"isom") + b"\0\0\0\4moov",
        b"\0\0\0\x18ftyp",
    ],
)
def test_a_video_that_is_not_one(content):
    refused(content, "不是完整的视频")


def test_a_video_without_a_picture():
    refused(mp4(handler=b"soun"), "没有画面")
    refused(webm(track_type=2), "没有画面")


@pytest.mark.parametrize(
    "content", [webm()[:-1], webm()[:40], b"\x1aE\xdf\xa3", b"\x1aE\xdf\xa3\x80\x00\x00\x00"]
)
def test_a_webm_that_is_not_one(content):
    refused(content, "不是完整的视频|不是 WebM")


def test_matroska_is_not_webm():
    refused(webm(doc_type=b"matroska"), "不是 WebM")


@pytest.mark.parametrize(
    "content",
    [
        b"ID3\x04\x00\x00\x00\x00\x00\x05hello<html>",
        b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f",
        b"ID3",
        b"ID3\x04",
        mp3()[:500],
        b"\xff\xfb\x90\x00" + b"<script>" * 100,
    ],
)
def test_sound_that_is_not_sound(content):
    refused(content, "不是完整的音频")


def test_a_pdf_that_is_not_one():
    refused(b"%PDF-1.7\n<html><script>alert(1)</script>", "不是完好的 PDF|打不开")
    refused(pdf(2)[:200], "不是完好的 PDF|打不开|一页也没有")


def test_a_locked_pdf():
    refused(written(lambda writer: writer.encrypt("secret")), "密码")


def _acting(kind, **fields):
    """Makes the document do something when it is opened."""

    def change(writer):
        action = {NameObject("/S"): NameObject(f"/{kind}")}
        action |= {NameObject(f"/{name}"): TextStringObject(value) for name, value in fields.items()}
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(DictionaryObject(action))

    return change


_script = _acting("JavaScript", JS="app.alert(1)")


@pytest.mark.parametrize(
    "change",
    [
        _script,
        _acting("Launch", F="cmd"),
        _acting("SubmitForm", F="https://example.com/"),
        lambda writer: writer.add_attachment("evil.exe", b"MZ"),
    ],
)
def test_a_pdf_that_does_something(change):
    refused(written(change), "脚本、附件或会自动运行")


def test_a_script_behind_an_escaped_name_is_found():
    content = written(_script).replace(b"/JavaScript", b"/J#61vaScript")
    refused(content.replace(b"/JS", b"/#4AS"), "脚本、附件或会自动运行")


def test_a_pdf_that_eats_memory_or_time_kills_only_its_reader(monkeypatch):
    monkeypatch.setattr("learning.uploads.PDF_SECONDS", 0.001)
    refused(pdf(1), "用的时间太长")


# Keeping


@pytest.fixture
def editor(org, cast):
    grant(cast.teacher, "editor", org.college_a)
    return cast.teacher


def test_a_picture_is_kept_with_its_words(org, editor):
    media = store_media(
        content=png(), name="C:\\图\\会场.jpeg", branch=org.a1, by=editor, alt="  会场  全景 "
    )
    assert (media.kind, media.name, media.alt) == ("image", "会场.png", "会场 全景")
    assert (media.width, media.height, media.uploaded_by) == (30, 20, editor)
    assert "会场" not in media.file.name
    with media.file.open() as kept:
        assert kept.read().startswith(b"\x89PNG")
    entry = AuditEntry.objects.get(action="learning.media_stored")
    assert (entry.subject_id, entry.branch_id) == (str(media.pk), org.a1.pk)


def test_a_picture_without_words_is_refused(org, editor):
    for alt in ("", "  \n "):
        with pytest.raises(Invalid) as refusal:
            store_media(content=png(), name="x.png", branch=org.a1, by=editor, alt=alt)
        assert refusal.value.fields == {"alt": ["请写替代文字：看不到图片的人会听到它。"]}
    assert store_media(content=pdf(1), name="x.pdf", branch=org.a1, by=editor).alt == ""


def test_something_else_than_expected_is_refused(org, editor):
    with pytest.raises(Invalid, match="这里要放视频，传上来的是PDF"):
        store_media(content=pdf(1), name="x.mp4", branch=org.a1, by=editor, kind="video")
    assert not Media.objects.exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("photo.html", "photo.png"),
        ("../../etc/passwd", "passwd.png"),
        ("\u202egnp.exe", "gnp.png"),
        ("a\r\nSet-Cookie: x.png", "aSet-Cookie: x.png"),
        ("", "文件.png"),
        ("图" * 300 + ".png", "图" * 196 + ".png"),
    ],
)
def test_names_do_no_harm(org, editor, name, kept):
    assert store_media(content=png(), name=name, branch=org.a1, by=editor, alt="图").name == kept


def test_html_with_the_name_of_a_picture_is_refused(org, editor):
    with pytest.raises(Invalid, match="看不出这是什么文件"):
        store_media(content=b"<html><script>1</script>", name="x.jpg", branch=org.a1, by=editor, alt="图")


def test_one_keeps_files_only_where_one_writes(org, editor, cast):
    for person, branch in [(editor, org.b1), (cast.member, org.a1)]:
        with pytest.raises(Missing):
            store_media(content=png(), name="x.png", branch=branch, by=person, alt="图")
    assert store_media(content=png(), name="x.png", branch=org.b1, by=None, alt="图").uploaded_by is None
