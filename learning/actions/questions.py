"""Writing, reviewing and retiring questions (``targets.md`` B1–B7, ``domain.md`` §1.9 and S50).

Two people stand behind every question that is asked. What was approved is never rewritten: a change makes the next
version, and attempts and assembled quizzes keep the one they were made with.
"""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.actions.locks import lock
from accounts.models import Branch, User
from core.audit.log import record
from core.errors import Conflict, Invalid, NotAllowed
from learning.actions.editing import REVIEW, WRITE, check_right, people_asked
from learning.models import Correction, Course, Item, Media, Question, QuestionVersion, Topic
from learning.rules.grading import BLANK, FALSE, TRUE, keys_of
from learning.rules.questions import CONTENT, LONGEST_STEM, fingerprint, problems_of
from notifications.outbox import enqueue

_State = QuestionVersion.State
_Kind = QuestionVersion.Kind
_OPEN = (_State.DRAFT, _State.IN_REVIEW)
_PLACE = ("item", "course", "lesson_key")
_IDENTITY = ("code", "category", "difficulty", "topic", *_PLACE)
_LONGEST = {"stem": LONGEST_STEM, "explanation": 2000, "basis": 200}
_CODE_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@transaction.atomic
def add_question(
    *,
    by: User,
    branch: Branch,
    kind: str,
    stem: str,
    options: Iterable[str],
    answer: list,
    explanation: str = "",
    basis: str = "",
    code: str = "",
    category: str = "",
    difficulty: int = Question.Difficulty.MEDIUM,
    topic: Topic | None = None,
    item: Item | None = None,
    course: Course | None = None,
    lesson_key: UUID | None = None,
    paragraph: int | None = None,
    image: Media | None = None,
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> QuestionVersion:
    """Write a new question of ``branch`` as a draft; what it still lacks is asked for when it is submitted.

    ``answer`` has the shape that ``QuestionVersion`` describes; the keys of a multiple choice are sorted here and
    every blank of ``stem`` becomes ``____``. Without ``code`` the portal gives one.

    Raises ``Missing`` for a branch in which ``by`` may not write, ``Invalid`` for a code that is taken, an answer
    that is no answer of this kind, or an item, course, topic or picture of another branch. Writes an audit entry.
    """
    check_right(by, WRITE, branch)
    identity = {
        "code": code.strip() or f"Q{get_random_string(6, _CODE_SIGNS)}",
        "category": category.strip(),
        "difficulty": difficulty,
        "topic": topic,
        "item": item,
        "course": course,
        "lesson_key": lesson_key,
    }
    question = Question(branch=branch, **identity)
    _check_place(question)
    _save_identity(question)
    version = QuestionVersion(question=question, author=by)
    _fill_in(
        version,
        {
            "kind": kind,
            "stem": stem,
            "options": options,
            "answer": answer,
            "explanation": explanation,
            "basis": basis,
            "paragraph": paragraph,
            "image": image,
            "valid_from": valid_from,
            "valid_until": valid_until,
        },
    )
    version.save()
    record(by, "learning.question_added", question, branch=branch)
    return version


@transaction.atomic
def change_question(*, question: Question, by: User, **fields) -> QuestionVersion:
    """Change a question; ``fields`` are those of ``add_question`` without ``branch``.

    An open draft is changed in place and ``by`` becomes its author; one that waits for review goes back to draft,
    because nobody has read it as it is now. An approved question gets its next version as a draft, and the approved
    one is asked until that is approved. Fields that are the same change nothing: repeating a change gives back what
    is there. Code, category, difficulty and topic belong to the question itself and take effect at once.

    Raises ``Missing`` or ``NotAllowed`` without the right, ``Conflict`` for a retired question, ``Invalid`` for
    fields that do not fit, and for another item or course once the question has been approved.
    """
    question = lock(question)
    check_right(by, WRITE, question.branch)
    _check_in_use(question)
    _change_identity(question, {name: fields.pop(name) for name in _IDENTITY if name in fields}, by)
    return _change_content(question, fields, by)


@transaction.atomic
def submit_question(*, version: QuestionVersion, by: User) -> QuestionVersion:
    """Ask for a second person's approval. The reviewers of the branch hear of it, at most once a day.

    A question of an item or a course is announced with that and not by itself. Submitting twice changes nothing.
    Raises ``Invalid`` with every problem of the question, ``Conflict`` when it is not a draft.
    """
    question, version = _locked(version)
    check_right(by, WRITE, question.branch)
    _check_in_use(question)
    if version.state == _State.IN_REVIEW:
        return version
    _expect(version, _State.DRAFT)
    _check_complete(version)
    version.state, version.review_note = _State.IN_REVIEW, ""
    version.save(update_fields=["state", "review_note"])
    record(by, "learning.question_submitted", question, branch=question.branch)
    if question.item_id is None and question.course_id is None:
        enqueue(
            kind="review_asked",
            recipients=people_asked(question.branch, REVIEW, besides=[version.author_id]),
            key=f"questions:{question.branch_id}:{timezone.localdate()}",
            link="/admin/learning/question/?state=in_review",
            words={"title": "题库里有新题目"},
        )
    return version


@transaction.atomic
def approve_question(*, version: QuestionVersion, by: User, seen: str = "") -> QuestionVersion:
    """Let a question be asked. The version approved before is replaced; quizzes and attempts keep it.

    ``seen`` is the ``fingerprint`` of what the reviewer has read. Raises ``NotAllowed`` for one's own words,
    ``Conflict`` when it is not in review, was decided by another or has changed since it was read, and ``Invalid``
    when something is missing after all.
    """
    question, version = _locked(version)
    _check_reviewer(by, version)
    _check_in_use(question)
    _expect(version, _State.IN_REVIEW)
    if seen and seen != fingerprint(version):
        raise Conflict("这道题刚才改过了，请重新看一遍再审核。")
    if Correction.objects.filter(fixed=version).exists():
        raise Conflict("这是对答案的更正，请在“执行更正”里看过影响再办。")
    _check_complete(version)
    question.versions.filter(state=_State.APPROVED).update(state=_State.REPLACED)
    version.state, version.reviewer, version.reviewed_at = _State.APPROVED, by, timezone.now()
    version.save(update_fields=["state", "reviewer", "reviewed_at"])
    record(by, "learning.question_approved", question, branch=question.branch)
    return version


@transaction.atomic
def return_question(*, version: QuestionVersion, by: User, note: str) -> QuestionVersion:
    """Give a question back to its author with ``note``, who is told.

    Raises ``Invalid`` without a note, ``Conflict`` when it is not in review.
    """
    question, version = _locked(version)
    _check_reviewer(by, version)
    _expect(version, _State.IN_REVIEW)
    if not note.strip():
        raise Invalid(fields={"note": ["请写明要改什么。"]})
    Correction.objects.filter(fixed=version).delete()
    version.state, version.review_note = _State.DRAFT, note.strip()[:200]
    version.save(update_fields=["state", "review_note"])
    entry = record(by, "learning.question_returned", question, branch=question.branch, reason=note)
    enqueue(
        kind="content_returned",
        recipients=[version.author],
        key=f"question:{entry.pk}",
        link=f"/admin/learning/question/{question.pk}/change/",
        words={"title": f"题目 {question.code}"},
    )
    return version


@transaction.atomic
def retire_question(*, question: Question, by: User) -> Question:
    """Ask a question no more from now on. Quizzes that have it keep it. Retiring twice changes nothing.

    A reviewer may retire any question of his branches, an author one that was never approved. Raises ``Missing``
    or ``NotAllowed`` without the right.
    """
    question = lock(question)
    if not by.has_right(REVIEW, question.branch):
        check_right(by, WRITE, question.branch)
        if question.versions.filter(state__in=(_State.APPROVED, _State.REPLACED)).exists():
            raise NotAllowed("通过审核的题目要由审核人停用。")
    if question.retired_at is None:
        question.retired_at = timezone.now()
        question.save(update_fields=["retired_at"])
        record(by, "learning.question_retired", question, branch=question.branch)
    return question


# Who may


def _check_reviewer(by: User, version: QuestionVersion) -> None:
    check_right(by, REVIEW, version.question.branch)
    if by.pk == version.author_id:
        raise NotAllowed("自己写的题目要请另一位同志审核。")


# In what state


def _locked(version: QuestionVersion) -> tuple[Question, QuestionVersion]:
    """The question, which stands for all its versions, and the version as it is now."""
    question = lock(version.question)
    version = QuestionVersion.objects.select_related("author", "image").get(pk=version.pk)
    version.question = question
    return question, version


def _expect(version: QuestionVersion, state: str) -> None:
    if version.state != state:
        raise Conflict(f"这道题现在是“{version.get_state_display()}”，请刷新后再看。")


def _check_in_use(question: Question) -> None:
    if question.retired_at is not None:
        raise Conflict("这道题已经停用。")


def _check_complete(version: QuestionVersion) -> None:
    if problems := problems_of(version):
        raise Invalid("这道题还不完整。", fields={"__all__": problems})


# What it says


def _change_identity(question: Question, fields: dict, by: User) -> None:
    changed = [name for name, value in fields.items() if getattr(question, name) != value]
    if not changed:
        return
    if set(changed) & set(_PLACE) and question.versions.exclude(state__in=_OPEN).exists():
        raise Invalid("通过审核的题目不能换到别的内容下面，请新建一道。")
    for name in changed:
        value = fields[name]
        setattr(question, name, value.strip() if isinstance(value, str) else value)
    _check_place(question)
    _save_identity(question)
    record(by, "learning.question_changed", question, branch=question.branch, changed=changed)


def _change_content(question: Question, fields: dict, by: User) -> QuestionVersion:
    versions = list(question.versions.order_by("-number"))
    version = next((row for row in versions if row.state in _OPEN), None)
    if version is None:
        version = next(row for row in versions if row.state == _State.APPROVED)
    version.question = question
    before = fingerprint(version)
    _fill_in(version, fields)
    if fingerprint(version) == before:
        return version
    if version.state == _State.APPROVED:
        version.pk, version._state.adding = None, True
        version.number = versions[0].number + 1
        version.reviewer = version.reviewed_at = None
    Correction.objects.filter(fixed=version.pk).delete()
    version.state, version.author, version.review_note = _State.DRAFT, by, ""
    version.save()
    record(by, "learning.question_changed", question, branch=question.branch, changed=sorted(fields))
    return version


def _fill_in(version: QuestionVersion, fields: dict) -> None:
    """Put ``fields`` into the version in the one form in which they are kept."""
    for name, value in fields.items():
        if name not in CONTENT and name != "image":
            raise TypeError(f"a question has no {name}")
        setattr(version, name, value.strip() if isinstance(value, str) else value)
    if version.kind not in _Kind.values:
        raise Invalid(fields={"kind": ["没有这种题型。"]})
    version.options = [str(option).strip() for option in version.options]
    version.stem = BLANK.sub("____", version.stem.replace("\uff3f", "_"))
    _check_sizes(version)
    version.answer = tidy_answer(version)
    _check_picture(version)


def _check_sizes(version: QuestionVersion) -> None:
    """What the database would cut off or refuse."""
    long = {
        name: [f"最多 {most} 字。"] for name, most in _LONGEST.items() if len(getattr(version, name)) > most
    }
    if any("\x00" in text for text in (*map(version.__getattribute__, _LONGEST), *version.options)):
        raise Invalid("文字里有看不见的字符，请删掉再保存。")
    if version.paragraph is not None and not 1 <= version.paragraph <= 9999:
        long["paragraph"] = ["段号从 1 开始。"]
    if long:
        raise Invalid(fields=long)


def tidy_answer(version: QuestionVersion) -> list:
    """The answer of ``version`` in the one form in which it is kept. Raises ``Invalid`` for what cannot be one."""
    answer = version.answer
    if version.kind == _Kind.FILL:
        if not all(
            isinstance(forms, list) and all(isinstance(form, str) for form in forms) for forms in answer
        ):
            raise Invalid(fields={"answer": ["填空题的每个空写出可以接受的答案。"]})
        return [[form.strip() for form in forms if form.strip()] for forms in answer]
    allowed = {TRUE, FALSE} if version.kind == _Kind.TRUE_FALSE else set(keys_of(version))
    if not all(isinstance(key, str) and key in allowed for key in answer):
        raise Invalid(fields={"answer": ["答案里有一个没有的选项。"]})
    return sorted(set(answer))


def _check_place(question: Question) -> None:
    """What a question hangs on belongs to its own branch; a topic may come from above."""
    if question.item and question.course:
        raise Invalid(fields={"item": ["一道题要么属于推送内容，要么属于课程。"]})
    if question.lesson_key and not question.course:
        raise Invalid(fields={"lesson_key": ["先选课程，再选课节。"]})
    for name in ("item", "course"):
        owner = getattr(question, name)
        if owner and owner.branch_id != question.branch_id:
            raise Invalid(fields={name: ["这是别的组织的内容。"]})
    above = question.branch.ancestors(include_self=True)
    if question.topic and not above.filter(pk=question.topic.branch_id).exists():
        raise Invalid(fields={"topic": ["这是别的组织的专题。"]})


def _check_picture(version: QuestionVersion) -> None:
    above = version.question.branch.ancestors(include_self=True)
    if version.image and not above.filter(pk=version.image.branch_id).exists():
        raise Invalid(fields={"image": ["这是别的组织的图片。"]})


def _save_identity(question: Question) -> None:
    if question.difficulty not in Question.Difficulty.values:
        raise Invalid(fields={"difficulty": ["难度是 1–3。"]})
    if len(question.code) > 40 or len(question.category) > 60:
        raise Invalid("编号最多 40 字，分类最多 60 字。")
    try:
        with transaction.atomic():
            question.save()
    except IntegrityError as error:
        message = f"编号“{question.code}”已经有了。"
        raise Invalid(message, fields={"code": [message]}) from error
