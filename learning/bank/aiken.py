"""Aiken: the question, a line for each option (``A. …`` or ``A) …``), and ``ANSWER: A``.

Single choices only; options that are just true and false make 判断. Several letters after ``ANSWER:`` are read as a
multiple choice, which other programs do not know and we do not write. The format has no signs to set words apart, no
explanation, no code: what it cannot hold is told question by question.
"""

import re
from collections.abc import Iterable

from learning.bank.draft import (
    LETTERS,
    TRUTHS,
    Draft,
    Kind,
    Problem,
    Reading,
    Written,
    as_letters,
    as_truth,
    choice,
    narrow,
    refusing,
    tidied,
)
from learning.bank.text import decoded

OPTION = re.compile(r"\s*([A-Za-zＡ-Ｚａ-ｚ])\s*[.)．）、:：]\s*(.*)")
ANSWER = re.compile(r"\s*(?:ANSWER|ＡＮＳＷＥＲ|答案|正确答案)\s*[:：]\s*(.*)", re.IGNORECASE)
_LOST = {
    "explanation": "解析",
    "basis": "依据",
    "code": "编号",
    "category": "分类",
    "valid_from": "生效日期",
    "valid_until": "失效日期",
}


@refusing
def read(data: bytes, found: Reading) -> None:
    """The questions of an Aiken file. Never raises; what cannot be taken is a problem with its line."""
    question = _Question(found)
    for number, line in enumerate(decoded(data).split("\n"), 1):
        if not line.strip():
            continue
        if match := ANSWER.match(line):
            question.answered(number, match[1])
            question = _Question(found)
        elif (match := OPTION.match(line)) and (question.options or narrow(match[1]).upper() == "A"):
            question.option(number, narrow(match[1]).upper(), match[2])
        else:
            question = question.words(number, line.strip())
    question.unfinished()


class _Question:
    """What was read of a question so far."""

    def __init__(self, found: Reading) -> None:
        self.found = found
        self.line = 0
        self.stem: list[str] = []
        self.options: list[str] = []
        self.is_bad = False

    def words(self, number: int, text: str) -> "_Question":
        """A line of the stem; after options it means that the answer is missing and the next question begins."""
        question = self
        if self.options:
            self.unfinished()
            question = _Question(self.found)
        question.line = question.line or number
        question.stem.append(text)
        return question

    def option(self, number: int, key: str, text: str) -> None:
        self.line = self.line or number
        expected = chr(65 + len(self.options))
        if key != expected and not self.is_bad:
            self.is_bad = True
            self.found.problem(number, f"选项的字母不连续：这里应当是 {expected}，写的是 {key}。")
        self.options.append(text.strip())

    def unfinished(self) -> None:
        if self.options:
            self.found.problem(self.line, "这一题没有答案：选项后面要有一行“ANSWER: A”。")
        elif self.stem:
            self.found.problem(self.line, "这里没有选项：每个选项一行，写成“A. …”。")

    def answered(self, number: int, text: str) -> None:
        letters = as_letters(text)
        if not self.stem:
            self.found.problem(self.line or number, "这一题没有题干。")
        elif not self.options:
            self.found.problem(number, "有答案，前面没有选项：每个选项一行，写成“A. …”。")
        elif not letters:
            self.found.problem(number, f"答案“{text.strip()[:20]}”看不懂，要写选项的字母。")
        elif not self.is_bad:
            self.found.take(_draft("\n".join(self.stem), self.options, letters, self.line))


def _draft(stem: str, options: list[str], letters: list[str], line: int) -> Draft:
    truths = truths_of(options)
    places = [ord(key) - 65 for key in letters]
    if truths and len(places) == 1 and places[0] < 2:
        return Draft(kind=Kind.TRUE_FALSE, stem=stem, answer=[truths[places[0]]], line=line)
    return choice(options, places, stem=stem, line=line)


_WHOLE_WORDS = {"对", "错", "正确", "错误", "√", "×", "true", "false"}


def truths_of(options: list[str]) -> list[str]:
    """``["T", "F"]`` or the other way round when the options are just true and false, else nothing."""
    if any(option.strip(" 。.").lower() not in _WHOLE_WORDS for option in options):
        return []
    keys = [as_truth(option) for option in options]
    return keys if sorted(keys) == ["F", "T"] else []


def write(drafts: Iterable[Draft], heading: str = "") -> Written:
    """An Aiken file with the questions it can hold, and for every question what it loses. It has no place for
    ``heading``.
    """
    blocks, lost = [], []
    for place, draft in enumerate(map(tidied, drafts), 1):
        if reason := _reason(draft):
            lost.append(Problem(place, reason))
            continue
        names = [name for attribute, name in _LOST.items() if getattr(draft, attribute)]
        names += ["难度"] if draft.difficulty != 2 else []
        if names:
            lost.append(Problem(place, f"Aiken 不带{'、'.join(names)}。"))
        if any("\n" in text for text in (draft.stem, *draft.options)):
            lost.append(Problem(place, "Aiken 里不能换行，换行改成了空格。"))
        blocks.append(_written(draft))
    return Written("\n".join(blocks).encode(), lost)


def _reason(draft: Draft) -> str:
    if draft.kind in {Kind.FILL, Kind.MULTIPLE}:
        return f"Aiken 放不下{Kind(draft.kind).label}题，这一题没有导出。"
    stem = _flat(draft.stem)
    if OPTION.match(stem) or ANSWER.match(stem):
        return "题干的开头和 Aiken 的选项或答案分不开，这一题没有导出。"
    if truths_of(draft.options):
        return "选项只有对和错的单选题，在 Aiken 里会变成判断题，这一题没有导出。"
    if len(set(map(_flat, draft.options))) < len(draft.options):
        return "有两个选项只差换行或空格，Aiken 里分不开，这一题没有导出。"
    return ""


def _flat(text: str) -> str:
    return " ".join(text.split())


def _written(draft: Draft) -> str:
    options = list(TRUTHS.values()) if draft.kind == Kind.TRUE_FALSE else draft.options
    answer = (
        LETTERS[list(TRUTHS).index(draft.answer[0])] if draft.kind == Kind.TRUE_FALSE else draft.answer[0]
    )
    lines = [f"{key}. {_flat(option)}" for key, option in zip(LETTERS, options, strict=False)]
    return "\n".join([_flat(draft.stem), *lines, f"ANSWER: {answer}", ""])
