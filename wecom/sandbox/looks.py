"""Template filters and what every page knows."""

from datetime import timedelta

from django.template import Library

from wecom.sandbox import drawing, talks
from wecom.sandbox.clock import local
from wecom.sandbox.corp import corp

register = Library()


def everywhere(request) -> dict:
    return {"portal": corp.portal, "now": corp.clock.now(), "offset": corp.clock.offset}


@register.filter
def moment(seconds: float) -> str:
    """The time as a chat list shows it."""
    at, today = local(seconds), local(corp.clock.now()).date()
    if at.date() == today:
        return f"{at:%H:%M}"
    if at.date() == today - timedelta(days=1):
        return f"昨天 {at:%H:%M}"
    return f"{at.month} 月 {at.day} 日 {at:%H:%M}"


@register.filter
def exact(seconds: float) -> str:
    return f"{local(seconds):%m-%d %H:%M:%S}"


@register.filter
def initials(name: str) -> str:
    """The last two characters of a name, for a portrait without a picture."""
    return name[-2:]


@register.filter
def tint(name: str) -> int:
    """One of six quiet colours, always the same for a name."""
    return sum(map(ord, name)) % 6


@register.filter
def tint_number(agentid: int | str) -> int:
    return int(agentid) % 6


@register.filter
def chat_text(text: str) -> str:
    return drawing.cleaned(text, blocks=False)


@register.filter
def card_text(text: str) -> str:
    return drawing.cleaned(text, blocks=True)


register.filter("mark", drawing.markdown)
register.filter("summary", talks.summary)
