"""What happens by itself. Every task may run twice, late, or never: it looks at the rows and does what is due."""

from celery import shared_task

from accounts import chats
from accounts.actions import days, directory, roster
from accounts.models import DirectorySync


@shared_task
def begin_day() -> None:
    """After midnight: offices begin and end, people leave, stages become effective."""
    days.begin()


@shared_task
def keep_chats() -> None:
    """Open and update the WeCom chats of talk groups that wait for it."""
    chats.keep_chats()


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


@shared_task
def check_roster(roster_id: int) -> None:
    roster.check_roster(roster_id)


@shared_task
def apply_roster(roster_id: int) -> None:
    roster.apply_roster(roster_id)


@shared_task
def undo_roster(roster_id: int) -> None:
    roster.undo_roster(roster_id)


@shared_task
def tend_rosters() -> None:
    """Every minute: wake what a dead worker left, forget files after a day and lines after thirty."""
    roster.tend_rosters()
