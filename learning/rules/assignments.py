"""Who may set what for whom, and how a due moment reads (``domain.md`` S51)."""

from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from accounts.models import Audience, Branch, User
from learning.models import Course

ASSIGN = "learning.assign_study"
_WEEKDAYS = "一二三四五六日"


def courses_to_assign(user: User):
    """Published courses ``user`` sees as a learner, or that belong to a branch where he assigns study."""
    own = Q(branch__in=Branch.objects.where(user, ASSIGN))
    seen = Q(pk__in=Course.objects.visible_to(user).values("pk"))
    return Course.objects.published().filter(own | seen)


def can_assign_to(user: User, audience: Audience) -> bool:
    """Whether ``user`` may assign study in every branch that ``audience`` names."""
    named = audience.branches.all()
    return named.exists() and not named.exclude(pk__in=Branch.objects.where(user, ASSIGN)).exists()


def in_words(moment: datetime) -> str:
    """A moment as messages say it: “11 月 30 日 周一 22:00”."""
    local = timezone.localtime(moment)
    return f"{local.month} 月 {local.day} 日 周{_WEEKDAYS[local.weekday()]} {local:%H:%M}"
