"""Taking the list of those who have not done it away: limited, watermarked, written down, told (``domain.md`` C18)."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.roster.sheets import xlsx_bytes
from core.audit.log import record
from core.audit.models import AuditEntry
from core.errors import Invalid, Missing, TooMany
from core.files import ProtectedFile, store_file
from learning.models import Assignment
from learning.rules import progress
from notifications.outbox import enqueue

EXPORTS_PER_HOUR = 10
EXPORTED = "learning.progress_exported"
HEADINGS = ["学号或工号", "姓名", "支部", "提醒次数", "最近提醒"]


@transaction.atomic
def export_progress(*, assignment: Assignment, by: User, reason: str) -> ProtectedFile:
    """A workbook of the people in the branches of ``by`` who have not done it: no results, no order but by number.

    The file belongs to ``by`` for a day and says who made it, when and why. Raises ``Missing`` for an assignment
    without people of branches where he exports progress, ``Invalid`` without a reason or with nobody to list,
    ``TooMany`` after ten exports in an hour. Writes an audit entry and a notice to everybody listed.
    """
    reason = " ".join(reason.split())
    if not assignment.assignees.in_branches_of(by, progress.EXPORT).exists():
        raise Missing
    if len(reason) < 4:
        raise Invalid("请写明用途，至少 4 个字。", fields={"reason": ["请写明用途，至少 4 个字。"]})
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    _check_limit(by)
    rows = list(progress.open_rows(assignment, by, progress.EXPORT))
    if not rows:
        raise Invalid("没有可以导出的人，都完成了。")
    now = timezone.localtime()
    content = xlsx_bytes(
        title="未完成名单",
        watermark=f"{assignment} · {by.name}（{by.number}）导出 · {now:%Y-%m-%d %H:%M} · 用途：{reason[:100]} "
        "· 只限本次用途，用后删除",
        headings=HEADINGS,
        rows=_lines(rows),
        now=now,
    )
    entry = record(by, EXPORTED, assignment, branch=assignment.branch, reason=reason)
    enqueue(
        kind="data_exported",
        recipients=[row.person for row in rows if row.person_id != by.pk],
        key=str(entry.pk),
        link="/me/",
    )
    name = f"未完成名单-{now:%Y%m%d-%H%M}.xlsx"
    return store_file(content=content, name=name, purpose="progress_export", owner=by)


def _lines(rows):
    names = progress.branch_names([row.person_id for row in rows])
    for row in rows:
        nudges = [timezone.localtime(nudge.at) for nudge in row.nudges.all()]
        last = f"{max(nudges):%Y-%m-%d %H:%M}" if nudges else ""
        yield [row.person.number, row.person.name, names.get(row.person_id, ""), len(nudges), last]


def _check_limit(by: User) -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    if AuditEntry.objects.filter(actor=by, action=EXPORTED, at__gt=hour_ago).count() >= EXPORTS_PER_HOUR:
        raise TooMany(f"一小时最多导出 {EXPORTS_PER_HOUR} 次，请过一会儿再试。")
