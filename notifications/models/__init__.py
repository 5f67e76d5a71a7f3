from notifications.models.call import Call, CardUpdate
from notifications.models.message import Message
from notifications.models.preference import Preference, QuietHours
from notifications.models.recipient import Recipient, State
from notifications.models.sending import DailyTotal, DayUse, SendingAlert, SendingSwitch

__all__ = [
    "Call",
    "CardUpdate",
    "DailyTotal",
    "DayUse",
    "Message",
    "Preference",
    "QuietHours",
    "Recipient",
    "SendingAlert",
    "SendingSwitch",
    "State",
]
