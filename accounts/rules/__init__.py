"""What is allowed, as plain questions: nothing here writes, sends or raises."""

from accounts.rules.offices import can_appoint, can_end_office, kinds_to_give, office_fits
from accounts.rules.people import branch_of, can_act_for, can_change_identity, can_move, home_of, takes_people

__all__ = [
    "branch_of",
    "can_act_for",
    "can_appoint",
    "can_change_identity",
    "can_end_office",
    "can_move",
    "home_of",
    "kinds_to_give",
    "office_fits",
    "takes_people",
]
