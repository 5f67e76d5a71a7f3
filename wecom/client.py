"""The portal's two voices towards WeCom. Nothing else in the house speaks HTTP to it."""

from dataclasses import dataclass

from django.conf import settings

from wecom.app import field
from wecom.chats import Chats
from wecom.contacts import Contacts
from wecom.livings import Livings
from wecom.media import Media
from wecom.messages import Messages
from wecom.schedules import Schedules
from wecom.tickets import Tickets


@dataclass(frozen=True)
class Agent:
    """The app as WeCom's console has it: what it may see and which domain it trusts."""

    name: str
    is_closed: bool
    trusted_domain: str
    departments: tuple[int, ...]


class WeCom(Messages, Contacts, Chats, Schedules, Livings, Media, Tickets):
    """All calls the portal makes. Every one raises a ``WeComError`` and nothing else when WeCom does not comply."""

    def agent(self) -> Agent:
        answer = self.get("agent/get", {"agentid": str(self.agent_id)})
        scope = answer.get("allow_partys")
        return Agent(
            name=str(answer.get("name", "")),
            is_closed=bool(answer.get("close", 0)),
            trusted_domain=str(answer.get("redirect_domain") or ""),
            departments=tuple(scope.get("partyid") or ()) if isinstance(scope, dict) else (),
        )

    def callback_addresses(self) -> list[str]:
        """The addresses WeCom's callbacks come from."""
        return [str(address) for address in field(self.get("getcallbackip"), "ip_list", list)]


def portal() -> WeCom:
    """The portal's own app: sign-in, messages, chats, tickets."""
    return WeCom(
        base=settings.WECOM_API_BASE,
        corp_id=settings.WECOM_CORP_ID,
        secret=settings.WECOM_SECRET,
        agent_id=settings.WECOM_AGENT_ID,
        features=frozenset(name for name, is_on in settings.WECOM_FEATURES.items() if is_on),
    )


def directory() -> WeCom:
    """The contact-sync secret: since 2022 little more than ``member_ids``."""
    return WeCom(
        base=settings.WECOM_API_BASE,
        corp_id=settings.WECOM_CORP_ID,
        secret=settings.WECOM_CONTACT_SECRET,
    )
