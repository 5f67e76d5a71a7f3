from notifications.actions.export import export_unreachable
from notifications.actions.reading import mark_all_read, mark_read
from notifications.actions.sending import pause_sending, resend, resume_sending, set_daily_limit
from notifications.actions.wishes import save_wishes

__all__ = [
    "export_unreachable",
    "mark_all_read",
    "mark_read",
    "pause_sending",
    "resend",
    "resume_sending",
    "save_wishes",
    "set_daily_limit",
]
