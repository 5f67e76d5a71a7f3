"""The back office of people and organisation, one module per noun."""

from accounts.admin import branches, offices, people

__all__ = ["branches", "offices", "people"]
