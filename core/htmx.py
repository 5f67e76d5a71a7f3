"""HTMX changes only which block of a template comes back."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    """A request as ``HtmxMiddleware`` leaves it."""

    htmx: HtmxDetails


def render_block(
    request: HtmxRequest, template: str, block: str, context: dict | None = None, *, status: int = 200
) -> HttpResponse:
    """The page ``template``, or only its ``{% partialdef block %}`` when HTMX asked for a swap.

    Boosted links and a history restored from the server want the whole page. ``Vary`` keeps a webview from
    showing a stored fragment as a page.
    """
    htmx = request.htmx
    swap = htmx and not htmx.boosted and not htmx.history_restore_request
    response = render(request, f"{template}#{block}" if swap else template, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Boosted", "HX-History-Restore-Request"])
    return response
