"""WeCom's own calendar. The school must switch it on in WeCom's console first."""

from collections.abc import Sequence
from datetime import datetime

from wecom.app import App, field

LONGEST_SUMMARY = 128
LONGEST_DESCRIPTION = 1000


class Schedules(App):
    def add_schedule(
        self,
        *,
        admins: Sequence[str],
        attendees: Sequence[str],
        summary: str,
        starts_at: datetime,
        ends_at: datetime,
        description: str = "",
        location: str = "",
    ) -> str:
        """Put an entry into the members' calendars and return its id. At most 3 admins and 1,000 attendees."""
        self.need("schedule")
        entry = {
            "admins": list(admins),
            "attendees": [{"userid": userid} for userid in attendees],
            "summary": summary[:LONGEST_SUMMARY],
            "description": description[:LONGEST_DESCRIPTION],
            "location": location[:LONGEST_SUMMARY],
            "start_time": int(starts_at.timestamp()),
            "end_time": int(ends_at.timestamp()),
            "reminders": {"is_remind": 1, "remind_before_event_secs": 3600, "timezone": 8},
        }
        answer = self.post("oa/schedule/add", {"schedule": entry, "agentid": self.agent_id})
        return field(answer, "schedule_id", str)

    def delete_schedule(self, schedule_id: str) -> None:
        self.need("schedule")
        self.post("oa/schedule/del", {"schedule_id": schedule_id})
