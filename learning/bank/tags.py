"""What GIFT and Moodle XML have no field for travels in Moodle's tags: ``难度：较难``, ``依据：党章第一条``."""

import re
from datetime import date

from learning.bank.draft import Draft
from learning.models import Question

_DIFFICULTIES = {label: value for value, label in Question.Difficulty.choices}
_PART = re.compile(r"\[(id|tag):((?:\\.|[^\]\\\n])*)\]")
_DATES = {"生效": "valid_from", "失效": "valid_until"}


def tags_of(draft: Draft) -> list[str]:
    """The tags of a question; what has its usual value has none."""
    found = []
    if draft.difficulty != Question.Difficulty.MEDIUM:
        found.append(f"难度：{Question.Difficulty(draft.difficulty).label}")
    if draft.basis:
        found.append(f"依据：{draft.basis}")
    for name, attribute in _DATES.items():
        if day := getattr(draft, attribute):
            found.append(f"{name}：{day:%Y-%m-%d}")
    return found


def take(draft: Draft, tag: str) -> None:
    """Note on ``draft`` what one tag says; a tag that is not ours says nothing."""
    name, _, value = tag.partition("：")
    if name == "难度" and value in _DIFFICULTIES:
        draft.difficulty = _DIFFICULTIES[value]
    elif name == "依据":
        draft.basis = value
    elif name in _DATES and (day := as_date(value)):
        setattr(draft, _DATES[name], day)


def difficulty_of(text: str) -> int:
    """The difficulty a word stands for; the usual one when nothing is said, 0 for a word nobody knows."""
    words = _DIFFICULTIES | {
        "易": 1,
        "简单": 1,
        "中": 2,
        "中等": 2,
        "一般": 2,
        "难": 3,
        "困难": 3,
        "1": 1,
        "2": 2,
        "3": 3,
    }
    return words.get(text.strip(), 0) if text.strip() else Question.Difficulty.MEDIUM


def as_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def comment(draft: Draft) -> str:
    """Code and tags as Moodle writes them into the comment above a question of a GIFT file."""
    parts = [("id", draft.code)] if draft.code else []
    parts += [("tag", tag) for tag in tags_of(draft)]
    return " ".join(f"[{name}:{_escaped(value)}]" for name, value in parts)


def apply(draft: Draft, comments: str) -> None:
    """Take code and tags out of the comments of a question."""
    for name, value in _PART.findall(comments):
        value = re.sub(r"\\(.)", r"\1", value).strip()
        if name == "id":
            draft.code = value
        else:
            take(draft, value)


def _escaped(text: str) -> str:
    return re.sub(r"([\]\\])", r"\\\1", text)
