import datetime as dt

from celery import shared_task
from django.utils import timezone

from core.audit.models import AuditOrigin
from core.audit.seal import seal
from core.files import purge_files

# Half a year at its longest is 184 days; the law asks for no less (``domain.md`` C6).
ORIGIN_KEPT = dt.timedelta(days=185)


@shared_task
def seal_audit_log() -> None:
    """Extend the hash chain over entries that have been committed since."""
    seal()


@shared_task
def purge_audit_origins() -> None:
    """Forget addresses and sessions after half a year; the entries and their chain stay whole."""
    AuditOrigin.objects.filter(entry__at__lt=timezone.now() - ORIGIN_KEPT).delete()


@shared_task
def purge_expired_files() -> None:
    """Take expired files off the disk. Nobody can download them since the minute they expired."""
    purge_files()
