"""Taking a roster away: limited, watermarked, written down, and told to the people in it (``domain.md`` C18)."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Branch, User
from accounts.roster.export import FORMS, columns_of, exported
from core.audit.log import record
from core.audit.models import AuditEntry
from core.errors import Invalid, Missing, TooMany
from core.files import ProtectedFile, store_file
from notifications.outbox import enqueue

EXPORTS_PER_HOUR = 10
MAX_PEOPLE = 20_000
EXPORTED = "accounts.roster_exported"


@transaction.atomic
def export_roster(
    *,
    by: User,
    form: str,
    reason: str,
    branch: Branch | None = None,
    sensitive: bool = False,
    as_csv: bool = False,
) -> ProtectedFile:
    """Make a roster of ``branch`` with all below it, or of every branch where ``by`` may export.

    ``form`` is a key of ``FORMS``. Birth months and rooms are left out unless ``sensitive``. The file belongs to
    ``by`` for a day and says who made it, when and why. Raises ``Missing`` for a foreign branch, ``Invalid``
    without a reason or with nobody to list, ``TooMany`` after ten exports in an hour. Writes an audit entry and a
    notice to everybody listed.
    """
    reason = " ".join(reason.split())
    if form not in FORMS or len(reason) < 4:
        raise Invalid("请写明用途，至少 4 个字。", fields={"reason": ["请写明用途，至少 4 个字。"]})
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    _check_limit(by)
    people = _people(by, form, branch)
    count = people.count()
    if not count:
        raise Invalid("没有可以导出的人。")
    if count > MAX_PEOPLE:
        raise Invalid(f"一次最多导出 {MAX_PEOPLE:,} 人，现在选中 {count:,} 人。请分学院导出。")
    now = timezone.localtime()
    columns = columns_of(FORMS[form], sensitive=sensitive)
    content = exported(
        form=FORMS[form],
        people=people,
        columns=columns,
        watermark=f"{by.name}（{by.number}）导出 · {now:%Y-%m-%d %H:%M} · 用途：{reason[:100]} · 只限本次用途，用后删除",
        now=now,
        as_csv=as_csv,
    )
    entry = record(by, EXPORTED, branch=branch, changed=columns, reason=reason[:200])
    enqueue(kind="data_exported", recipients=people.exclude(pk=by.pk), key=str(entry.pk), link="/me/")
    name = f"{FORMS[form].label.partition('（')[0]}-{now:%Y%m%d-%H%M}.{'csv' if as_csv else 'xlsx'}"
    return store_file(content=content, name=name, purpose="roster_export", owner=by)


def _people(by: User, form: str, branch: Branch | None):
    branches = Branch.objects.where(by, "accounts.export_roster")
    if branch is not None:
        if not branches.filter(pk=branch.pk).exists():
            raise Missing
        branches = branches.subtree(branch)
    people = User.objects.in_branches(branches)
    stages = FORMS[form].stages
    return people if stages is None else people.filter(stage__in=stages)


def _check_limit(by: User) -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    if AuditEntry.objects.filter(actor=by, action=EXPORTED, at__gt=hour_ago).count() >= EXPORTS_PER_HOUR:
        raise TooMany(f"一小时最多导出 {EXPORTS_PER_HOUR} 次，请过一会儿再试。")
