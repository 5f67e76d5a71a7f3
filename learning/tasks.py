"""What happens by itself. Every task may run twice, late, or never: it looks at the rows and does what is due."""

from celery import shared_task

from learning import analysis
from learning.actions import assignments, quizzes


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
