"""Is the portal alive, and is it ready? Honest answers for probes and operators (``reliability.md`` F4)."""

import datetime as dt
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Branch
from notifications.models import Recipient
from partyhub.backups.shelf import last_verified

logger = structlog.get_logger(__name__)

HEARTBEAT = "scheduler_heartbeat"
HEARTBEAT_MAX_AGE = dt.timedelta(minutes=3)
OUTBOX_MAX_AGE = dt.timedelta(minutes=10)
BACKUP_MAX_AGE = dt.timedelta(hours=26)
DISK_MIN_FREE = 0.10


class Unhealthy(Exception):
    """A check failed; the message says to operators what and how much."""


@dataclass(frozen=True)
class Finding:
    name: str
    ok: bool
    required: bool
    detail: str


def _database() -> str:
    with transaction.atomic():
        Session.objects.create(session_key=f"health-{uuid.uuid4().hex[:24]}", expire_date=timezone.now())
        transaction.set_rollback(True)
    return "可以写入"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    if waiting := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Unhealthy(f"还有 {len(waiting)} 个迁移没有执行")
    return "已是最新"


def _disk() -> str:
    usage = shutil.disk_usage(settings.VAR_DIR)
    free = usage.free / usage.total
    if free < DISK_MIN_FREE:
        raise Unhealthy(f"磁盘只剩 {free:.0%}")
    return f"磁盘剩余 {free:.0%}"


def _scheduler() -> str:
    beat = cache.get(HEARTBEAT)
    return _fresh(beat, HEARTBEAT_MAX_AGE, "定时任务")


def _outbox() -> str:
    late = Recipient.objects.claimable(timezone.now() - OUTBOX_MAX_AGE).count()
    if late:
        raise Unhealthy(f"{late} 条消息超过 10 分钟没有发出")
    return "没有积压"


def _backup() -> str:
    return _fresh(last_verified(), BACKUP_MAX_AGE, "恢复验证过的备份")


def _fresh(at: dt.datetime | None, max_age: dt.timedelta, what: str) -> str:
    if at is None:
        raise Unhealthy(f"还没有{what}的记录")
    age = timezone.now() - at
    if age > max_age:
        raise Unhealthy(f"{what}停在 {timezone.localtime(at):%m-%d %H:%M}")
    return f"{timezone.localtime(at):%m-%d %H:%M}"


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "migrations": _migrations,
    "disk": _disk,
    "scheduler": _scheduler,
    "outbox": _outbox,
    "backup": _backup,
}


def findings() -> list[Finding]:
    """The result of every check; those in ``settings.HEALTH_REQUIRED`` decide whether we are ready."""
    return [_look(name, check) for name, check in CHECKS.items()]


def _look(name: str, check: Callable[[], str]) -> Finding:
    required = name in settings.HEALTH_REQUIRED
    try:
        return Finding(name, True, required, check())
    except Unhealthy as error:
        detail = str(error)
    except Exception:
        logger.exception("health_check_failed", check=name)
        detail = "检查本身没有完成，原因在日志里"
    return Finding(name, False, required, detail)


@require_safe
@login_not_required
def livez(request):
    """This process answers. Asks nothing else, so that a slow neighbour never gets it restarted."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@login_not_required
def readyz(request):
    """Ready or not; what exactly is wrong is for operators only."""
    found = findings()
    ready = all(finding.ok for finding in found if finding.required)
    answer = {"ok": ready}
    if _is_operator(request):
        answer["checks"] = [vars(finding) for finding in found]
    return JsonResponse(answer, status=200 if ready else 503, json_dumps_params={"ensure_ascii": False})


def _is_operator(request) -> bool:
    try:
        return Branch.objects.where(request.user, "notifications.operate_outbox").exists()
    except DatabaseError:
        return False
