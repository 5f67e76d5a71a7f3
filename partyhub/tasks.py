"""What WeCom told us reaches the app it is for. Only this floor knows all of them."""

from collections.abc import Callable

import structlog
from celery import shared_task
from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.actions.directory import ask_for_check_of_everything
from partyhub.health import HEARTBEAT
from wecom.models import CallbackEvent

BATCH = 200

log = structlog.get_logger(__name__)


def _directory_changed(event: CallbackEvent) -> None:
    """Only an occasion to look: the callback carries ids, may be late, doubled or out of order."""
    ask_for_check_of_everything()


HANDLERS: dict[str, Callable[[CallbackEvent], None]] = {"change_contact": _directory_changed}


@shared_task
def handle_wecom_events() -> None:
    """Every few seconds: give each new event to its app; events of no app are just marked. Harmless to repeat."""
    for key in CallbackEvent.objects.unhandled().values_list("pk", flat=True)[:BATCH]:
        try:
            _handle(key)
        except Exception:
            log.exception("wecom_event_failed", event_id=key)
            CallbackEvent.objects.filter(pk=key).update(attempts=F("attempts") + 1)
    CallbackEvent.objects.outdated().delete()


@transaction.atomic
def _handle(key: int) -> None:
    event = CallbackEvent.objects.select_for_update().get(pk=key)
    if event.handled_at is not None:
        return
    if handler := HANDLERS.get(event.event):
        handler(event)
    event.handled_at = timezone.now()
    event.save(update_fields=["handled_at"])


@shared_task
def heartbeat() -> None:
    """Every minute: proof for ``/readyz`` that the scheduler asks and a worker answers."""
    cache.set(HEARTBEAT, timezone.now(), timeout=None)
