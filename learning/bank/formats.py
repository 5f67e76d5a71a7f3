"""Which formats there are, and which one a file is in."""

import re
from dataclasses import dataclass
from types import ModuleType

from learning.bank import aiken, excel, gift, moodle_xml, word
from learning.bank.draft import Refused
from learning.bank.text import decoded


@dataclass(frozen=True)
class Format:
    label: str
    module: ModuleType
    ending: str


FORMATS = {
    "excel": Format("Excel（.xlsx，也读 .csv）", excel, "xlsx"),
    "gift": Format("GIFT", gift, "gift.txt"),
    "aiken": Format("Aiken", aiken, "aiken.txt"),
    "moodle_xml": Format("Moodle XML", moodle_xml, "xml"),
    "word": Format("从 Word 粘贴的文字（.txt）", word, "txt"),
}
READABLE = {key: form.label for key, form in FORMATS.items()}
WRITABLE = {key: form.label for key, form in FORMATS.items() if hasattr(form.module, "write")}

_HEADINGS = re.compile(r"^[^\n]*(题干|题目|试题)[^\n]*[,;\t][^\n]*答案", re.MULTILINE)
_AIKEN = re.compile(r"^\s*(ANSWER|ＡＮＳＷＥＲ)\s*[:：]", re.MULTILINE | re.IGNORECASE)
_NUMBERED = re.compile(r"^\s*[(（]?\d{1,4}\s*[.．、)）]", re.MULTILINE)


def guess(data: bytes) -> str:
    """The key of the format ``data`` is most likely in; Excel when it is no text at all."""
    if data.startswith(b"PK"):
        return "excel"
    try:
        text = decoded(data)
    except Refused:
        return "excel"
    if text.lstrip().startswith("<"):
        return "moodle_xml"
    if _HEADINGS.search(text[:5000]):
        return "excel"
    if _AIKEN.search(text):
        return "aiken"
    if re.search(r"[{｛]", text) and re.search(r"[}｝]", text):
        return "gift"
    return "word" if _NUMBERED.search(text) else "aiken"
