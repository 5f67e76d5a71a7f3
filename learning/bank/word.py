"""Text as people paste it from Word: numbered questions, options in lines or in one line, 答案 and 解析.

    一、单项选择题
    1. 党的最高理想和最终目标是（ ）。
    A. 实现共产主义  B. 全面小康
    答案：A  解析：党章总纲。

The answer may stand in the brackets of the stem instead, and a heading may say what kind of questions follow.
"""

import re

from learning.bank.aiken import truths_of
from learning.bank.draft import Draft, Kind, Reading, as_letters, as_truth, refusing
from learning.bank.tags import difficulty_of
from learning.bank.text import decoded
from learning.rules.grading import BLANK

_NUMBER = re.compile(r"\s*[(（]?\s*(\d{1,4})\s*[.．、)）]\s*(?!\d)(.*)")
_HEADING = re.compile(
    r"\s*(?:[(（]?[一二三四五六七八九十]{1,3}[)）]?\s*[、.．]|第[一二三四五六七八九十]+部分)\s*(.*)"
)
_KINDS = {
    "单选": Kind.SINGLE,
    "单项": Kind.SINGLE,
    "多选": Kind.MULTIPLE,
    "多项": Kind.MULTIPLE,
    "不定项": Kind.MULTIPLE,
    "判断": Kind.TRUE_FALSE,
    "是非": Kind.TRUE_FALSE,
    "填空": Kind.FILL,
}
_LABEL = re.compile(
    r"(?:(?<=\s)|^|(?<=[。；;.]))[【\[]?(正确答案|参考答案|标准答案|答案解析|答案|解析|依据|出处|难度|分类|编号)[】\]]?\s*[:：]",
    re.MULTILINE,
)
_LABEL_BARE = re.compile(
    r"[【\[](正确答案|参考答案|标准答案|答案解析|答案|解析|依据|出处|难度|分类|编号)[】\]]"
)
_NAMES = dict.fromkeys(("正确答案", "参考答案", "标准答案", "答案"), "answer") | {
    "答案解析": "explanation",
    "解析": "explanation",
    "依据": "basis",
    "出处": "basis",
    "难度": "difficulty",
    "分类": "category",
    "编号": "code",
}
_BRACKET = re.compile(r"[(（]([^()（）]{0,40})[)）]")


@refusing
def read(data: bytes, found: Reading) -> None:
    """The questions of a text. Never raises; what cannot be taken is a problem with its line."""
    kind = ""
    block: list[str] = []
    first = 0
    for number, line in enumerate([*decoded(data).split("\n"), "0."], 1):
        start, heading = _NUMBER.match(line), _heading(line)
        if (start or heading is not None) and block:
            _take(found, block, first, kind)
            block = []
        if heading is not None:
            kind = heading
        elif start:
            block, first = [start[2]], number
        elif block:
            block.append(line)
        elif line.strip():
            found.problem(number, "这一行不属于任何题目：题目要以题号开头，例如“1. ”。")


def _heading(line: str) -> str | None:
    """The kind a heading announces (empty when it names none), None for any other line."""
    match = _HEADING.match(line)
    if not match:
        return None
    return next((kind for word, kind in _KINDS.items() if word in match[1]), "")


def _take(found: Reading, block: list[str], first: int, announced: str) -> None:
    head, fields = _parts("\n".join(block).strip())
    stem, options = _options(head)
    stem, inside = _answer_inside(stem)
    answer = fields.pop("answer", "")
    if inside and answer and _key(inside) != _key(answer):
        found.problem(first, f"题干括号里的答案“{inside}”和后面写的“{answer[:20]}”不一样。")
        return
    difficulty = fields.pop("difficulty", "")
    draft = _draft(stem, options, answer or inside, announced, {**fields, "line": first})
    if isinstance(draft, str):
        found.problem(first, draft)
        return
    draft.difficulty = difficulty_of(difficulty)
    found.take(draft)


def _parts(text: str) -> tuple[str, dict[str, str]]:
    """Stem with options, and what follows the labels 答案, 解析, 依据 …"""
    labels = sorted(
        [*_LABEL.finditer(text), *_LABEL_BARE.finditer(text)], key=lambda label: (label.start(), -label.end())
    )
    labels = [
        label for place, label in enumerate(labels) if not place or label.start() >= labels[place - 1].end()
    ]
    if not labels:
        return text, {}
    ends = [label.start() for label in labels[1:]] + [len(text)]
    fields: dict[str, str] = {}
    for label, end in zip(labels, ends, strict=True):
        name, words = _NAMES[label[1]], text[label.end() : end].strip()
        fields[name] = f"{fields[name]}\n{words}" if name in fields else words
    return text[: labels[0].start()].strip(), fields


def _options(head: str) -> tuple[str, list[str]]:
    """The stem, and the options that begin A, B, C … in it, each in a line of its own or in one line."""
    marks = []
    place = 0
    for code in range(65, 91):
        wide = chr(code + 0xFEE0)
        mark = re.compile(
            rf"(?:^|(?<=[\s。）)；;，,]))[{chr(code)}{wide}]\s*[.．、:：)）]\s*", re.MULTILINE
        ).search(head, place)
        if not mark:
            break
        marks.append(mark)
        place = mark.end()
    if len(marks) < 2:
        return head, []
    ends = [mark.start() for mark in marks[1:]] + [len(head)]
    return head[: marks[0].start()].strip(), [
        head[mark.end() : end].strip() for mark, end in zip(marks, ends, strict=True)
    ]


def _answer_inside(stem: str) -> tuple[str, str]:
    """The stem with empty brackets, and the answer that stood in the last of them."""
    for match in reversed(list(_BRACKET.finditer(stem))):
        if as_letters(match[1]) or as_truth(match[1]):
            return f"{stem[: match.start()]}（ ）{stem[match.end() :]}", match[1].strip()
    return stem, ""


def _key(answer: str) -> str:
    return (
        "".join(as_letters(answer))
        if as_letters(answer) and not as_truth(answer)
        else as_truth(answer) or answer.strip()
    )


def _draft(stem: str, options: list[str], answer: str, announced: str, fields: dict) -> Draft | str:
    """The question, or why it is none."""
    if not answer:
        return "没有答案：写在题干的括号里，或者另起一行“答案：…”。"
    if options:
        letters = as_letters(answer)
        truths = truths_of(options)
        if truths and (
            key := truths[ord(letters[0]) - 65] if letters in (["A"], ["B"]) else as_truth(answer)
        ):
            return Draft(kind=Kind.TRUE_FALSE, stem=stem, answer=[key], **fields)
        if not letters:
            return f"答案“{answer[:20]}”看不懂，要写选项的字母。"
        kind = announced if announced in {Kind.SINGLE, Kind.MULTIPLE} else ""
        kind = kind or (Kind.SINGLE if len(letters) == 1 else Kind.MULTIPLE)
        return Draft(kind=kind, stem=stem, options=options, answer=letters, **fields)
    if announced != Kind.FILL and (key := as_truth(answer)):
        return Draft(kind=Kind.TRUE_FALSE, stem=stem, answer=[key], **fields)
    if announced in {Kind.SINGLE, Kind.MULTIPLE} or (
        announced == "" and as_letters(answer) and not BLANK.search(stem)
    ):
        return "没有找到选项：写成“A. …”，每个一行，或者用空格隔开。"
    if announced == Kind.TRUE_FALSE:
        return f"答案“{answer[:20]}”看不懂，判断题写“对”或“错”。"
    if not BLANK.search(stem):
        stem = re.sub(r"[(（]\s*[)）]", "____", stem)
    return Draft(kind=Kind.FILL, stem=stem, answer=blanks(answer, len(BLANK.findall(stem))), **fields)


def blanks(answer: str, count: int) -> list[list[str]]:
    """The accepted forms of each blank: blanks set apart by ；, a line or (only if that fits) 、 or spaces; forms by /."""
    parts = [answer]
    if count > 1:
        for pattern in (r"[；;\n]+", "、", r"\s+"):
            parts = [part for part in re.split(pattern, answer.strip()) if part.strip()]
            if len(parts) == count:
                break
    return [[form.strip() for form in re.split(r"[/|／｜]", part) if form.strip()] for part in parts]
