from celery import shared_task

from core.files import purge_files


@shared_task
def seal_audit_log() -> None:
    """Extend the hash chain over entries that have been committed since."""


@shared_task
def purge_expired_files() -> None:
    """Take expired files off the disk. Nobody can download them since the minute they expired."""
    purge_files()
