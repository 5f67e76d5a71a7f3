"""What a person wants to be reminded of, and when not."""

from collections.abc import Mapping
from datetime import time
from typing import TYPE_CHECKING

from django.db import transaction

from notifications.catalogue import SWITCHABLE
from notifications.models import Preference, QuietHours

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


@transaction.atomic
def save_wishes(
    *, by: "AbstractBaseUser", wanted: Mapping[str, bool], quiet: bool, start: time, end: time
) -> None:
    """Keep the wishes of ``by`` for himself.

    ``wanted`` says yes or no per switchable category; others are not his to switch and are passed over. It holds for
    what has not gone out yet.
    """
    Preference.objects.bulk_create(
        [
            Preference(person_id=by.pk, category=category, wanted=wanted[category])
            for category in SWITCHABLE
            if category in wanted
        ],
        update_conflicts=True,
        unique_fields=["person", "category"],
        update_fields=["wanted"],
    )
    QuietHours.objects.update_or_create(
        person_id=by.pk, defaults={"enabled": quiet, "start": start, "end": end}
    )
