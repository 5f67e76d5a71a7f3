from celery import shared_task

from accounts.actions import directory
from accounts.models import DirectorySync


@shared_task
def check_directory() -> None:
    """Once a night: have everybody compared with WeCom's directory."""
    directory.ask_for_check_of_everything()


@shared_task
def tend_directory() -> None:
    """Every few minutes, and when somebody waits: apply what was approved, read what was asked for."""
    for sync in DirectorySync.objects.filter(state=DirectorySync.State.APPROVED):
        directory.apply(sync)
    for sync in DirectorySync.objects.filter(state=DirectorySync.State.NEEDED):
        directory.run_check(sync)
    DirectorySync.objects.outdated().delete()
