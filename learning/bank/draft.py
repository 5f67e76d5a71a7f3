"""A question between a file and the bank, and what reading and writing a file comes to."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from learning.models import Question, QuestionVersion
from learning.rules.grading import BLANK, LETTERS
from learning.rules.questions import LONGEST_OPTION, LONGEST_STEM, MOST_OPTIONS

MAX_BYTES = 5 * 1024 * 1024
MAX_QUESTIONS = 500  # read and written while somebody waits
MAX_PROBLEMS = 500  # more are not told
LONGEST = {"stem": LONGEST_STEM, "explanation": 2000, "basis": 200, "code": 40, "category": 60}
LONGEST_FORM = 200
LABELS = {"stem": "题干", "explanation": "解析", "basis": "依据", "code": "编号", "category": "分类"}

Kind = QuestionVersion.Kind
TRUTHS = {"T": "对", "F": "错"}

# Characters that stand for nothing on a page, or that no XML can hold. The last range marks escapes in ``gift``.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff"
    "\ud800-\udfff\U000f0000-\U0010ffff]"
)


@dataclass(frozen=True)
class Problem:
    """A sentence and the line (of a workbook: the row) it is about."""

    line: int
    text: str


@dataclass
class Draft:
    """One question as a file says it; fields and the shape of ``answer`` are those of ``QuestionVersion``."""

    kind: str
    stem: str
    options: list[str] = field(default_factory=list)
    answer: list = field(default_factory=list)
    explanation: str = ""
    basis: str = ""
    code: str = ""
    category: str = ""
    difficulty: int = Question.Difficulty.MEDIUM
    valid_from: date | None = None
    valid_until: date | None = None
    line: int = 0

    @classmethod
    def of(cls, version: QuestionVersion) -> "Draft":
        """What ``version`` says, as a file can hold it."""
        question = version.question
        names = ("kind", "stem", "explanation", "basis", "valid_from", "valid_until")
        return cls(
            **{name: getattr(version, name) for name in names},
            options=list(version.options),
            answer=list(version.answer),
            code=question.code,
            category=question.category,
            difficulty=question.difficulty,
        )


@dataclass
class Reading:
    """What a file holds: the questions that can be taken, in order, and what is wrong with the rest."""

    drafts: list[Draft] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def take(self, draft: Draft) -> None:
        """Add a question, tidied, or what is wrong with it."""
        if len(self.drafts) >= MAX_QUESTIONS:
            raise Refused(draft.line, f"一次最多 {MAX_QUESTIONS:,} 题，请分成几个文件。")
        draft = tidied(draft)
        found = list(problems_of(draft))
        for text in found:
            self.problem(draft.line, text)
        if not found:
            self.drafts.append(draft)

    def problem(self, line: int, text: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(line, text))


@dataclass
class Written:
    """A file, and what it could not hold: by position in the list of questions, from 1."""

    content: bytes
    lost: list[Problem] = field(default_factory=list)


class Refused(Exception):
    """The file, or from this line on the rest of it, is not read."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(line, text)


def refusing(read):
    """Let a reader answer a refusal as one more problem."""

    def reading(data: bytes) -> Reading:
        found = Reading()
        if len(data) > MAX_BYTES:
            found.problem(1, f"文件最大 {MAX_BYTES // 1024 // 1024} MB。")
            return found
        try:
            read(data, found)
        except Refused as refusal:
            found.problem(refusal.problem.line, str(refusal))
        if not found.drafts and not found.problems:
            found.problem(1, "文件里没有题目。")
        return found

    return reading


def tidy(text: str) -> str:
    """``text`` without what cannot be seen: invisible characters, spaces at the ends of lines, empty lines around."""
    text = _HIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n"))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def one_line(text: str) -> str:
    return " ".join(tidy(text).split())


def tidied(draft: Draft) -> Draft:
    """The same question in the one spelling that every format brings back."""
    stem = tidy(draft.stem)
    answer = draft.answer
    if draft.kind == Kind.FILL:
        stem = BLANK.sub("____", stem)
        answer = [[form for form in map(one_line, forms) if form] for forms in answer]
    elif draft.kind == Kind.MULTIPLE:
        answer = sorted(set(answer))
    return replace(
        draft,
        stem=stem,
        options=[tidy(option) for option in draft.options],
        answer=answer,
        explanation=tidy(draft.explanation),
        basis=one_line(draft.basis),
        code=one_line(draft.code),
        category=one_line(draft.category),
    )


def problems_of(draft: Draft) -> Iterable[str]:
    """Why a tidied question cannot be taken, one Chinese sentence each."""
    if not draft.stem:
        yield "没有题干。"
    for name, longest in LONGEST.items():
        if len(getattr(draft, name)) > longest:
            yield f"{LABELS[name]}最多 {longest} 字。"
    if draft.difficulty not in Question.Difficulty.values:
        yield "难度要写“容易”“适中”或“较难”。"
    if draft.valid_from and draft.valid_until and draft.valid_until <= draft.valid_from:
        yield "失效日期要在生效日期之后。"
    if draft.kind == Kind.FILL:
        yield from _blank_problems(draft)
    elif draft.kind == Kind.TRUE_FALSE:
        if len(draft.answer) != 1 or draft.answer[0] not in TRUTHS:
            yield "判断题的答案要写“对”或“错”。"
    else:
        yield from _choice_problems(draft)


def _blank_problems(draft: Draft) -> Iterable[str]:
    blanks = len(BLANK.findall(draft.stem))
    if not blanks:
        yield "填空题的题干里要用 ____ 标出空格。"
    elif blanks != len(draft.answer):
        yield f"题干里有 {blanks} 个空，答案写了 {len(draft.answer)} 个。"
    if not all(draft.answer):
        yield "有一个空没有写答案。"
    if any(len(form) > LONGEST_FORM for forms in draft.answer for form in forms):
        yield f"每个空的答案最多 {LONGEST_FORM} 字。"


def _choice_problems(draft: Draft) -> Iterable[str]:
    options = draft.options
    if not 2 <= len(options) <= MOST_OPTIONS:
        yield f"选项要有 2–{MOST_OPTIONS} 个，现在是 {len(options)} 个。"
        return
    if not all(options):
        yield f"选项 {LETTERS[options.index('')]} 是空的。"
    elif len(set(options)) < len(options):
        yield "有两个选项是一样的。"
    if any(len(option) > LONGEST_OPTION for option in options):
        yield f"每个选项最多 {LONGEST_OPTION} 字。"
    if not draft.answer:
        yield "没有写答案。"
    elif not set(draft.answer) <= set(LETTERS[: len(options)]):
        yield f"答案 {''.join(draft.answer)} 里有一个没有的选项。"
    elif draft.kind == Kind.SINGLE and len(draft.answer) > 1:
        yield f"单选题只有一个答案，写的是 {''.join(draft.answer)}。"
    elif draft.kind == Kind.MULTIPLE and len(draft.answer) < 2:
        yield "多选题至少有两个正确选项，只有一个请改成单选。"


def choice(options: Sequence[str], right: Sequence[int], **fields) -> Draft:
    """A single choice, or a multiple one when several of the options (places from 0) are right."""
    kind = Kind.SINGLE if len(right) == 1 else Kind.MULTIPLE
    return Draft(kind=kind, options=list(options), answer=[letter(place) for place in right], **fields)


def letter(place: int) -> str:
    return LETTERS[place] if place < len(LETTERS) else "?"


_TRUE = {"对", "正确", "是", "√", "✓", "✔", "t", "true", "y", "yes"}
_FALSE = {"错", "错误", "不对", "不正确", "否", "×", "✗", "✘", "x", "f", "false", "n", "no"}


def as_truth(text: str) -> str:
    """``T``, ``F`` or the empty string for one of the many words people write under 判断."""
    word = narrow(text).strip().strip(" .。").lower()
    return "T" if word in _TRUE else "F" if word in _FALSE else ""


_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20}


def narrow(text: str) -> str:
    """``text`` with full-width letters, digits and signs as half-width ones."""
    return text.translate(_NARROW)


_LETTERS_ONLY = re.compile(r"[A-Z](?:[\s,;、，；/和]*[A-Z])*")


def as_letters(text: str) -> list[str]:
    """The letters of ``ABD``, ``A、B``, ``A,B`` or ``a b``; nothing when it is no list of letters."""
    word = narrow(text).strip().strip(" .。()[]【】").upper()
    return sorted(set(re.findall("[A-Z]", word))) if _LETTERS_ONLY.fullmatch(word) else []
