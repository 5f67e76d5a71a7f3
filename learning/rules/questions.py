"""What a question needs before it may be asked (``targets.md`` B3, B5; ``domain.md`` §8.6)."""

import hashlib
import json
from collections.abc import Iterator

from django.utils import timezone

from learning.models import Lesson, Media, QuestionVersion
from learning.richtext import paragraphs
from learning.rules.grading import BLANK, LETTERS, keys_of, normalised

MOST_OPTIONS = len(LETTERS)
LONGEST_OPTION = 300
LONGEST_STEM = 2000

# What a version says; a change of any of these, or of the picture, is a change of the question.
CONTENT = (
    "kind",
    "stem",
    "options",
    "answer",
    "explanation",
    "basis",
    "paragraph",
    "valid_from",
    "valid_until",
)

_Kind = QuestionVersion.Kind


def problems_of(version: QuestionVersion) -> list[str]:
    """Why ``version`` cannot be approved, one Chinese sentence each; empty when nothing stands in the way.

    Costs no query for a question that belongs to nothing, one for the item or the lesson it belongs to.
    """
    return [
        *_stem_problems(version),
        *_option_problems(version),
        *answer_problems(version),
        *_explanation_problems(version),
        *_date_problems(version),
        *_picture_problems(version),
    ]


def fingerprint(version: QuestionVersion) -> str:
    """Changes whenever the text does, so that nobody approves what he has not read."""
    content = [getattr(version, name) for name in CONTENT] + [str(version.image_id)]
    return hashlib.sha256(json.dumps(content, default=str, ensure_ascii=False).encode()).hexdigest()[:16]


def _stem_problems(version):
    if not version.stem.strip():
        yield "题干还没有写。"
    if len(version.stem) > LONGEST_STEM:
        yield f"题干最多 {LONGEST_STEM} 字。"


def _option_problems(version):
    if version.kind in {_Kind.TRUE_FALSE, _Kind.FILL}:
        if version.options:
            yield f"{version.get_kind_display()}题没有选项。"
        return
    options = version.options
    if not 2 <= len(options) <= MOST_OPTIONS:
        yield f"选项要有 2–{MOST_OPTIONS} 个，现在是 {len(options)} 个。"
    if any(not option.strip() for option in options):
        yield "有一个选项是空的。"
    if any(len(option) > LONGEST_OPTION for option in options):
        yield f"每个选项最多 {LONGEST_OPTION} 字。"
    if len({option.strip() for option in options}) < len(options):
        yield "有两个选项是一样的。"


def answer_problems(version: QuestionVersion) -> Iterator[str]:
    """What is wrong with the key alone."""
    if version.kind == _Kind.FILL:
        yield from _blank_problems(version)
        return
    answer, keys = version.answer, keys_of(version)
    if not answer:
        yield "还没有写答案。"
    elif not set(answer) <= set(keys):
        yield "答案要写“对”或“错”。" if version.kind == _Kind.TRUE_FALSE else "答案里有一个没有的选项。"
    elif version.kind == _Kind.MULTIPLE and len(answer) < 2:
        yield "多选题至少有两个正确选项，只有一个请改成单选。"
    elif version.kind != _Kind.MULTIPLE and len(answer) != 1:
        yield f"{version.get_kind_display()}题只有一个答案。"


def _blank_problems(version):
    blanks = len(BLANK.findall(version.stem))
    if not blanks:
        yield "填空题的题干里要用 ____ 标出空格。"
    if len(version.answer) != blanks:
        yield f"题干里有 {blanks} 个空，答案写了 {len(version.answer)} 个。"
    if any(not forms or any(not normalised(form) for form in forms) for forms in version.answer):
        yield "有一个空没有写答案。"


def _explanation_problems(version):
    if not version.explanation.strip():
        yield "还没有写解析。"
    if (source := _source(version.question)) is None:
        return
    available = len(source)
    if version.paragraph is None and available:
        yield "还没有写出自第几段。"
    elif version.paragraph is not None and not 1 <= version.paragraph <= available:
        yield f"原文只有 {available} 段，没有第 {version.paragraph} 段。"


def _source(question) -> list[str] | None:
    """The paragraphs of the item or lesson a question belongs to, None when it belongs to neither."""
    if question.item_id:
        return paragraphs(question.item.body)
    if question.lesson_key is None:
        return None
    lessons = Lesson.objects.filter(version__course=question.course_id, key=question.lesson_key)
    lesson = lessons.order_by("-version__number").first()
    return paragraphs(lesson.body) if lesson else []


def _date_problems(version):
    since, until = version.valid_from, version.valid_until
    if since and until and until <= since:
        yield "失效日期要在生效日期之后。"
    if until and until <= timezone.localdate():
        yield "已经过了失效日期。"


def _picture_problems(version):
    if version.image_id and version.image.kind != Media.Kind.IMAGE:
        yield "题目只能配图片。"
