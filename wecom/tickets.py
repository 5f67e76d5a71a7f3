"""JS-SDK tickets, shared like tokens: WeCom gives out only a few hundred an hour."""

import time

from wecom.app import App, field
from wecom.tokens import Shared, digest
from wecom.transport import TOTAL_SECONDS


class Tickets(App):
    def jsapi_ticket(self) -> str:
        """The ticket that signs ``wx.config``."""
        return self._ticket("corp", "get_jsapi_ticket")

    def agent_ticket(self) -> str:
        """The ticket that signs ``agentConfig``; it belongs to this app and is kept under its id."""
        return self._ticket(f"agent-{self.agent_id}", "ticket/get", {"type": "agent_config"})

    def _ticket(self, name: str, path: str, params: dict[str, str] | None = None) -> str:
        def fetch() -> tuple[str, float]:
            answer = self.get(path, params)
            return field(answer, "ticket", str), field(answer, "expires_in", int)

        key = f"ticket:{name}:{digest(self.base, self.corp_id, self.secret)}"
        return Shared(key, fetch).get(deadline=time.monotonic() + TOTAL_SECONDS)
