"""Who stays signed in, and what people without a session are told (``reliability.md`` D5)."""

import time

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

SIGNED_IN_AT = "signed_in_at"
SEEN_AT = "seen_at"
RESOLUTION = 60  # seconds between two writes of "seen"


@receiver(user_logged_in)
def start_clocks(sender, request, user, **kwargs):
    request.session[SIGNED_IN_AT] = request.session[SEEN_AT] = int(time.time())


class SessionLimitsMiddleware:
    """Ends sessions that rested or lasted too long; the admin's limits are shorter than the portal's."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:
            self._check(request)
        return self.get_response(request)

    def _check(self, request):
        now = int(time.time())
        in_admin = request.path.startswith(reverse("admin:index"))
        idle, absolute = settings.SESSION_LIMITS["admin" if in_admin else "portal"]
        started, seen = request.session.get(SIGNED_IN_AT, now), request.session.get(SEEN_AT, now)
        if now - seen > idle.total_seconds() or now - started > absolute.total_seconds():
            logout(request)
        elif now - seen >= RESOLUTION or SEEN_AT not in request.session:
            request.session[SEEN_AT] = now
            request.session.setdefault(SIGNED_IN_AT, now)


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Pages are closed unless opened. HTMX is told to leave the page: a sign-in form in a list helps nobody."""

    def handle_no_permission(self, request, view_func):
        address = reverse("sign_in")
        if page := self._page(request):
            address += "?" + urlencode({"next": page})
        if request.htmx:
            return HttpResponse(headers={"HX-Redirect": address})
        return redirect(address)

    def _page(self, request) -> str:
        if request.htmx:
            return request.htmx.current_url_abs_path or ""
        return request.get_full_path() if request.method in {"GET", "HEAD"} else ""
