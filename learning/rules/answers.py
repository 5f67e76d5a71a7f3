"""Keys of questions as people write them: "B", "ABD", "A、B", "对", "两/2；5"."""

import re
import unicodedata

from core.errors import Invalid
from learning.models import QuestionVersion
from learning.rules.grading import FALSE, LETTERS, TRUE

_Kind = QuestionVersion.Kind
_TRUTHS = {TRUE: {"对", "√", "正确", "是", "t", "true"}, FALSE: {"错", "×", "错误", "否", "f", "false", "x"}}
_SAID = {TRUE: "对", FALSE: "错"}
_BETWEEN_LETTERS = re.compile(r"[\s、,;/.和]+")
_BETWEEN_BLANKS = re.compile(r"(?<!\\)[;；\n]")
_BETWEEN_FORMS = re.compile(r"(?<!\\)[/／]")


def read_answer(kind: str, text: str) -> list:
    """The key in the shape of ``QuestionVersion.answer``; empty for an empty text.

    Forms of a blank are separated by "/", blanks by "；", full-width or not; a backslash before one of them makes it
    part of the answer. Raises ``Invalid`` for what is no key of this kind.
    """
    text = text.strip()
    if not text:
        return []
    if kind == _Kind.FILL:
        return [_forms(blank) for blank in _BETWEEN_BLANKS.split(text)]
    if kind == _Kind.TRUE_FALSE:
        return [_truth(text)]
    letters = _BETWEEN_LETTERS.sub("", unicodedata.normalize("NFKC", text)).upper()
    if not set(letters) <= set(LETTERS):
        raise Invalid(fields={"answer": ["答案写选项的字母，如 B 或 ABD。"]})
    return sorted(set(letters))


def write_answer(version: QuestionVersion) -> str:
    """The key as people write it; reading it again gives the same."""
    if version.kind == _Kind.FILL:
        return "；".join("/".join(map(_escaped, forms)) for forms in version.answer)
    if version.kind == _Kind.TRUE_FALSE:
        return "".join(_SAID.get(key, "") for key in version.answer)
    return "".join(version.answer)


def _truth(text: str) -> str:
    for key, words in _TRUTHS.items():
        if unicodedata.normalize("NFKC", text).casefold() in words:
            return key
    raise Invalid(fields={"answer": ["判断题的答案写“对”或“错”。"]})


def _forms(blank: str) -> list[str]:
    forms = (re.sub(r"\\([/／;；])", r"\1", form).strip() for form in _BETWEEN_FORMS.split(blank))
    return [form for form in forms if form]


def _escaped(form: str) -> str:
    return re.sub(r"([/／;；])", r"\\\1", form)
