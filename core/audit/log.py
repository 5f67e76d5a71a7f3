"""Write down what was done."""

import structlog
from django.db import models

from core.audit.models import AuditEntry


def record(
    by,
    action: str,
    subject: models.Model | None = None,
    *,
    branch=None,
    changed: tuple[str, ...] | list[str] = (),
    reason: str = "",
    refused: bool = False,
) -> AuditEntry:
    """Add one entry in the current transaction.

    ``by`` is the acting person, or None when the portal itself acts. ``action`` is ``app.verb_done``, such as
    ``accounts.office_given``. ``branch`` is the organisation whose auditors should find the entry.
    """
    return AuditEntry.objects.create(
        actor=by,
        actor_number=getattr(by, "number", "") if by else "",
        action=action,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=str(subject.pk) if subject is not None else "",
        branch_id=branch.pk if branch is not None else None,
        changed=list(changed),
        reason=reason,
        result=AuditEntry.Result.REFUSED if refused else AuditEntry.Result.DONE,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
    )
