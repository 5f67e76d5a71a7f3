"""Importing a roster: upload, check, confirm, write, take back (``domain.md`` Q7, Q8; ``reliability.md`` E3).

Uploading, confirming and taking back are quick and done in the request; ``check_roster``, ``apply_roster`` and
``undo_roster`` are the long halves, run by ``accounts.tasks``. Each of them may be run again at any time: it does
nothing unless the import is waiting for it.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import PurePath

from celery import current_app
from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.models import Branch, RosterImport, RosterRow, User
from accounts.roster.limits import MAX_BYTES, MEGABYTE
from accounts.roster.preview import plan
from accounts.roster.reading import marked_workbook, read_table
from accounts.roster.undoing import Undoer
from accounts.roster.writing import CHUNK, Writer
from core.audit.log import record
from core.errors import Conflict, Invalid, Missing, NotAllowed, TooMany
from core.files import ProtectedFile, store_file
from notifications.outbox import enqueue

IMPORTS_PER_HOUR = 5
UNDO_WITHIN = timedelta(days=30)
KEEP_FILE = timedelta(hours=24)
STUCK_AFTER = timedelta(minutes=10)
CHANGED_MEANWHILE = "核对之后有人改过名册里的这些人，已经按现在的情况重新核对，请再看一遍。"

State = RosterImport.State


@transaction.atomic
def upload_roster(*, file: File, by: User, branch: Branch | None = None) -> RosterImport:
    """Take in a workbook and have it checked. Lines without a party branch go to ``branch``.

    Raises ``Missing`` when ``by`` may import nowhere or not into ``branch``, ``Invalid`` for a file that is empty
    or too big, ``TooMany`` after five uploads in an hour. Writes an audit entry and starts the checking.
    """
    allowed = Branch.objects.where(by, "accounts.import_roster").current()
    if not (allowed.filter(pk=branch.pk) if branch else allowed).exists():
        raise Missing
    if not file.size:
        raise Invalid("这是一个空文件。")
    if file.size > MAX_BYTES:
        raise Invalid(f"文件有 {file.size / MEGABYTE:.1f} MB，最多 {MAX_BYTES // MEGABYTE} MB。")
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    hour_ago = timezone.now() - timedelta(hours=1)
    if RosterImport.objects.filter(by=by, created_at__gt=hour_ago).count() >= IMPORTS_PER_HOUR:
        raise TooMany(f"一小时最多导入 {IMPORTS_PER_HOUR} 次，请过一会儿再试。")
    name = PurePath(file.name or "名册.xlsx").name[-120:]
    roster = RosterImport.objects.create(by=by, name=name, branch=branch)
    roster.file.save(f"{roster.pk}.upload", file)
    record(by, "accounts.roster_uploaded", roster, branch=branch)
    _start("check_roster", roster)
    return roster


def check_roster(roster_id: int) -> None:
    """Read the workbook and store what each line would do. Running it again starts from the beginning."""
    roster = (
        RosterImport.objects.select_related("by", "branch").filter(pk=roster_id, state=State.READING).first()
    )
    if roster is None:
        return
    try:
        table = read_table(roster.file.path)
    except (Invalid, ValueError) as refusal:
        sentence = str(refusal) if isinstance(refusal, Invalid) else "文件已经清理掉了，请重新上传。"
        _refuse(roster, sentence)
        return
    RosterRow.objects.filter(roster=roster).delete()
    roster.rows_total, roster.rows_checked = len(table.rows), 0
    roster.notes = table.notes
    roster.layout = {"sheet": table.sheet, "header_line": table.header_line, "positions": table.positions}
    roster.save(update_fields=["rows_total", "rows_checked", "notes", "layout", "touched_at"])
    for rows in plan(roster, table):
        RosterRow.objects.bulk_create(rows)
        roster.rows_checked += len(rows)
        roster.save(update_fields=["rows_checked", "touched_at"])
    _change_state(roster, State.READING, State.READY)


def _refuse(roster: RosterImport, sentence: str) -> None:
    """End an import whose workbook cannot be read. The file goes at once: it may hold what we never take."""
    roster.file.delete(save=False)
    roster.message = sentence[:300]
    roster.save(update_fields=["file", "message", "touched_at"])
    record(roster.by, "accounts.roster_refused", roster, refused=True)
    _change_state(roster, State.READING, State.REFUSED)


@transaction.atomic
def confirm_roster(*, roster: RosterImport, by: User, only_good: bool = False) -> RosterImport:
    """Have the lines without problems written. Confirming twice is confirming once.

    Raises ``Missing`` for somebody else's import, ``Invalid`` when lines have problems and ``only_good`` does not
    say to leave them out, ``Conflict`` when the import is not waiting for this.
    """
    roster = _locked(roster, by)
    if roster.state in {State.APPLYING, State.APPLIED}:
        return roster
    if roster.state != State.READY:
        raise Conflict("这次导入现在不能写入，请刷新后再看。")
    bad = roster.rows.filter(state=RosterRow.State.ERROR).count()
    if bad and not only_good:
        raise Invalid(f"有 {bad} 行有问题。改好后重新上传，或者勾选“只导入没有问题的行”。")
    roster.message = ""
    roster.state = State.APPLYING
    roster.save(update_fields=["state", "message", "touched_at"])
    _start("apply_roster", roster)
    return roster


def apply_roster(roster_id: int) -> None:
    """Write a confirmed roster, all or nothing; when the world has changed since, check it anew instead."""
    try:
        _apply(roster_id)
    except (Conflict, IntegrityError):
        RosterImport.objects.filter(pk=roster_id, state=State.APPLYING).update(
            state=State.READING, message=CHANGED_MEANWHILE, touched_at=timezone.now()
        )
        check_roster(roster_id)


@transaction.atomic
def _apply(roster_id: int) -> None:
    roster = _locked_for(roster_id, State.APPLYING)
    if roster is None:
        return
    todo = roster.rows.filter(state__in=[RosterRow.State.NEW, RosterRow.State.CHANGED])
    writer = Writer(roster)
    writer.free_beds(todo.filter(changes__has_any_keys=["room", "bed"]))
    for rows in _chunks(todo):
        writer.write(rows)
    roster.state, roster.applied_at = State.APPLIED, timezone.now()
    roster.save(update_fields=["state", "applied_at", "touched_at"])
    if writer.moved:
        enqueue(kind="branch_changed", recipients=writer.moved, key=f"roster-{roster.pk}", link="/me/")
    counts = counts_of(roster)
    record(roster.by, "accounts.roster_applied", roster, branch=roster.branch)
    enqueue(
        kind="roster_applied",
        recipients=[roster.by],
        key=str(roster.pk),
        link=reverse("admin:accounts_rosterimport_change", args=[roster.pk]),
        words={"added": counts["new"], "changed": counts["changed"]},
    )


@transaction.atomic
def take_back_roster(*, roster: RosterImport, by: User) -> RosterImport:
    """Have an applied roster undone, within thirty days. Asking twice is asking once.

    Raises ``Missing`` for somebody else's import, ``NotAllowed`` when the right to import is gone, ``Conflict``
    when there is nothing to undo any more.
    """
    roster = _locked(roster, by)
    if roster.state in {State.UNDOING, State.UNDONE}:
        return roster
    if not may_take_back(roster):
        raise Conflict("这次导入已经不能撤销了：只能撤销 30 天内写入的。")
    if not Branch.objects.where(by, "accounts.import_roster").exists():
        raise NotAllowed
    roster.state = State.UNDOING
    roster.save(update_fields=["state", "touched_at"])
    _start("undo_roster", roster)
    return roster


def may_take_back(roster: RosterImport) -> bool:
    """Whether the import was written, and no longer than thirty days ago."""
    return (
        roster.state == State.APPLIED
        and roster.applied_at is not None
        and timezone.now() < roster.applied_at + UNDO_WITHIN
    )


@transaction.atomic
def undo_roster(roster_id: int) -> None:
    """Restore what an import changed, except what somebody has touched since; those lines say why they stay."""
    roster = _locked_for(roster_id, State.UNDOING)
    if roster is None:
        return
    undoer = Undoer(roster)
    applied = roster.rows.filter(outcome=RosterRow.Outcome.APPLIED)
    for rows in _chunks(applied):
        undoer.undo(rows)
    roster.state, roster.undone_at = State.UNDONE, timezone.now()
    roster.save(update_fields=["state", "undone_at", "touched_at"])
    record(roster.by, "accounts.roster_undone", roster, branch=roster.branch)


def return_roster(*, roster: RosterImport, by: User) -> ProtectedFile:
    """The uploaded workbook with its problems written in: a file of ``by`` for a day.

    Raises ``Missing`` for somebody else's import or when the upload has been cleaned away.
    """
    if roster.by_id != by.pk or not roster.file:
        raise Missing
    problems = {
        row.line: [*row.errors, *(["提醒", note] for note in row.notes)]
        for row in roster.rows.exclude(errors=[], notes=[])
    }
    content = marked_workbook(roster.file.path, layout=roster.layout, problems=problems)
    name = f"{PurePath(roster.name).stem}-标注.xlsx"
    return store_file(content=content, name=name, purpose="roster_returned", owner=by)


def tend_rosters() -> None:
    """Wake imports whose worker died, and forget what nobody needs any more.

    Files go after a day, the lines with their personal data after the thirty days in which they can be undone.
    """
    now = timezone.now()
    tasks = {State.READING: "check_roster", State.APPLYING: "apply_roster", State.UNDOING: "undo_roster"}
    stuck = RosterImport.objects.filter(state__in=tasks, touched_at__lt=now - STUCK_AFTER)
    for roster in stuck:
        RosterImport.objects.filter(pk=roster.pk).update(touched_at=now)
        _send(tasks[State(roster.state)], roster.pk)
    for roster in RosterImport.objects.filter(created_at__lt=now - KEEP_FILE).exclude(file=""):
        roster.file.delete()
    RosterImport.objects.filter(state=State.READY, file="").update(
        state=State.REFUSED, message="放了超过一天没有确认，文件已经清理。要导入请重新上传。"
    )
    RosterRow.objects.filter(roster__created_at__lt=now - UNDO_WITHIN).delete()


def counts_of(roster: RosterImport) -> dict[str, int]:
    """How many lines are in each state; by one query."""
    found = dict(roster.rows.order_by().values_list("state").annotate(Count("pk")))
    return {state: found.get(state, 0) for state in RosterRow.State.values}


def _locked(roster: RosterImport, by: User) -> RosterImport:
    found = RosterImport.objects.select_for_update().filter(pk=roster.pk, by=by).first()
    if found is None:
        raise Missing
    return found


def _locked_for(roster_id: int, state: str) -> RosterImport | None:
    rosters = RosterImport.objects.select_for_update(of=("self",)).select_related("by")
    return rosters.filter(pk=roster_id, state=state).first()


def _change_state(roster: RosterImport, old: str, new: str) -> None:
    RosterImport.objects.filter(pk=roster.pk, state=old).update(state=new, touched_at=timezone.now())


def _chunks(rows: QuerySet[RosterRow]) -> Iterator[list[RosterRow]]:
    """The rows by line, a bounded number at a time; safe while they are being updated."""
    last = 0
    while chunk := list(rows.filter(line__gt=last).order_by("line")[:CHUNK]):
        yield chunk
        last = chunk[-1].line


def _start(task: str, roster: RosterImport) -> None:
    transaction.on_commit(_sender(task, roster.pk), robust=True)


def _sender(task: str, pk: int) -> Callable[[], None]:
    return lambda: _send(task, pk)


def _send(task: str, pk: int) -> None:
    current_app.send_task(f"accounts.tasks.{task}", args=[pk], retry=False)
