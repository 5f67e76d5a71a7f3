"""Cultivation contacts: one or two full members for every activist (``domain.md`` D7)."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import rules
from accounts.actions.locks import locked_rows
from accounts.actions.relations import end_periods
from accounts.models import Branch, CultivationContact, User
from core.audit.log import record
from core.errors import Conflict, Invalid, Missing
from notifications.outbox import enqueue

SEATS = (1, 2)


@transaction.atomic
def assign_contact(*, activist: User, contact: User, by: User | None, reason: str = "") -> CultivationContact:
    """Give ``activist`` a cultivation contact from today, on the first free of two seats.

    Assigning the same pair again returns it. A contact of another branch needs a ``reason``; more than five
    activists are only pointed out (``rules.contact_findings``). Both are told.

    Raises ``Missing`` for people ``by`` cannot see, ``Invalid`` when one of the two does not qualify, ``Conflict``
    when both seats are taken.
    """
    rows = {row.pk: row for row in locked_rows(User, [activist.pk, contact.pk])}
    activist, contact = rows[activist.pk], rows[contact.pk]
    _check_right(activist, contact, by)
    held = CultivationContact.objects.filter(activist=activist, until=None)
    if existing := held.filter(contact=contact).first():
        return existing
    branch = _check_pair(activist, contact, reason.strip())
    taken = set(held.values_list("seat", flat=True))
    free = [seat for seat in SEATS if seat not in taken]
    if not free:
        raise Conflict("这位同志已经有两位培养联系人了。", code="contact_seats_taken")
    row = _create(activist, contact, free[0], branch, reason.strip())
    record(by, "accounts.contact_assigned", activist, branch=row.branch, reason=reason.strip())
    enqueue(kind="contact_assigned", recipients=[activist, contact], key=str(row.pk), link="/me/")
    return row


@transaction.atomic
def end_contact(*, contact: CultivationContact, by: User, reason: str = "") -> CultivationContact:
    """End a cultivation contact today. Ending twice changes nothing; a gap is listed for the secretary."""
    activist = locked_rows(User, [contact.activist_id])[0]
    if not rules.can_assign_contact(by, activist):
        raise Missing
    row = CultivationContact.objects.filter(pk=contact.pk)
    if end_periods(row, timezone.localdate()):
        record(by, "accounts.contact_ended", activist, branch=contact.branch, reason=reason)
        people = [activist, contact.contact]
        enqueue(kind="contact_assigned", recipients=people, key=f"{contact.pk}:ended", link="/me/")
    contact.refresh_from_db()
    return contact


def _check_right(activist: User, contact: User, by: User | None) -> None:
    if by is None:
        return
    seen = User.objects.visible_to(by).filter(pk=contact.pk).exists()
    if not seen or not rules.can_assign_contact(by, activist):
        raise Missing


def _check_pair(activist: User, contact: User, reason: str) -> Branch:
    """Refuse a pair that does not qualify; returns the branch of the activist."""
    if not rules.can_have_contact(activist):
        raise Invalid("只给入党积极分子和发展对象指定培养联系人。", fields={"activist": ["不是积极分子。"]})
    if not rules.can_be_contact(contact):
        raise Invalid("培养联系人必须是正式党员。", fields={"contact": ["不是正式党员。"]})
    branch = rules.branch_of(activist)
    if branch is None:
        raise Invalid("这位同志现在不在任何支部。", fields={"activist": ["现在不在任何支部。"]})
    if not reason and branch != rules.branch_of(contact):
        raise Invalid("联系人不在同一个支部，请写明原因。", fields={"reason": ["请写明原因。"]})
    return branch


def _create(activist: User, contact: User, seat: int, branch: Branch, reason: str) -> CultivationContact:
    try:
        with transaction.atomic():
            return CultivationContact.objects.create(
                activist=activist,
                contact=contact,
                seat=seat,
                branch=branch,
                branch_name=branch.name,
                reason=reason,
            )
    except IntegrityError as error:
        raise Conflict("刚才有人给这位同志指定了联系人，请刷新后再看。") from error
