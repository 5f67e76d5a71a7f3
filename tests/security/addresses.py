"""Every address of the portal, read from the resolver, with something plausible in each gap."""

import re

from django.urls import URLPattern, get_resolver

GAPS = {"uuid": "00000000-0000-4000-8000-000000000000", "slug": "x", "str": "x", "path": "1", "int": "1"}


def every_address() -> list[str]:
    return sorted(set(_below(get_resolver(), "/")))


def _below(resolver, prefix):
    for entry in resolver.url_patterns:
        address = prefix + _filled(str(entry.pattern))
        if isinstance(entry, URLPattern):
            yield address
        else:
            yield from _below(entry, address)


def _filled(route: str) -> str:
    route = re.sub(r"<(?:(\w+):)?\w+>", lambda gap: GAPS[gap[1] or "str"], route)
    return re.sub(r"\(\?P<\w+>.*?\)", "1", route).strip("^$").removesuffix("\\Z").replace("\\", "")
