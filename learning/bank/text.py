"""The text in a file, whatever wrote it."""

import codecs

from learning.bank.draft import Refused

_MARKS = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
_NO_TEXT = (
    b"%PDF",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!",
    b"7z\xbc\xaf",
)
_BAD = "文字编码认不出来，请存成 UTF-8 再上传。"


def decoded(data: bytes) -> str:
    """The text of a file with lines ending in ``\\n``: UTF-8, UTF-16 with a mark, or GB18030 as Windows writes it.

    Raises ``Refused`` for anything that is no text.
    """
    text = _decoded(data)
    if "\0" in text:
        raise Refused(text.count("\n", 0, text.index("\0")) + 1, "这不是文本文件。")
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")


def _decoded(data: bytes) -> str:
    if data.startswith(_NO_TEXT):
        raise Refused(1, "这不是文本文件。")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                raise Refused(data.count(b"\n", 0, error.start) + 1, _BAD) from error
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            last = error
    raise Refused(data.count(b"\n", 0, last.start) + 1, _BAD)
