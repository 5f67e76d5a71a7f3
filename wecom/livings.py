"""Live sessions. The school must switch them on in WeCom's console first."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from wecom.app import App, field, number, rows

LONGEST_THEME = 20
LONGEST_DESCRIPTION = 100


@dataclass(frozen=True)
class Living:
    """``status``: 0 booked, 1 on air, 2 ended, 3 expired, 4 cancelled."""

    theme: str
    status: int
    viewers: int


class Livings(App):
    def create_living(
        self, *, anchor: str, theme: str, starts_at: datetime, duration: timedelta, description: str = ""
    ) -> str:
        """Announce a live session and return its id."""
        self.need("living")
        body = {
            "anchor_userid": anchor,
            "theme": theme[:LONGEST_THEME],
            "living_start": int(starts_at.timestamp()),
            "living_duration": int(duration.total_seconds()),
            "type": 0,
            "description": description[:LONGEST_DESCRIPTION],
            "remind_time": 60,
        }
        return field(self.post("living/create", body), "livingid", str)

    def living(self, living_id: str) -> Living:
        self.need("living")
        info = field(self.get("living/get_living_info", {"livingid": living_id}), "living_info", dict)
        return Living(
            theme=str(info.get("theme", "")),
            status=field(info, "status", int),
            viewers=number(info.get("viewer_num", 0)),
        )

    def viewers(self, living_id: str) -> set[str]:
        """Who watched. How long is answered too and dropped here: the portal keeps no watching time."""
        self.need("living")
        found: set[str] = set()
        key = "0"
        while True:
            answer = self.post("living/get_watch_stat", {"livingid": living_id, "next_key": key})
            found |= {field(row, "userid", str) for row in rows(field(answer, "stat_info", dict), "users")}
            following = str(answer.get("next_key") or "")
            if answer.get("ending", 1) or not following or following == key:
                return found
            key = following
