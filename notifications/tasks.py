from celery import shared_task


@shared_task
def deliver() -> None:
    """Send what is due. Runs every five seconds and after each commit that said something."""
