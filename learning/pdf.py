"""Reads one PDF from its input and prints what it found. Run as a process of its own with little memory and time."""

import json
import resource
import sys
from io import BytesIO

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject

MEMORY = 768 * 1024 * 1024
CPU_SECONDS = 15
MAX_PAGES = 500
MAX_OBJECTS = 200_000
# Whatever runs, starts, sends or carries another file when the document is opened or touched.
ACTIVE = {
    "/JS", "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/EmbeddedFile", "/EmbeddedFiles", "/RichMedia",
    "/RichMediaContent", "/XFA", "/GoToE", "/Rendition",
}  # fmt: skip


class Refused(Exception):
    """The sentence says why."""


def examine(content: bytes) -> int:
    """The number of pages. Raises ``Refused`` for what is locked, active, endless or no PDF."""
    try:
        reader = PdfReader(BytesIO(content), strict=False)
        if reader.is_encrypted:
            raise Refused("这个 PDF 有密码或加了限制。请去掉后再上传。")
        pages = len(reader.pages)
        _look_through(reader)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise Refused("这个文件不是完好的 PDF，打不开。请重新导出一次再上传。") from error
    if not pages:
        raise Refused("这个 PDF 一页也没有。")
    if pages > MAX_PAGES:
        raise Refused(f"这个 PDF 有 {pages} 页，最多 {MAX_PAGES} 页。请分成几节。")
    return pages


def _look_through(reader: PdfReader) -> None:
    """Everything that can be reached from the trailer, each object once."""
    seen: set[int] = set()
    waiting: list[object] = [reader.trailer]
    looked = 0
    while waiting:
        thing = waiting.pop()
        looked += 1
        if looked > 10 * MAX_OBJECTS:
            raise Refused("这个 PDF 过于复杂。请重新导出一次再上传。")
        if isinstance(thing, IndirectObject):
            if thing.idnum in seen:
                continue
            seen.add(thing.idnum)
            waiting.append(thing.get_object())
        elif isinstance(thing, DictionaryObject):
            waiting += thing.keys()
            waiting += dict.values(thing)
        elif isinstance(thing, ArrayObject):
            waiting += list.__iter__(thing)
        elif isinstance(thing, NameObject) and thing in ACTIVE:
            raise Refused("这个 PDF 里有脚本、附件或会自动运行的内容。请另存为普通 PDF 再上传。")


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer: dict[str, object] = {"pages": examine(sys.stdin.buffer.read())}
    except Refused as refusal:
        answer = {"refused": str(refusal)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
