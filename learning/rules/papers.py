"""How a paper reads to its person: options in the order they were shown, answers in the letters that were shown.

``value`` and ``answer`` keep the author's keys; a person who got the options in another order reads other letters.
"""

from dataclasses import dataclass

from learning.models import Answer, QuestionVersion
from learning.rules.grading import LETTERS, keys_of

_TRUTH = {"T": "对", "F": "错"}
NOTHING = "没有答"


@dataclass(frozen=True)
class Option:
    """``key`` is what is stored, ``letter`` what is shown before ``text``."""

    key: str
    letter: str
    text: str
    is_chosen: bool = False


def options(answer: Answer) -> list[Option]:
    """The options of a choice as this person sees them; none for a fill-in."""
    version, chosen = answer.version, answer.value or []
    if version.kind == QuestionVersion.Kind.TRUE_FALSE:
        shown = [(key, _TRUTH[key]) for key in keys_of(version)]
    elif version.kind == QuestionVersion.Kind.FILL:
        return []
    else:
        keys = keys_of(version)
        order = answer.order or range(len(version.options))
        shown = [(keys[place], version.options[place]) for place in order]
    return [
        Option(key, letter, text, key in chosen) for letter, (key, text) in zip(LETTERS, shown, strict=False)
    ]


def blanks(answer: Answer) -> list[str]:
    """What stands in each blank of a fill-in; empty texts before it is answered, nothing for a choice."""
    if answer.version.kind != QuestionVersion.Kind.FILL:
        return []
    return answer.value or [""] * len(answer.version.answer)


def own_answer(answer: Answer) -> str:
    """What the person answered: "AB", "对", or the filled-in words."""
    if not answer.value:
        return NOTHING
    if answer.version.kind == QuestionVersion.Kind.FILL:
        return "；".join(text.strip() or "（空）" for text in answer.value)
    return _named(answer, answer.value)


def right_answer(answer: Answer) -> str:
    """What is right, in the letters this person saw; of a fill-in the first accepted form of each blank."""
    if answer.version.kind == QuestionVersion.Kind.FILL:
        return "；".join(forms[0] for forms in answer.version.answer)
    return _named(answer, answer.version.answer)


def _named(answer: Answer, keys: list[str]) -> str:
    if answer.version.kind == QuestionVersion.Kind.TRUE_FALSE:
        return "".join(_TRUTH[key] for key in keys)
    return "".join(option.letter for option in options(answer) if option.key in keys)
