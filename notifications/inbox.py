"""What a person sees of the messages to him."""

from notifications.models import Recipient


def unread_count(user) -> int:
    """The number beside the bell."""
    return Recipient.objects.visible_to(user).unread().count()
