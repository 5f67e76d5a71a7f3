"""The back office of people and organisation, one module per noun; buttons are in ``steps``."""

from accounts.admin import (
    audit,
    branches,
    calendar,
    contacts,
    directory,
    dormitory,
    feedback,
    groups,
    memberships,
    offices,
    people,
    roster,
    stages,
)

__all__ = [
    "audit",
    "branches",
    "calendar",
    "contacts",
    "directory",
    "dormitory",
    "feedback",
    "groups",
    "memberships",
    "offices",
    "people",
    "roster",
    "stages",
]
