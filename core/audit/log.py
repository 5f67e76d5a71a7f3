"""Write down what was done, and what was refused."""

import structlog
from django.db import DatabaseError, models, transaction

from core.audit.models import AuditEntry, AuditOrigin
from core.origin import current_origin
from core.problems import request_id

logger = structlog.get_logger(__name__)


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
    """Add one entry in the current transaction, with the origin of the request beside it.

    The arguments are those of ``unsaved``.
    """
    entry = unsaved(by, action, subject, branch=branch, changed=changed, reason=reason, refused=refused)
    entry.save(force_insert=True)
    if origin := current_origin():
        AuditOrigin.objects.create(entry=entry, ip=origin.ip, session=origin.session)
    return entry


def unsaved(
    by,
    action: str,
    subject: models.Model | None = None,
    *,
    branch=None,
    changed: tuple[str, ...] | list[str] = (),
    reason: str = "",
    refused: bool = False,
) -> AuditEntry:
    """An entry for actions that write thousands of them with one ``bulk_create``.

    ``by`` is the acting person, or None when the portal itself acts. ``action`` is ``app.verb_done``, such as
    ``accounts.office_given``, and has its words in ``core.audit.actions``. ``branch`` is the organisation whose
    auditors should find the entry.
    """
    return AuditEntry(
        actor=by,
        actor_number=getattr(by, "number", "") if by else "",
        action=action,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=str(subject.pk) if subject is not None else "",
        branch_id=branch.pk if branch is not None else None,
        changed=list(changed),
        reason=reason[:200],
        result=AuditEntry.Result.REFUSED if refused else AuditEntry.Result.DONE,
        request_id=request_id(),
    )


def record_refusal(
    by, action: str, subject: models.Model | None = None, *, branch=None, reason: str = ""
) -> None:
    """Write down an attempt that was refused, in a short transaction of its own.

    Called after the refused action has rolled back, by the doors. A log that cannot be written must not turn a
    refusal into an error, so trouble goes to the operator's log instead.
    """
    try:
        with transaction.atomic():
            record(by, action, subject, branch=branch, reason=reason, refused=True)
    except DatabaseError:
        logger.exception("refusal_not_recorded", action=action)
