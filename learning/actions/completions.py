"""What the college does with completions: confirms them for its party school, and takes lists away (D54, C18)."""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Branch, Membership, User
from accounts.roster.sheets import xlsx_bytes
from core.audit.log import record
from core.audit.models import AuditEntry
from core.errors import Conflict, Invalid, Missing, TooMany
from core.files import ProtectedFile, store_file
from learning.models import Completion
from learning.rules.completions import completion_lines, school_lines
from notifications.outbox import enqueue

CONFIRM, EXPORT, VIEW = "learning.confirm_completion", "learning.export_progress", "learning.view_progress"
EXPORTED = "learning.completions_exported"
EXPORTS_PER_HOUR = 10
MAX_LINES = 20_000
FORMS = {
    "completions": ("课程结业名单", completion_lines),
    "party_school": ("党校课程完成情况", school_lines),
}


def completions_in(branches) -> QuerySet[Completion]:
    """The completions of people who belong to ``branches`` today."""
    people = Membership.objects.current().filter(branch__in=branches).values("person")
    return Completion.objects.filter(person__in=people)


@transaction.atomic
def confirm_completions(*, completions: QuerySet[Completion], by: User) -> int:
    """Confirm those of ``completions`` that are not confirmed yet and lie where ``by`` confirms; returns how many.

    Nobody confirms his own. Raises ``Missing`` when none of them is his business and ``Conflict`` when nothing is
    left to confirm. One audit entry for each.
    """
    mine = completions_in(Branch.objects.where(by, CONFIRM)).filter(pk__in=completions.values("pk"))
    if not mine.exists():
        raise Missing
    keys = list(mine.filter(confirmed_at=None).exclude(person=by).values_list("pk", flat=True))
    rows = Completion.objects.select_for_update(no_key=True).filter(pk__in=keys, confirmed_at=None)
    found = list(rows.order_by("pk"))
    if not found:
        raise Conflict("没有要确认的了：可能刚才已经确认过。自己的要由别人确认。")
    now = timezone.now()
    Completion.objects.filter(pk__in=[row.pk for row in found]).update(confirmed_at=now, confirmed_by=by)
    for row in found:
        record(by, "learning.completions_confirmed", row, changed=("confirmed_at",))
    return len(found)


@transaction.atomic
def export_completions(
    *, by: User, form: str, reason: str, branch: Branch | None = None, course=None, series: str = ""
) -> ProtectedFile:
    """A sheet of who completed what, of ``branch`` with all below it or of every branch where ``by`` may export.

    ``form`` is a key of ``FORMS``. The file belongs to ``by`` for a day and says who made it, when and why. Raises
    ``Missing`` for a foreign branch, ``Invalid`` without a reason or with nobody to list, ``TooMany`` after ten
    exports in an hour. Writes an audit entry and a notice to everybody listed.
    """
    reason = " ".join(reason.split())
    if form not in FORMS or len(reason) < 4:
        raise Invalid("请写明用途，至少 4 个字。", fields={"reason": ["请写明用途，至少 4 个字。"]})
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    hour_ago = timezone.now() - timedelta(hours=1)
    if AuditEntry.objects.filter(actor=by, action=EXPORTED, at__gt=hour_ago).count() >= EXPORTS_PER_HOUR:
        raise TooMany(f"一小时最多导出 {EXPORTS_PER_HOUR} 次，请过一会儿再试。")
    label, lines = FORMS[form]
    headings, rows, people = lines(_scope(by, branch), course=course, series=series)
    if not rows:
        raise Invalid("没有可以导出的人。")
    if len(rows) > MAX_LINES:
        raise Invalid(f"一次最多导出 {MAX_LINES:,} 行，现在有 {len(rows):,} 行。请分学院导出。")
    now = timezone.localtime()
    content = xlsx_bytes(
        title=label,
        watermark=f"{by.name}（{by.number}）导出 · {now:%Y-%m-%d %H:%M} · 用途：{reason[:100]} · 只限本次用途，用后删除",
        headings=headings,
        rows=rows,
        now=now,
    )
    entry = record(by, EXPORTED, branch=branch, changed=headings, reason=reason)
    listed = User.objects.active().filter(pk__in=people).exclude(pk=by.pk)
    enqueue(kind="data_exported", recipients=listed, key=f"completions:{entry.pk}", link="/me/")
    return store_file(
        content=content, name=f"{label}-{now:%Y%m%d-%H%M}.xlsx", purpose="completion_export", owner=by
    )


def _scope(by: User, branch: Branch | None):
    branches = Branch.objects.where(by, EXPORT)
    if branch is None:
        return branches
    if not branches.filter(pk=branch.pk).exists():
        raise Missing
    return branches.subtree(branch)
