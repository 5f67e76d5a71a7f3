"""Moodle XML: multichoice, truefalse and shortanswer; other types are refused with the line they begin in.

Code and tags are Moodle's id number and tags (``learning.bank.tags``). HTML becomes plain words; what words cannot
say (pictures, tables, formulas) is refused. A fill-in with several blanks would be a cloze question and is left out.
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.saxutils import escape
from xml.sax.xmlreader import Locator

from defusedxml.common import DefusedXmlException
from defusedxml.sax import parse

from learning.bank import tags
from learning.bank.draft import (
    LETTERS,
    Draft,
    Kind,
    Problem,
    Reading,
    Refused,
    Written,
    letter,
    refusing,
    tidied,
)
from learning.bank.gift import Unusable
from learning.bank.html import words
from learning.bank.text import decoded
from learning.rules.grading import BLANK

MAX_DEPTH = 50
_TYPES = {
    "essay": "问答题",
    "matching": "匹配题",
    "match": "匹配题",
    "numerical": "数值题",
    "cloze": "完形填空题",
    "multianswer": "完形填空题",
    "description": "说明文字",
    "calculated": "计算题",
    "calculatedsimple": "计算题",
    "calculatedmulti": "计算题",
    "ddwtos": "拖放题",
    "ddimageortext": "拖放题",
    "ddmarker": "拖放题",
    "gapselect": "选词填空题",
    "randomsamatch": "随机匹配题",
    "random": "随机题",
}
_TOP = re.compile(r"^\$\w+\$(?:/top(?=/|$))?/?")
_WHOLE = 99.5


@dataclass
class Node:
    """An element with the line it begins in."""

    name: str
    attributes: dict[str, str]
    line: int
    children: list["Node"] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    def child(self, name: str) -> "Node | None":
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> Iterator["Node"]:
        return (child for child in self.children if child.name == name)

    def text(self, name: str = "") -> str:
        """The characters in this element, or in its child ``name``, or in the ``text`` of that."""
        node = self.child(name) if name else self
        if node is None:
            return ""
        inner = node.child("text")
        return inner.text() if inner else "".join(node.parts).strip()


class _Builder(ContentHandler):
    _locator: Locator  # the parser sets it before the first element

    def __init__(self) -> None:
        super().__init__()
        self.root = Node("", {}, 1)
        self.open = [self.root]

    def startElement(self, name, attrs):  # noqa: N802 - the name is SAX's
        line = self._locator.getLineNumber() or 1
        if len(self.open) > MAX_DEPTH:
            raise Refused(line, "XML 嵌套得太深。")
        node = Node(name, dict(attrs), line)
        self.open[-1].children.append(node)
        self.open.append(node)

    def endElement(self, name):  # noqa: N802 - the name is SAX's
        self.open.pop()

    def characters(self, content):
        self.open[-1].parts.append(content)


def _tree(data: bytes) -> Node:
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", decoded(data), count=1)
    builder = _Builder()
    try:
        parse(io.BytesIO(text.encode("utf-8", "replace")), builder, forbid_dtd=True)
    except DefusedXmlException as error:
        raise Refused(1, "XML 里有文档类型声明或实体，不能导入。") from error
    except SAXException as error:
        line = getattr(error, "getLineNumber", lambda: 1)() or 1
        raise Refused(line, "XML 写得不对，从这一行起读不下去。") from error
    return builder.root


@refusing
def read(data: bytes, found: Reading) -> None:
    """The questions of a Moodle XML file. Never raises; what cannot be taken is a problem with its line."""
    quiz = _tree(data).child("quiz")
    if quiz is None:
        raise Refused(1, "这不是 Moodle XML：最外面要是 <quiz>。")
    category = ""
    for node in quiz.all("question"):
        kind = node.attributes.get("type", "")
        if kind == "category":
            category = _TOP.sub("", node.text("category"))
            continue
        try:
            draft = _draft(node, kind)
            draft.category = category
            found.take(draft)
        except Unusable as reason:
            found.problem(reason.line, str(reason))


def _draft(node: Node, kind: str) -> Draft:
    if kind not in _READERS:
        raise Unusable(node.line, f"{_TYPES.get(kind, f'“{kind[:20]}”类型的题')}不能导入。")
    if node.child("questiontext") is None:
        raise Unusable(node.line, "没有题干 <questiontext>。")
    if node.child("image_base64") or node.text("image"):
        raise Unusable(node.line, "题目带图片，只能导入文字。")
    fields = {
        "stem": _words(node.child("questiontext")),
        "explanation": _words(node.child("generalfeedback")),
        "code": node.text("idnumber"),
        "line": node.line,
    }
    draft = _READERS[kind](node, fields)
    if (holder := node.child("tags")) is not None:
        for tag in holder.all("tag"):
            tags.take(draft, tag.text())
    return draft


def _multichoice(node: Node, fields: dict) -> Draft:
    is_single = node.text("single").lower() not in {"false", "0"}
    options: list[str] = []
    right, remarks, total = [], [], 0.0
    for answer in node.all("answer"):
        weight = _weight(answer)
        if is_single and 0 < weight < 100:
            raise Unusable(answer.line, "单选题的选项只能全对或全错，这里写了部分给分。")
        if weight > 0:
            right.append(letter(len(options)))
            total += weight
        remarks.append((letter(len(options)), answer))
        options.append(_words(answer))
    if not right:
        raise Unusable(node.line, "没有正确答案：没有一个选项的 fraction 大于 0。")
    if not is_single and not _WHOLE <= total <= 200 - _WHOLE:
        raise Unusable(node.line, f"正确选项的分数加起来是 {total:g}%，应当是 100%。")
    fields["explanation"] = _explained(fields["explanation"], remarks)
    return Draft(kind=Kind.SINGLE if is_single else Kind.MULTIPLE, options=options, answer=right, **fields)


def _truefalse(node: Node, fields: dict) -> Draft:
    right, remarks = [], []
    for answer in node.all("answer"):
        key = answer.text().strip().lower()
        if key not in {"true", "false"}:
            raise Unusable(answer.line, "判断题的答案只能是 true 和 false。")
        if _weight(answer) > 0:
            right.append(key[0].upper())
        remarks.append(({"true": "选对", "false": "选错"}[key], answer))
    fields["explanation"] = _explained(fields["explanation"], remarks)
    return Draft(kind=Kind.TRUE_FALSE, answer=right, **fields)


def _shortanswer(node: Node, fields: dict) -> Draft:
    forms, remarks = [], []
    for answer in node.all("answer"):
        if _weight(answer) != 100:
            raise Unusable(answer.line, "填空的答案只能全对，这里写了部分给分。")
        form = _words(answer)
        if "*" in form.replace(r"\*", ""):
            raise Unusable(answer.line, "答案里有通配符 *，平台不支持；如果是文字请写成“\\*”。")
        forms.append(form.replace(r"\*", "*"))
        remarks.append((forms[-1], answer))
    if not BLANK.search(fields["stem"]):
        fields["stem"] += "____"
    fields["explanation"] = _explained(fields["explanation"], remarks)
    return Draft(kind=Kind.FILL, answer=[forms], **fields)


_READERS = {"multichoice": _multichoice, "truefalse": _truefalse, "shortanswer": _shortanswer}


def _weight(answer: Node) -> float:
    try:
        return float(answer.attributes.get("fraction", "0"))
    except ValueError:
        raise Unusable(answer.line, "fraction 不是数字。") from None


def _explained(general: str, remarks: list[tuple[str, Node]]) -> str:
    """The general feedback, and under it what was said about single answers, which we have no other place for."""
    lines = [f"{name}：{text}" for name, answer in remarks if (text := _words(answer.child("feedback")))]
    return "\n".join([general, *lines] if general else lines)


def _words(node: Node | None) -> str:
    """The words of an element that holds text in a format. Raises ``Unusable`` for what words cannot say."""
    if node is None:
        return ""
    if node.child("file") is not None or "@@PLUGINFILE@@" in (text := node.text()):
        raise Unusable(node.line, "里面有附带的文件，只能导入文字。")
    if node.attributes.get("format", "html") not in {"html", "moodle_auto_format"}:
        return text
    plain, refused = words(text)
    if refused:
        raise Unusable(node.line, f"里面有{refused}，只能导入文字。")
    return plain


# Writing


def write(drafts: Iterable[Draft], heading: str = "") -> Written:
    """A Moodle XML file with what it can hold; all texts are plain."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    if heading:
        parts.append(f"<!-- {escape(heading).replace('--', '——')} -->")
    lost = []
    category = ""
    for place, draft in enumerate(map(tidied, drafts), 1):
        if draft.kind == Kind.FILL and len(draft.answer) != 1:
            lost.append(Problem(place, "Moodle XML 放不下有几个空的填空题，这一题没有导出。"))
            continue
        if draft.category != category:
            category = draft.category
            path = f"$course$/top/{category}" if category else "$course$/top"
            parts.append(
                f'<question type="category"><category><text>{escape(path)}</text></category></question>'
            )
        parts.append(_written(draft))
    return Written("\n".join([*parts, "</quiz>", ""]).encode(), lost)


def _written(draft: Draft) -> str:
    kind, answers = _WRITERS.get(draft.kind, ("multichoice", _written_options))
    name = draft.code or draft.stem[:40]
    lines = [
        f'<question type="{kind}">',
        f"<name><text>{escape(name)}</text></name>",
        _element("questiontext", draft.stem),
        _element("generalfeedback", draft.explanation),
        "<defaultgrade>1</defaultgrade>",
        f"<idnumber>{escape(draft.code)}</idnumber>",
        *answers(draft),
    ]
    if found := tags.tags_of(draft):
        inner = "".join(f"<tag><text>{escape(tag)}</text></tag>" for tag in found)
        lines.append(f"<tags>{inner}</tags>")
    return "\n".join([*lines, "</question>"])


def _element(name: str, text: str, more: str = "") -> str:
    return f'<{name} {more}format="plain_text"><text>{escape(text)}</text></{name}>'


def _written_truths(draft: Draft) -> list[str]:
    right = "true" if draft.answer == ["T"] else "false"
    return [
        f'<answer fraction="{100 if word == right else 0}" format="moodle_auto_format"><text>{word}</text></answer>'
        for word in ("true", "false")
    ]


def _written_forms(draft: Draft) -> list[str]:
    forms = (form.replace("*", r"\*") for form in draft.answer[0])
    return ["<usecase>0</usecase>", *(_element("answer", form, 'fraction="100" ') for form in forms)]


def _written_options(draft: Draft) -> list[str]:
    is_single = draft.kind == Kind.SINGLE
    share = f"{100 / len(draft.answer):.5f}".rstrip("0").rstrip(".")
    wrong = "0" if is_single else "-100"
    return [
        f"<single>{str(is_single).lower()}</single>",
        "<shuffleanswers>1</shuffleanswers>",
        *(
            _element("answer", option, f'fraction="{share if key in draft.answer else wrong}" ')
            for key, option in zip(LETTERS, draft.options, strict=False)
        ),
    ]


_WRITERS: dict[str, tuple[str, Callable[[Draft], list[str]]]] = {
    Kind.TRUE_FALSE: ("truefalse", _written_truths),
    Kind.FILL: ("shortanswer", _written_forms),
}
