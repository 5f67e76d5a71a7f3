"""What a person does with his own notices. Nobody else can see it, so it is not in the audit log."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from notifications.models import Recipient

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


@transaction.atomic
def mark_read(*, notice: Recipient, by: "AbstractBaseUser") -> None:
    """Note that ``by`` has opened his notice; the first time counts."""
    Recipient.objects.visible_to(by).unread().filter(pk=notice.pk).update(read_at=timezone.now())


@transaction.atomic
def mark_all_read(*, by: "AbstractBaseUser") -> int:
    """The same for everything in the inbox of ``by``; returns how many were new."""
    return Recipient.objects.visible_to(by).unread().update(read_at=timezone.now())
