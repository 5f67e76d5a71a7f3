"""Bringing questions in from a file, and taking them away in one (``targets.md`` B1)."""

from dataclasses import dataclass, fields
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Branch, User
from core.audit.log import record
from core.audit.models import AuditEntry
from core.errors import Invalid, Missing, TooMany
from core.files import ProtectedFile, store_file
from learning.actions.editing import WRITE, check_right
from learning.actions.questions import add_question, change_question
from learning.bank.comparing import CHANGED, NEW, Row, compare, newest
from learning.bank.draft import MAX_BYTES, Draft, Problem
from learning.bank.formats import FORMATS, READABLE, WRITABLE, guess
from learning.models import Course, Question, Topic

IMPORT = "question_import"
EXPORTED = "learning.questions_exported"
EXPORTS_PER_HOUR = 20
MOST_EXPORTED = 2000
_TOLD = 20  # problems in one refusal

_CONTENT = [field.name for field in fields(Draft) if field.name not in {"line", "code"}]


@dataclass(frozen=True)
class Imported:
    added: int
    changed: int
    same: int
    left_out: int


def keep_upload(*, content: bytes, name: str, by: User) -> ProtectedFile:
    """Keep an uploaded file for its preview; it belongs to ``by`` for a day. Raises ``Invalid`` when it is too big."""
    if len(content) > MAX_BYTES:
        message = f"文件最大 {MAX_BYTES // 1024 // 1024} MB。"
        raise Invalid(message, fields={"file": [message]})
    return store_file(content=content, name=name, purpose=IMPORT, owner=by)


def preview(*, file: ProtectedFile, form: str, branch: Branch, by: User) -> tuple[list[Row], list[Problem]]:
    """What importing ``file`` into ``branch`` would do; writes nothing. ``form`` is a key of ``READABLE`` or empty.

    Raises ``Missing`` for somebody else's file or a branch in which ``by`` may not write.
    """
    if file.owner_id != by.pk or file.purpose != IMPORT:
        raise Missing
    check_right(by, WRITE, branch)
    with file.file.open("rb") as stored:
        content = stored.read()
    return compare(FORMATS[form if form in READABLE else guess(content)].module.read(content), branch)


@transaction.atomic
def import_questions(
    *, file: ProtectedFile, form: str, branch: Branch, by: User, only_good: bool = False
) -> Imported:
    """Write the questions of ``file`` as drafts of ``branch``: all, or with ``only_good`` those without problems.

    A code that is there already changes that question (``change_question``); the same words change nothing, so
    importing twice is harmless. Raises ``Invalid`` when there are problems and not ``only_good``, or nothing is left;
    either everything is written or nothing. Writes an audit entry for every question and one for the import.
    """
    rows, problems = preview(file=file, form=form, branch=branch, by=by)
    if problems and not only_good:
        raise Invalid(f"文件里有 {len(problems)} 处问题，没有导入任何题目。")
    if not rows:
        raise Invalid("没有可以导入的题目。")
    for row in rows:
        content = {name: getattr(row.draft, name) for name in _CONTENT}
        if row.question is None:
            add_question(by=by, branch=branch, code=row.draft.code, **content)
        elif row.state == CHANGED:
            change_question(question=row.question, by=by, **content)
    states = [row.state for row in rows]
    done = Imported(
        states.count(NEW),
        states.count(CHANGED),
        states.count("same"),
        len({problem.line for problem in problems}),
    )
    record(
        by,
        "learning.questions_imported",
        branch=branch,
        reason=f"{file.name[:100]}：新增 {done.added}，修改 {done.changed}，没有变化 {done.same}，没有导入 {done.left_out}",
    )
    return done


@transaction.atomic
def export_questions(
    *,
    by: User,
    form: str,
    branch: Branch,
    category: str = "",
    topic: Topic | None = None,
    course: Course | None = None,
    partly: bool = False,
) -> ProtectedFile:
    """Make a file of the questions of ``branch`` that are not retired, each in its newest version.

    The file belongs to ``by`` for a day. What the format cannot hold is refused question by question unless
    ``partly`` says to leave it out. Raises ``Missing`` for a branch in which ``by`` may not write, ``Invalid`` with
    nothing to export, ``TooMany`` after twenty exports in an hour. Writes an audit entry.
    """
    check_right(by, WRITE, branch)
    if form not in WRITABLE:
        raise Invalid(fields={"form": ["没有这种格式。"]})
    _check_limit(by)
    drafts = _drafts(branch, category, topic, course)
    now = timezone.localtime()
    heading = f"{by.name}（{by.number}）导出 · {now:%Y-%m-%d %H:%M} · 含答案，不要外传，用后删除"
    written = FORMATS[form].module.write(drafts, heading)
    if written.lost and not partly:
        raise Invalid(_losses(written.lost, drafts, form))
    record(by, EXPORTED, branch=branch, reason=f"{FORMATS[form].label}，{len(drafts)} 题")
    name = f"题目-{now:%Y%m%d-%H%M}.{FORMATS[form].ending}"
    return store_file(content=written.content, name=name, purpose="question_export", owner=by)


def _drafts(branch: Branch, category: str, topic: Topic | None, course: Course | None) -> list[Draft]:
    questions = Question.objects.filter(branch=branch, retired_at=None).order_by("category", "code")
    criteria = {"category": category, "topic": topic, "course": course}
    questions = questions.filter(**{name: value for name, value in criteria.items() if value})
    count = questions.count()
    if not count:
        raise Invalid("没有可以导出的题目。")
    if count > MOST_EXPORTED:
        raise Invalid(f"一次最多导出 {MOST_EXPORTED:,} 题，现在有 {count:,} 题。请按分类导出。")
    drafts = []
    for question in questions.prefetch_related("versions"):
        version = newest(question)
        version.question = question
        drafts.append(Draft.of(version))
    return drafts


def _losses(lost: list[Problem], drafts: list[Draft], form: str) -> str:
    told = [f"{drafts[problem.line - 1].code}：{problem.text}" for problem in lost[:_TOLD]]
    rest = f" 另外还有 {len(lost) - _TOLD} 处。" if len(lost) > _TOLD else ""
    return f"{FORMATS[form].label} 放不下全部内容。{' '.join(told)}{rest} 勾选“放不下的不导出”可以继续，或者改用 Excel。"


def _check_limit(by: User) -> None:
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    hour_ago = timezone.now() - timedelta(hours=1)
    if AuditEntry.objects.filter(actor=by, action=EXPORTED, at__gt=hour_ago).count() >= EXPORTS_PER_HOUR:
        raise TooMany(f"一小时最多导出 {EXPORTS_PER_HOUR} 次，请过一会儿再试。")
