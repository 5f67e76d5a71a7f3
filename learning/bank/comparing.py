"""What an import would do to each question: add it, change it, leave it, or refuse it."""

import hashlib
import json
from dataclasses import dataclass, replace

from accounts.models import Branch
from learning.bank.draft import Draft, Problem, Reading, tidied
from learning.models import Question, QuestionVersion

NEW, CHANGED, SAME = "new", "changed", "same"


@dataclass
class Row:
    """A question of the file beside the one of the bank with the same code, if there is one."""

    draft: Draft
    state: str
    question: Question | None = None


def code_of(draft: Draft) -> str:
    """The code a question is known by: its own, or one made from its words, the same for the same words."""
    if draft.code:
        return draft.code
    words = json.dumps([draft.kind, draft.stem, draft.options], ensure_ascii=False)
    return f"W{hashlib.sha256(words.encode()).hexdigest()[:11].upper()}"


def compare(reading: Reading, branch: Branch) -> tuple[list[Row], list[Problem]]:
    """Each good question with what would become of it in ``branch``, and all problems by line. Two queries."""
    known = _known(branch, {code_of(draft) for draft in reading.drafts})
    rows, problems = [], list(reading.problems)
    lines: dict[str, int] = {}
    for draft in reading.drafts:
        code = code_of(draft)
        question = known.get(code)
        if code in lines:
            words = (
                f"编号 {code} 和第 {lines[code]} 行的相同。"
                if draft.code
                else f"和第 {lines[code]} 行是同一道题。"
            )
            problems.append(Problem(draft.line, words))
        elif question and question.retired_at:
            problems.append(Problem(draft.line, f"编号 {code} 的题目已经停用，要用请换一个编号。"))
        else:
            rows.append(Row(replace(draft, code=code), _state(draft, question), question))
        lines.setdefault(code, draft.line)
    return rows, sorted(problems, key=lambda problem: problem.line)


def newest(question: Question) -> QuestionVersion:
    """The version a file is about: the open one, else the approved one. ``question.versions`` is prefetched."""
    return max(question.versions.all(), key=lambda version: version.number)


def _known(branch: Branch, codes: set[str]) -> dict[str, Question]:
    questions = Question.objects.filter(branch=branch, code__in=codes).prefetch_related("versions")
    return {question.code: question for question in questions}


def _state(draft: Draft, question: Question | None) -> str:
    if question is None:
        return NEW
    version = newest(question)
    version.question = question
    there = tidied(Draft.of(version))
    return SAME if replace(there, line=0, code="") == replace(draft, line=0, code="") else CHANGED
