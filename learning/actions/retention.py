"""What learning forgets of people who have left (``domain.md`` C16; the promises stand in ``learning/purposes.py``)."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from learning.models import LessonProgress, Mistake, Subscription

# What served nobody but the learner.
OWN = (Mistake, Subscription, LessonProgress)


@transaction.atomic
def forget_the_departed() -> int:
    """Delete the books of mistakes, subscriptions and lesson progress of people whose day of leaving is over.

    Only of those whose account is shut: somebody who came back (``reactivate``) keeps his own, and a suspension of
    studies without a day of leaving is none. Completions, scores and study tasks stay for another year. Harmless to
    repeat; returns how many rows that were. No audit entries: the rows were the learner's own (``C12``).
    """
    departed = User.objects.filter(is_active=False, left_on__lt=timezone.localdate())
    return sum(model.objects.filter(person__in=departed).delete()[0] for model in OWN)
