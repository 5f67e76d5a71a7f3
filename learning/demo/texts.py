"""Reads the texts of the demo and turns them into what the models hold."""

import datetime as dt
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from learning.models import QuestionVersion
from learning.richtext import paragraphs
from learning.rules.grading import FALSE, TRUE

HERE = Path(__file__).parent
TRUTH = {"对": TRUE, "错": FALSE}

_Kind = QuestionVersion.Kind


@dataclass(frozen=True)
class Asked:
    """A question. ``source`` is a phrase of the paragraph it comes from; empty for one about the whole course."""

    code: str
    kind: str
    stem: str
    options: list[str]
    answer: list
    explanation: str
    basis: str
    source: str = ""
    valid_from: dt.date | None = None

    def paragraph_of(self, body: str) -> int | None:
        """The number of the paragraph of ``body`` in which the phrase stands first. Raises ``ValueError`` if none."""
        if not self.source:
            return None
        for number, words in enumerate(paragraphs(body), start=1):
            if self.source in words:
                return number
        raise ValueError(f"“{self.source}” stands in no paragraph")


@dataclass(frozen=True)
class Piece:
    """An item or a lesson. Its ``picture`` is the cover of the one and stands in the text of the other."""

    title: str
    html: str
    questions: list[Asked]
    column: str = ""
    topic: str = ""
    reason: str = ""
    kind: str = "text"
    url: str = ""
    pdf: str = ""
    picture: dict = field(default_factory=dict)
    caption: str = ""
    alt: str = ""

    @property
    def summary(self) -> str:
        """Its first sentence."""
        return paragraphs(self.html)[0].partition("。")[0] + "。"

    def illustrated(self, address: str) -> str:
        """The text with its picture after the first paragraph."""
        start, end = self.html.split("</p>", 1)
        figure = (
            f'<figure><img src="{address}" alt="{escape(self.alt)}">'
            f"<figcaption>{escape(self.caption)}</figcaption></figure>"
        )
        return f"{start}</p>{figure}{end}"


@dataclass(frozen=True)
class Taught:
    """A course: its lessons, and the questions that belong to none of them."""

    code: str
    title: str
    summary: str
    topic: str
    lessons: list[Piece]
    questions: list[Asked]


def topics() -> list[dict]:
    """``name``, ``intro`` and the years ``since`` and ``until``, newest first."""
    return _read("topics.toml")["topics"]


def months() -> list[list[Piece]]:
    """Three months of ten items, the oldest first."""
    serial = _codes("TS")
    return [[_piece(entry, serial) for entry in month["items"]] for month in _read("items.toml")["months"]]


def coming() -> list[Piece]:
    """What the editors are at work on."""
    serial = _codes("TX")
    return [_piece(entry, serial) for entry in _read("items.toml")["coming"]]


def withdrawn() -> Piece:
    """One that was sent and taken back."""
    return _piece(_read("items.toml")["withdrawn"], _codes("TC"))


def courses() -> list[Taught]:
    """The five courses of the party school."""
    found = []
    for path in sorted((HERE / "courses").glob("*.toml")):
        entry = _read(path)
        serial = _codes(entry["code"])
        found.append(
            Taught(
                entry["code"],
                entry["title"],
                entry["summary"],
                entry.get("topic", ""),
                [_piece(lesson, serial) for lesson in entry["lessons"]],
                [_asked(question, serial, entry["title"]) for question in entry["questions"]],
            )
        )
    return found


def html_of(text: str) -> str:
    """Blocks between empty lines; ``## `` begins a heading."""
    blocks = (block.replace("\n", "") for block in text.strip().split("\n\n"))
    return "".join(
        f"<h2>{escape(block[3:])}</h2>" if block.startswith("## ") else f"<p>{escape(block)}</p>"
        for block in blocks
    )


def _read(name: str | Path) -> dict:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def _codes(prefix: str) -> Iterator[str]:
    return (f"{prefix}-{number:02}" for number in range(1, 1000))


def _piece(entry: dict, serial: Iterator[str]) -> Piece:
    entry = dict(entry)
    text, questions = entry.pop("text"), entry.pop("questions")
    asked = [_asked(question, serial, entry["title"]) for question in questions]
    return Piece(html=html_of(text), questions=asked, **entry)


def _asked(entry: dict, serial: Iterator[str], title: str) -> Asked:
    kind, answer = _kind_of(entry["answer"])
    return Asked(
        code=entry.get("code") or next(serial),
        kind=kind,
        stem=entry["stem"],
        options=entry.get("options", []),
        answer=answer,
        explanation=entry["why"],
        basis=entry.get("basis") or f"《{title}》",
        source=entry.get("from", ""),
        valid_from=entry.get("valid_from"),
    )


def _kind_of(answer: str | list) -> tuple[str, list]:
    """``"B"`` is a single choice, ``"AC"`` a multiple one, ``"对"`` true or false, lists the forms for each blank."""
    if isinstance(answer, list):
        return _Kind.FILL, answer
    if answer in TRUTH:
        return _Kind.TRUE_FALSE, [TRUTH[answer]]
    return (_Kind.SINGLE if len(answer) == 1 else _Kind.MULTIPLE), list(answer)
