"""Words for a question where it is shown with its key."""

from typing import NamedTuple

from django import template

from learning.analysis import TOO_BLUNT, TOO_EASY, TOO_HARD
from learning.models import ItemStatistic, QuestionVersion
from learning.rules.answers import write_answer
from learning.rules.grading import keys_of

register = template.Library()


class Option(NamedTuple):
    letter: str
    text: str
    is_right: bool


@register.filter
def options(version: QuestionVersion) -> list[Option]:
    """The options with their letters, and which are right."""
    pairs = zip(keys_of(version), version.options, strict=True)
    return [Option(letter, text, letter in version.answer) for letter, text in pairs]


@register.filter
def key(version: QuestionVersion) -> str:
    """The right answer as people write it."""
    return write_answer(version)


@register.filter
def percent(share: float) -> int:
    return round(share * 100)


@register.filter
def weakness(statistic: ItemStatistic) -> str:
    """Why an author should look at the question again."""
    reasons = []
    facility = statistic.facility or 0
    if facility < TOO_HARD:
        reasons.append("几乎没有人答对，看看题目或答案是不是有误")
    if facility > TOO_EASY:
        reasons.append("几乎人人答对，也许太容易")
    if statistic.discrimination is not None and statistic.discrimination < TOO_BLUNT:
        reasons.append("其他题答得好的人，这道题并不更容易答对，看看题干是不是容易误解")
    return "；".join(reasons) + "。"
