"""Who may accompany whom (``domain.md`` D7, D8, X2, X3)."""

from datetime import date

from django.utils import timezone

from accounts.models import CultivationContact, User
from accounts.roles import ACTIVISTS, MEMBERS, Stage
from accounts.rules.findings import Finding, Severity
from accounts.rules.people import branch_of, can_act_for

ACTIVISTS_PER_CONTACT = 5


def can_be_contact(person: User) -> bool:
    """Only a full member may be an official cultivation contact."""
    return person.is_active and person.stage == Stage.FULL


def can_lead_group(person: User, on: date | None = None) -> bool:
    """A talk group may be led by any party member, on probation or full, who is still here on that day."""
    day = on or timezone.localdate()
    return person.is_active and person.stage in MEMBERS and (person.left_on is None or person.left_on > day)


def can_have_contact(person: User) -> bool:
    return person.is_active and person.stage in ACTIVISTS


def can_assign_contact(user: User, activist: User) -> bool:
    return can_act_for(user, activist, "accounts.assign_contact")


def contact_load(contact: User) -> int:
    """How many activists the person accompanies today."""
    return CultivationContact.objects.current().filter(contact=contact).count()


def contact_findings(activist: User, contact: User) -> list[Finding]:
    """What to tell the secretary before he assigns this contact; nothing of it is a refusal."""
    found = []
    load = contact_load(contact) + 1
    if load > ACTIVISTS_PER_CONTACT:
        text = f"这位同志将联系 {load} 名积极分子，超过 {ACTIVISTS_PER_CONTACT} 名。"
        found.append(Finding("D8", Severity.REMIND, text))
    if branch_of(activist) != branch_of(contact):
        found.append(Finding("D7", Severity.REMIND, "联系人不在同一个支部，请写明原因。"))
    return found
