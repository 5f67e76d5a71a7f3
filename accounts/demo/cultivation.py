"""Contacts and talk groups of the demo branches."""

import datetime as dt
import random

from accounts.models import Branch, CultivationContact, TalkGroup, TalkGroupMember, User
from accounts.roles import ACTIVISTS, Stage

GROUP = 3


def pair(rng: random.Random, branch: Branch, people: list[User], since: dt.date) -> tuple[list, list, list]:
    """Contacts, groups and their members for one branch. Every twentieth activist still lacks a contact."""
    full = [person for person in people if person.stage == Stage.FULL]
    leads = [person for person in people if person.stage in {Stage.FULL, Stage.PROBATIONARY}]
    activists = [person for person in people if person.stage in ACTIVISTS]
    contacts, groups, members = [], [], []
    for index, activist in enumerate(activists):
        if index % 20 == 13:
            continue
        for seat, contact in enumerate(rng.sample(full, min(2 if index % 4 else 1, len(full))), start=1):
            contacts.append(
                CultivationContact(
                    activist=activist,
                    contact=contact,
                    seat=seat,
                    branch=branch,
                    branch_name=branch.name,
                    since=since,
                )
            )
    count = min(len(leads), -(-len(activists) // GROUP))
    for lead in leads[:count]:
        groups.append(TalkGroup(branch=branch, branch_name=branch.name, lead=lead, since=since))
    for index, activist in enumerate(activists):
        members.append(TalkGroupMember(group=groups[index % count], person=activist, since=since))
    return contacts, groups, members
