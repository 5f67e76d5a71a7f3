"""Small honest files, built by hand."""

import io
import struct

from PIL import Image
from pypdf import PdfWriter


def png(size=(30, 20)):
    content = io.BytesIO()
    Image.new("RGB", size, "#B5362C").save(content, "PNG")
    return content.getvalue()


def jpeg(size=(30, 20), exif=(), comment=b""):
    picture = Image.new("RGB", size, "#B5362C")
    facts = picture.getexif()
    facts.update(dict(exif))
    content = io.BytesIO()
    picture.save(content, "JPEG", exif=facts, comment=comment)
    return content.getvalue()


def pdf(pages):
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def box(name, content):
    return struct.pack(">I", 8 + len(content)) + name + content


def mp4(handler=b"vide", brand=b"isom", frames=b"x" * 4000):
    """The boxes of an MP4 with one track, without pictures in it."""
    track = box(
        b"trak", box(b"tkhd", b"\0" * 84) + box(b"mdia", box(b"hdlr", b"\0" * 8 + handler + b"\0" * 13))
    )
    movie = box(b"moov", box(b"mvhd", b"\0" * 100) + track)
    return box(b"ftyp", brand + b"\0\0\2\0" + brand) + movie + box(b"mdat", frames)


def m4a():
    return mp4(handler=b"soun", brand=b"M4A ")


def _element(number, content):
    return number + struct.pack(">Q", len(content) | 1 << 56) + content


def webm(track_type=1, doc_type=b"webm"):
    header = _element(b"\x1aE\xdf\xa3", _element(b"\x42\x82", doc_type))
    track = _element(b"\xae", _element(b"\xd7", b"\1") + _element(b"\x83", bytes([track_type])))
    segment = _element(b"\x15\x49\xa9\x66", b"") + _element(b"\x16\x54\xae\x6b", track)
    return header + _element(b"\x18\x53\x80\x67", segment + _element(b"\x1f\x43\xb6\x75", b"x" * 500))


def mp3(tag=b""):
    """Four silent frames of 128 kbit/s at 44.1 kHz."""
    return tag + (b"\xff\xfb\x90\x00" + b"\0" * 413) * 4
