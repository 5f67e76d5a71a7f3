"""Points for an answer (``domain.md`` §1.9 month-end quiz). Pure: what is asked, what was answered, nothing else."""

import re
import unicodedata
from decimal import Decimal

from learning.models import QuestionVersion
from learning.rules.numerals import as_number

TRUE, FALSE = "T", "F"
LETTERS = "ABCDEFGHIJKLMNOPQRST"
BLANK = re.compile("_{2,}")
LONGEST_FILL = 200

RIGHT, HALF, WRONG = Decimal(1), Decimal("0.5"), Decimal(0)

_Kind = QuestionVersion.Kind
_AROUND = " \"'`“”‘’()[]{}<>《》〈〉「」『』【】〔〕。,、;:?!…·_"
_INNER_SPACE = re.compile(r"(?<![0-9a-z])\s+|\s+(?![0-9a-z])")


def points(version: QuestionVersion, value: object, *, half_marks: bool = False) -> Decimal:
    """0, 0.5 or 1 for ``value``, which has the shape of ``Answer.value``; None and anything malformed give 0.

    A multiple choice is right with exactly the right set; with ``half_marks`` a part of it without a wrong option
    gives half. Every blank of a fill-in has to be right, in any of its accepted forms.
    """
    if not value or not isinstance(value, list) or not is_well_formed(version, value):
        return WRONG
    if version.kind == _Kind.FILL:
        return RIGHT if _fills(version, value) else WRONG
    given, right = set(value), set(version.answer)
    if given == right:
        return RIGHT
    return HALF if half_marks and version.kind == _Kind.MULTIPLE and given < right else WRONG


def is_well_formed(version: QuestionVersion, value: object) -> bool:
    """Whether ``value`` is an answer this version can take: None, or a list of its keys, or a text for each blank.

    An empty list takes back every tick of a multiple choice. Texts have at most 200 characters, none of them
    invisible (line ends, NUL, halves of a pair).
    """
    if value is None:
        return True
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        return False
    if version.kind == _Kind.FILL:
        return len(value) == len(version.answer) and all(map(_is_plain, value))
    if version.kind != _Kind.MULTIPLE and len(value) != 1:
        return False
    return len(set(value)) == len(value) and set(value) <= set(keys_of(version))


def keys_of(version: QuestionVersion) -> list[str]:
    """The keys of the options in their order: A, B, C …, or T and F; none for a fill-in."""
    if version.kind == _Kind.TRUE_FALSE:
        return [TRUE, FALSE]
    return [] if version.kind == _Kind.FILL else list(LETTERS[: len(version.options)])


def normalised(text: str) -> str:
    """The spelling in which two fill-ins are compared; normalising twice changes nothing.

    Full-width and half-width are one, so are upper and lower case; spaces between Chinese characters, spaces and
    punctuation around do not count; a text that is a number from end to end is written in digits.
    """
    while (once := _normalised_once(text)) != text:
        text = once
    return text


def _normalised_once(text: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    folded = _INNER_SPACE.sub("", folded).strip(_AROUND).rstrip(".")
    return as_number(folded) or folded


def _fills(version: QuestionVersion, value: list[str]) -> bool:
    followed_by = BLANK.split(version.stem)[1:]
    for place, (text, forms) in enumerate(zip(value, version.answer, strict=True)):
        after = followed_by[place] if place < len(followed_by) else ""
        accepted = {normalised(form) for form in forms}
        if not accepted.intersection(normalised(reading) for reading in _readings(text, after)) - {""}:
            return False
    return True


def _readings(text: str, after: str):
    """What may have been meant: the text, and the text without the words behind the blank that were typed again.

    In “不超过____年” 两年 means 两.
    """
    yield text
    bare = text.strip()
    for length in range(1, min(len(after), len(bare) - 1, 4) + 1):
        if bare.endswith(after[:length]):
            yield bare[:-length]


def _is_plain(text: str) -> bool:
    hidden = {"Cc", "Cs", "Zl", "Zp"}
    return len(text) <= LONGEST_FILL and not any(unicodedata.category(sign) in hidden for sign in text)
