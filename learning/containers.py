"""The structure of MP4, WebM and MP3 files: enough to know that a file is one, whole, and what is in it."""

from collections.abc import Iterator
from typing import IO

from core.errors import Invalid

BROKEN_VIDEO = "这个文件不是完整的视频，可能没有传完或已损坏。请重新导出一次再上传。"
NO_VIDEO = "这个文件里没有画面，不是视频。只有声音的请存成 MP3 或 M4A。"
BROKEN_AUDIO = "这个文件不是完整的音频，可能已损坏。请重新导出一次再上传。"

_MAX_BOXES = 100_000
_MAX_HEADER = 64 * 1024 * 1024  # bytes of an MP4's table of contents
_UNKNOWN_SIZE = 0xFF_FFFF_FFFF_FFFF
_EBML, _DOC_TYPE, _SEGMENT, _TRACKS = 0x1A45DFA3, 0x4282, 0x18538067, 0x1654AE6B
_TRACK_ENTRY, _TRACK_TYPE = 0xAE, 0x83

# Kilobits a second of MPEG 1 and MPEG 2 layer III, samples a second of MPEG 1, 2 and 2.5.
_RATES = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
    0: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
}
_SAMPLES = {3: (44100, 48000, 32000, 0), 2: (22050, 24000, 16000, 0), 0: (11025, 12000, 8000, 0)}


def video_of(file: IO[bytes]) -> str:
    """``mp4`` or ``webm``. Raises ``Invalid`` for a file that is neither, cut off, or has no picture."""
    size = _size_of(file)
    if file.read(4) == b"\x1aE\xdf\xa3":
        return _webm(file, size)
    handlers = _mp4_handlers(file, size, BROKEN_VIDEO)
    if b"vide" not in handlers:
        raise Invalid(NO_VIDEO)
    return "mp4"


def audio_of(file: IO[bytes]) -> tuple[str, str]:
    """Content type and ending of an MP3 or M4A file. Raises ``Invalid`` for anything else."""
    size = _size_of(file)
    start = file.read(10)
    if start[4:8] == b"ftyp":
        if b"soun" not in _mp4_handlers(file, size, BROKEN_AUDIO):
            raise Invalid(BROKEN_AUDIO)
        return "audio/mp4", "m4a"
    _check_mp3(file, start, size)
    return "audio/mpeg", "mp3"


def is_mp3_frame(start: bytes) -> bool:
    """Whether these bytes begin with the header of an MPEG layer III frame."""
    return _frame_length(start[:4]) > 0


# MP4: boxes of length, name and content (ISO/IEC 14496-12, 4.2)


def _mp4_handlers(file: IO[bytes], size: int, broken: str) -> set[bytes]:
    """The kinds of track. The boxes must fill the file exactly, so that nothing is missing and nothing hides."""
    boxes = {name: (start, end) for name, start, end in _boxes(file, 0, size, broken)}
    if not {b"ftyp", b"moov", b"mdat"} <= boxes.keys():
        raise Invalid(broken)
    start, end = boxes[b"moov"]
    if end - start > _MAX_HEADER:
        raise Invalid(broken)
    handlers = set()
    for name, first, last in list(_boxes(file, start, end, broken)):
        if name == b"trak":
            handlers |= _handlers_of_track(file, first, last, broken)
    return handlers


def _handlers_of_track(file: IO[bytes], start: int, end: int, broken: str) -> set[bytes]:
    found = set()
    for name, first, last in list(_boxes(file, start, end, broken)):
        if name == b"mdia":
            found |= _handlers_of_track(file, first, last, broken)
        elif name == b"hdlr":
            file.seek(first + 8)
            found.add(file.read(4))
    return found


def _boxes(file: IO[bytes], at: int, end: int, broken: str) -> Iterator[tuple[bytes, int, int]]:
    """Name, first and last byte of the content of each box between two places."""
    for _ in range(_MAX_BOXES):
        if at == end:
            return
        file.seek(at)
        header = file.read(16)
        length, name, begins = int.from_bytes(header[:4]), header[4:8], at + 8
        if length == 1:
            length, begins = int.from_bytes(header[8:16]), at + 16
        elif length == 0:
            length = end - at
        if len(header) < 8 or at + length > end or begins > at + length:
            break
        yield name, begins, at + length
        at += length
    raise Invalid(broken)


# WebM: elements of a variable-length number, a variable-length size and content (RFC 8794)


def _webm(file: IO[bytes], size: int) -> str:
    file.seek(0)
    _, header_end = _element(file, size, _EBML)
    doc_type = _child(file, header_end, _DOC_TYPE)
    if doc_type is None or file.read(min(doc_type[1] - doc_type[0], 8)).rstrip(b"\0") != b"webm":
        raise Invalid("这是 Matroska 文件，不是 WebM。请导出成 MP4 或 WebM。")
    file.seek(header_end)
    _, end = _element(file, size, _SEGMENT)
    tracks = _child(file, end, _TRACKS)
    if end != size or tracks is None:
        raise Invalid(BROKEN_VIDEO)
    if 1 not in _track_types(file, tracks[1]):
        raise Invalid(NO_VIDEO)
    return "webm"


def _track_types(file: IO[bytes], end: int) -> set[int]:
    types = set()
    while entry := _child(file, end, _TRACK_ENTRY):
        if kind := _child(file, entry[1], _TRACK_TYPE):
            types.add(int.from_bytes(file.read(kind[1] - kind[0])))
        file.seek(entry[1])
    return types


def _child(file: IO[bytes], end: int, wanted: int) -> tuple[int, int] | None:
    """The next element of that number before ``end``; the file stands at its content."""
    for _ in range(_MAX_BOXES):
        if file.tell() >= end:
            return None
        number, last = _element(file, end)
        if number == wanted:
            return file.tell(), last
        file.seek(last)
    raise Invalid(BROKEN_VIDEO)


def _element(file: IO[bytes], end: int, wanted: int = 0) -> tuple[int, int]:
    """Number of the element here and where it ends; the file stands at its content."""
    number = _variable(file, keep_marker=True)
    length = _variable(file, keep_marker=False)
    last = end if length == _UNKNOWN_SIZE else file.tell() + length
    if last > end or (wanted and number != wanted):
        raise Invalid(BROKEN_VIDEO)
    return number, last


def _variable(file: IO[bytes], *, keep_marker: bool) -> int:
    first = file.read(1)
    if not first or not first[0]:
        raise Invalid(BROKEN_VIDEO)
    more = 8 - first[0].bit_length()
    rest = file.read(more)
    if len(rest) < more:
        raise Invalid(BROKEN_VIDEO)
    value = int.from_bytes(first + rest)
    if keep_marker:
        return value
    bits = 7 * (more + 1)
    value &= (1 << bits) - 1
    # all ones means that the writer did not know the size, however many bytes it took to say so
    return _UNKNOWN_SIZE if value == (1 << bits) - 1 else value


# MP3: frames one after the other, behind an ID3 tag


def _check_mp3(file: IO[bytes], start: bytes, size: int) -> None:
    """Raise ``Invalid`` unless three frames follow each other."""
    at = 0
    if start[:3] == b"ID3":
        at = 10 + sum(
            (byte & 0x7F) << shift
            for byte, shift in zip(start[6:].ljust(4, b"\0"), (21, 14, 7, 0), strict=True)
        )
    for _ in range(3):
        file.seek(at)
        length = _frame_length(file.read(4))
        if not length or at + length > size:
            raise Invalid(BROKEN_AUDIO)
        at += length


def _frame_length(header: bytes) -> int:
    """Bytes of the layer III frame that begins here, 0 when none does."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    version = header[1] >> 3 & 3
    if version not in _RATES:
        return 0
    rate, samples = _RATES[version][header[2] >> 4], _SAMPLES[version][header[2] >> 2 & 3]
    if not rate or not samples:
        return 0
    return (144 if version == 3 else 72) * rate * 1000 // samples + (header[2] >> 1 & 1)


def _size_of(file: IO[bytes]) -> int:
    size = file.seek(0, 2)
    file.seek(0)
    return size
