"""Who keeps what all branches share."""

from accounts.models import Branch, User


def can_change_columns(by: User) -> bool:
    """Whether ``by`` writes for a branch that stands at the top."""
    return Branch.objects.where(by, "learning.write_content").filter(parent=None).exists()
