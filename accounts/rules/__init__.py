"""What is allowed, as plain questions: nothing here writes, sends or raises."""

from accounts.rules.branches import branch_findings, can_change_branch, findings_of, may_stand_below
from accounts.rules.cultivation import (
    ACTIVISTS_PER_CONTACT,
    can_assign_contact,
    can_be_contact,
    can_have_contact,
    can_lead_group,
    contact_findings,
    contact_load,
)
from accounts.rules.findings import Finding, Severity, add_months
from accounts.rules.groups import GroupPlan, groups_without_lead_soon, propose_groups
from accounts.rules.offices import can_appoint, can_end_office, kinds_to_give, office_fits
from accounts.rules.people import branch_of, can_act_for, can_change_identity, can_move, home_of, takes_people
from accounts.rules.stages import (
    can_record_stage,
    is_minor,
    people_by_stage,
    stage_findings,
    stage_on,
    why_not,
)

__all__ = [
    "ACTIVISTS_PER_CONTACT",
    "Finding",
    "GroupPlan",
    "Severity",
    "add_months",
    "branch_findings",
    "branch_of",
    "can_act_for",
    "can_appoint",
    "can_assign_contact",
    "can_be_contact",
    "can_change_branch",
    "can_change_identity",
    "can_end_office",
    "can_have_contact",
    "can_lead_group",
    "can_move",
    "can_record_stage",
    "contact_findings",
    "contact_load",
    "findings_of",
    "groups_without_lead_soon",
    "home_of",
    "is_minor",
    "kinds_to_give",
    "may_stand_below",
    "office_fits",
    "people_by_stage",
    "propose_groups",
    "stage_findings",
    "stage_on",
    "takes_people",
    "why_not",
]
