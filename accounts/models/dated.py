"""Relations that hold for a while: ``since`` is the first day, ``until`` the first day they no longer hold."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class DatedQuerySet(models.QuerySet):
    def on(self, day: date):
        """What held on ``day``."""
        return self.filter(Q(until=None) | Q(until__gt=day), since__lte=day)

    def current(self):
        """What holds today (Asia/Shanghai)."""
        return self.on(timezone.localdate())


class Dated(models.Model):
    since = models.DateField("自", default=timezone.localdate)
    until = models.DateField("至（不含）", null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="%(class)s_ends_after_it_begins"
            ),
        ]

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)
