"""Text as people type it, made comparable without touching the characters of a name."""

import re

from accounts.roster.limits import Refused

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20}
# zero-width marks and direction overrides come along when text is pasted from chats and web pages
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF])
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127])
_TABLE = _FULL_WIDTH | _INVISIBLE | _CONTROL


def plain(text: str) -> str:
    """``text`` with half-width ASCII, single spaces and no invisible characters. Chinese stays as it is."""
    return " ".join(text.translate(_TABLE).split())


def squeezed(text: str) -> str:
    """``plain`` without any space: for numbers, labels and choices."""
    return plain(text).replace(" ", "")


def header_name(text: str) -> str:
    """The heart of a column heading: “学 号（必填）*” and “学号” are the same."""
    without_remarks = re.sub(r"\(.*?\)|\[.*?\]|【.*?】", "", squeezed(text))
    return re.sub(r"[^\w]", "", without_remarks).lower()


def decoded(content: bytes) -> str:
    """The text of a CSV file, which Chinese Excel writes as GB18030 and everything else as UTF-8."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("文字编码认不出来。请把 CSV 存成 UTF-8，或者直接上传 .xlsx。")
