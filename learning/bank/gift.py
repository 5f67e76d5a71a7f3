r"""GIFT: ``题干{~错误 =正确 ####解析}``, questions set apart by empty lines.

The format is Moodle's. Of it we take choices, true/false and short answers with full marks or none; the other types
are refused with the line they stand in. Code, difficulty, basis and dates travel in the comment above a question
(``// [id:Q1] [tag:难度：较难]``), where Moodle keeps its id number and tags. ``full_width`` says what happens to
signs that a Chinese input method has made wide.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from learning.bank import full_width, tags
from learning.bank.draft import (
    LETTERS,
    Draft,
    Kind,
    Problem,
    Reading,
    Written,
    as_truth,
    choice,
    letter,
    refusing,
    tidied,
)
from learning.bank.html import words
from learning.bank.text import decoded
from learning.rules.grading import BLANK

SIGNS = ":#={}~"
_ESCAPE = 0xF0000  # an escaped sign is held as this plus its code while the structure is read
_ESCAPED = re.compile(r"\\([\\:#={}~n" + full_width.SIGNS + "])")
_HELD = re.compile("[\U000f0000-\U000fffff]")
_CATEGORY = re.compile(r"[$＄]CATEGORY\s*[:：](.*)", re.IGNORECASE)
_FORMAT = re.compile(r"\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_WEIGHT = re.compile(r"%(-?\d{1,3}(?:\.\d*)?)%")
_TOP = re.compile(r"\$\w+\$(?:/top(?=/|$))?/?")
_LOOKS_ELSE = re.compile(rf"{_FORMAT.pattern}|//|／／|[$＄%％]", re.IGNORECASE)
_COMMENT = ("//", "／／")
_WHOLE = 99.5  # per cent; thirds are written 33.33333


@refusing
def read(data: bytes, found: Reading) -> None:
    """The questions of a GIFT file. Never raises; what cannot be taken is a problem with its line."""
    category = ""
    literal = False
    for first, lines in _blocks(decoded(data)):
        comments = "\n".join(line for line in lines if line.lstrip().startswith(_COMMENT))
        literal = literal or full_width.LITERAL in comments
        text = "\n".join("" if line.lstrip().startswith(_COMMENT) else line for line in lines)
        if match := _CATEGORY.match(text.lstrip()):
            category = (
                _TOP.sub("", match[1].strip(), count=1) if match[1].strip()[:1] == "$" else match[1].strip()
            )
            first += text[: len(text) - len(text.lstrip())].count("\n") + 1
            text = text.lstrip().partition("\n")[2]
        if not text.strip():
            continue
        try:
            draft = _Block(text, first, literal).draft()
            tags.apply(draft, comments)
            draft.category = draft.category or category
            found.take(draft)
        except Unusable as reason:
            found.problem(reason.line, str(reason))


def write(drafts: Iterable[Draft], heading: str = "") -> Written:
    """A GIFT file with what it can hold. A fill-in with several blanks has no form in GIFT."""
    parts = [f"// {full_width.LITERAL}"] + [f"// {line}" for line in heading.splitlines()]
    blocks = ["\n".join(parts)]
    lost = []
    category = ""
    for place, draft in enumerate(map(tidied, drafts), 1):
        if reason := _reason(draft):
            lost.append(Problem(place, reason))
            continue
        if draft.category != category:
            category = draft.category
            blocks.append(f"$CATEGORY: $course$/top/{category}" if category else "$CATEGORY: $course$/top")
        blocks.append(_written(draft))
    return Written(("\n\n".join(blocks) + "\n").encode(), lost)


def _reason(draft: Draft) -> str:
    if draft.kind != Kind.FILL:
        return ""
    if len(draft.answer) != 1:
        return "GIFT 放不下有几个空的填空题，这一题没有导出。"
    if any("->" in form for form in draft.answer[0]):
        return "答案里有“->”，GIFT 会当成匹配题，这一题没有导出。"
    return ""


class Unusable(Exception):
    """A question that is not taken, with the line that is to blame."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines that are not empty, with the number of their first line."""
    block: list[str] = []
    lines = text.split("\n")
    for number, line in enumerate([*lines, ""], 1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


class _Block:
    """One question: its text with escapes held aside, and the line of each place in it."""

    def __init__(self, text: str, first: int, literal: bool) -> None:
        self.first = first
        self.text = _ESCAPED.sub(_hold, _HELD.sub("", text))
        try:
            self.text = self.text if literal else full_width.normalised(self.text)
        except full_width.Ambiguous as reason:
            raise Unusable(self.line(reason.place), str(reason)) from reason

    def line(self, place: int) -> int:
        """The line of a place in the text."""
        return self.first + self.text.count("\n", 0, place)

    def draft(self) -> Draft:
        start = self._after_title()
        opened, closed = self._braces(start)
        body, place = self.text[opened + 1 : closed], opened + 1
        before, after = self.text[start:opened], self.text[closed + 1 :].rstrip()
        body, mark, general = body.rpartition("####") if "####" in body else (body, "", "")
        form = _format_of(before)
        kind = self._kind(body, place)
        fields = {
            "stem": self._words(_joined(before, after, kind), start, form),
            "explanation": self._words(general, place, form) if mark else "",
            "line": self.line(opened - len(before.lstrip())),
        }
        made = {"truth": self._truth, "choice": self._choice, "fill": self._fill}[kind]
        return made(body, place, form, fields)

    def _after_title(self) -> int:
        """The title is only a name and is passed over; the code stands in the comment."""
        start = len(self.text) - len(self.text.lstrip())
        if not self.text.startswith("::", start):
            return start
        end = self.text.find("::", start + 2)
        if end < 0:
            raise Unusable(self.line(start), "题目名称只有开头的“::”，没有结尾的“::”。")
        return end + 2

    def _braces(self, start: int) -> tuple[int, int]:
        opened, closed = self.text.find("{", start), self.text.find("}", start)
        if opened < 0 and closed < 0:
            raise Unusable(self.line(start), "没有答案：GIFT 的答案要写在 { } 里。说明文字不能导入。")
        if opened < 0 or 0 <= closed < opened:
            raise Unusable(self.line(closed), "有“}”，前面没有“{”。")
        if closed < 0:
            raise Unusable(self.line(opened), "有“{”，没有“}”。答案里不能有空行。")
        if (inner := self.text.find("{", opened + 1)) >= 0:
            reason = (
                "答案里又有“{”；如果是文字请写成“\\{”。"
                if inner < closed
                else "一题里有两处 { }，两题之间要空一行。"
            )
            raise Unusable(self.line(inner), reason)
        if (other := self.text.find("}", closed + 1)) >= 0:
            raise Unusable(self.line(other), "多了一个“}”；如果是文字请写成“\\}”。")
        return opened, closed

    def _kind(self, body: str, place: int) -> str:
        line = self.line(place + len(body) - len(body.lstrip()))
        bare = body.strip()
        if not bare:
            raise Unusable(line, "问答题（答案是空的 {}）不能导入。")
        if bare.startswith("#"):
            raise Unusable(line, "数值题不能导入，可以改成填空题。")
        if "~" in bare:
            return "choice"
        if as_truth(bare.partition("#")[0]):
            return "truth"
        if "->" in bare:
            raise Unusable(line, "匹配题不能导入。")
        if "=" not in bare:
            raise Unusable(line, "答案看不懂：选项前要有“~”或“=”，判断题写 T 或 F。")
        return "fill"

    def _truth(self, body: str, place: int, form: str, fields: dict) -> Draft:
        word, *feedback = body.split("#", 2)
        remarks = zip(("答错", "答对"), feedback, strict=False)
        fields["explanation"] = self._explained(fields["explanation"], remarks, place, form)
        return Draft(kind=Kind.TRUE_FALSE, answer=[as_truth(word)], **fields)

    def _choice(self, body: str, place: int, form: str, fields: dict) -> Draft:
        options: list[str] = []
        right, remarks = [], []
        is_single, total = "=" in body, 0.0
        for sign, text, at in self._answers(body, place):
            weight, text = _weight(text, full=sign == "=")
            text, _, feedback = text.partition("#")
            if is_single and 0 < weight < 100:
                raise Unusable(self.line(at), "单选题的选项只能全对或全错，这里写了部分给分。")
            if weight > 0:
                right.append(len(options))
                total += weight
            remarks.append((letter(len(options)), feedback))
            options.append(self._words(text, at, form))
        line = self.line(place + len(body) - len(body.lstrip()))
        if not right:
            raise Unusable(line, "没有标出正确答案：正确的选项前写“=”。")
        if is_single and len(right) > 1:
            raise Unusable(line, "有几个“=”。单选只有一个正确答案；多选请写成 ~%50% 这样的分数。")
        if not _WHOLE <= total <= 200 - _WHOLE:
            raise Unusable(line, f"正确选项的分数加起来是 {total:g}%，应当是 100%。")
        fields["explanation"] = self._explained(fields["explanation"], remarks, place, form)
        draft = choice(options, right, **fields)
        draft.kind = Kind.SINGLE if is_single else Kind.MULTIPLE
        return draft

    def _fill(self, body: str, place: int, form: str, fields: dict) -> Draft:
        forms, remarks = [], []
        for _, text, at in self._answers(body, place):
            weight, text = _weight(text, full=True)
            if weight != 100:
                raise Unusable(self.line(at), "填空的答案只能全对，这里写了部分给分。")
            text, _, feedback = text.partition("#")
            answer = self._words(text, at, form)
            if "*" in answer.replace(r"\*", ""):
                raise Unusable(self.line(at), "答案里有通配符 *，平台不支持；如果是文字请写成“\\*”。")
            forms.append(answer.replace(r"\*", "*"))
            remarks.append((forms[-1], feedback))
        fields["explanation"] = self._explained(fields["explanation"], remarks, place, form)
        return Draft(kind=Kind.FILL, answer=[forms], **fields)

    def _answers(self, body: str, place: int) -> Iterator[tuple[str, str, int]]:
        """The sign, the text and the place of every answer. Text in front of the first sign has none."""
        marks = [match.start() for match in re.finditer("[~=]", body)]
        if body[: marks[0]].strip():
            raise Unusable(
                self.line(place), f"第一个选项“{self._plain(body[: marks[0]])[:20]}”前面没有“~”或“=”。"
            )
        for here, there in zip(marks, [*marks[1:], len(body)], strict=True):
            text = body[here + 1 : there]
            if not text.strip() and there < len(body) and body[here] == "~" and body[there] == "=":
                continue  # ~=right is one answer
            yield body[here], text.strip(), place + here

    def _explained(self, general: str, remarks, place: int, form: str) -> str:
        """The general feedback, and under it what was said about single answers, which we have no other place for."""
        lines = [f"{name}：{text}" for name, remark in remarks if (text := self._words(remark, place, form))]
        return "\n".join([general, *lines] if general else lines)

    def _words(self, text: str, place: int, form: str) -> str:
        """The words of a part of the question, which may name a format of its own."""
        text = text.strip(" \t\n")
        if match := _FORMAT.match(text):
            form, text = match[1].lower(), text[match.end() :]
        text = self._plain(re.sub(r"[ \t]*\n\s*", "\n", text))
        if form == "html":
            text, refused = words(text)
            if refused:
                raise Unusable(self.line(place), f"里面有{refused}，只能导入文字。")
        return text

    @staticmethod
    def _plain(text: str) -> str:
        return _HELD.sub(lambda sign: chr(ord(sign[0]) - _ESCAPE), text)


def _hold(escape: re.Match) -> str:
    return chr(_ESCAPE + ord("\n" if escape[1] == "n" else escape[1]))


def _format_of(stem: str) -> str:
    match = _FORMAT.match(stem.strip())
    return match[1].lower() if match else "plain"


def _joined(before: str, after: str, kind: str) -> str:
    """The stem around the answers, with a blank where they stood in the middle of it, or in a fill-in anywhere."""
    if not after and "\n" in before[len(before.rstrip()) :]:
        before = before.rstrip()
    if after:
        return f"{before}____{after}"
    return f"{before}____" if kind == "fill" and not BLANK.search(before) else before


def _weight(text: str, *, full: bool) -> tuple[float, str]:
    """The per cent in front of an answer and the rest of it; without any, everything if ``full``, else nothing."""
    if match := _WEIGHT.match(text):
        return float(match[1]), text[match.end() :].strip()
    return (100 if full else 0), text


# Writing


def escaped(text: str) -> str:
    text = re.sub(rf"([\\{SIGNS}])", r"\\\1", text)
    return text.replace("\n", r"\n")


def _text(text: str) -> str:
    """``text`` in the file. One that begins like something else says that it is plain text."""
    return ("[plain]" if _LOOKS_ELSE.match(text) else "") + escaped(text)


def _written(draft: Draft) -> str:
    lines = []
    if comment := tags.comment(draft):
        lines.append(f"// {comment}")
    title = f"::{escaped(draft.code)}::" if draft.code else ""
    answers = _WRITERS.get(draft.kind, _written_options)(draft)
    if draft.explanation:
        answers.append(f"####{_text(draft.explanation)}")
    body = "{\n" + "\n".join(answers) + "\n}"
    if draft.kind == Kind.FILL:
        before, after = BLANK.split(draft.stem)
        lines.append(f"{title}{_text(before)}{body}{escaped(after)}")
    else:
        lines.append(f"{title}{_text(draft.stem)}{body}")
    return "\n".join(lines)


def _written_truth(draft: Draft) -> list[str]:
    return ["TRUE" if draft.answer == ["T"] else "FALSE"]


def _written_forms(draft: Draft) -> list[str]:
    return [f"={_text(form.replace('*', chr(92) + '*'))}" for form in draft.answer[0]]


def _written_options(draft: Draft) -> list[str]:
    if draft.kind == Kind.SINGLE:
        signs = {True: "=", False: "~"}
    else:
        share = f"{100 / len(draft.answer):.5f}".rstrip("0").rstrip(".")
        signs = {True: f"~%{share}%", False: "~%-100%"}
    return [
        signs[key in draft.answer] + _text(option)
        for key, option in zip(LETTERS, draft.options, strict=False)
    ]


_WRITERS: dict[str, Callable[[Draft], list[str]]] = {
    Kind.TRUE_FALSE: _written_truth,
    Kind.FILL: _written_forms,
}
