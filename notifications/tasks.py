from celery import shared_task

from notifications import delivery, retention
from wecom.client import portal


@shared_task
def deliver() -> None:
    """Send what is due. Runs every five seconds and after each commit that said something."""
    delivery.deliver(portal())


@shared_task
def forget_old_messages() -> None:
    """Keep only totals of messages older than 90 days. Runs every night."""
    retention.forget()
