"""What happens by itself. Every task may run twice, late, or never: it looks at the rows and does what is due."""

from celery import shared_task

from learning import analysis


@shared_task
def refresh_statistics() -> None:
    """Once a night: compute anew how every question does."""
    analysis.refresh_statistics()
