"""What happens by itself. Every task may run twice, late, or never: it looks at the rows and does what is due."""

from celery import shared_task

from learning import analysis
from learning.actions import assignments, attempts, corrections, items, quizzes, retention, weeks


@shared_task
def refresh_statistics() -> None:
    """Once a night: compute anew how every question does."""
    analysis.refresh_statistics()


@shared_task
def tend_assignments() -> None:
    """Every hour: lists follow their audiences, and courses that are due in two days are said to be."""
    assignments.refresh_all()
    assignments.remind_of_courses()


@shared_task
def tend_quizzes() -> None:
    """Every ten minutes: assemble, repair and announce month-end quizzes, and warn editors of a shortage."""
    quizzes.tend_quizzes()


@shared_task
def send_due_items() -> None:
    """Every minute: send the scheduled items whose time has come."""
    items.send_due_items()


@shared_task
def warn_of_short_weeks() -> None:
    """Every working hour of Wednesday and Friday: tell the editors of a week with too few items."""
    weeks.warn_of_short_weeks()


@shared_task
def tend_corrections() -> None:
    """Every minute, and when a key was put right: grade again what is still graded by a wrong one."""
    corrections.tend_corrections()


@shared_task
def close_overdue_attempts() -> None:
    """Every minute: hand in, with what was saved, the papers whose time is over."""
    attempts.close_overdue_attempts()


@shared_task
def erase_old_answers() -> None:
    """Once a day: forget answers older than twelve months; the scores stay."""
    attempts.erase_old_answers()


@shared_task
def forget_the_departed() -> None:
    """Once a day: delete the mistakes, subscriptions and lesson progress of those who have left."""
    retention.forget_the_departed()
