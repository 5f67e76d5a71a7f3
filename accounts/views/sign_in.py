from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import sign_in as signing
from core.errors import NotAllowed
from wecom import oauth


def _return_address() -> str:
    return settings.SITE_URL + reverse("sign_in_return")


def _opens_by_itself(request) -> bool:
    """WeCom recognises its members silently; the sandbox plays WeCom for any browser."""
    return bool(settings.WECOM_SANDBOX_URL) or "wxwork" in request.headers.get("User-Agent", "").lower()


@login_not_required
@never_cache
@require_safe
def sign_in(request):
    """The one door: on to WeCom where it can recognise the person, else a choice."""
    target = signing.safe_target(request.GET.get("next", ""))
    if request.user.is_authenticated:
        return redirect(target)
    if _opens_by_itself(request):
        return redirect(oauth.in_app_url(_return_address(), signing.begin(request.session, target)))
    return redirect(reverse("sign_in_choice") + "?" + urlencode({"next": target}))


@login_not_required
@never_cache
@require_safe
def scan(request):
    """On to WeCom's QR page, for browsers on a desk."""
    target = signing.safe_target(request.GET.get("next", ""))
    return redirect(oauth.desktop_url(_return_address(), signing.begin(request.session, target)))


@login_not_required
@never_cache
@require_safe
def come_back(request):
    """WeCom sends people here with a code. A second tap finds the session and goes where the first one went."""
    state = request.GET.get("state", "")
    if request.user.is_authenticated:
        return redirect(signing.target_of(request.session, state))
    target = reverse("home")
    try:
        target = signing.take(request.session, state)
        signing.enter(request, signing.person_of(signing.userid_of(request.GET.get("code", ""))))
    except signing.SignInRefused as refusal:
        return refused(request, refusal, target)
    return redirect(target)


def refused(request, refusal: signing.SignInRefused, target: str) -> HttpResponse:
    context = {"refusal": refusal, "target": target}
    response = render(request, "accounts/sign_in_refused.html", context, status=refusal.status)
    if isinstance(refusal, signing.WeComSilent):
        response["Retry-After"] = "10"
    return response


class PasswordForm(AuthenticationForm):
    """One sentence whether the number is unknown, the password wrong or the account stopped."""

    error_messages = {
        "invalid_login": "学号或密码不对，请再试一次。",
        "inactive": "学号或密码不对，请再试一次。",
    }


class Choice(LoginView):
    """Scan with WeCom, or number and password for those who have one."""

    template_name = "accounts/sign_in.html"
    authentication_form = PasswordForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs):
        # Django calls the host "site name"; ours is the name on the workbench.
        return super().get_context_data(**kwargs) | {"site_name": settings.SITE_NAME}

    def get_success_url(self):
        return signing.safe_target(self.get_redirect_url())


@login_not_required
@never_cache
def back_office(request):
    """The admin's own form gives way to the same door; whoever is in and has no office is told so."""
    if not request.user.is_authenticated:
        return redirect(reverse("sign_in_choice") + "?" + urlencode({"next": reverse("admin:index")}))
    if not request.user.is_staff:
        raise NotAllowed("工作后台只对担任职务的人开放。")
    return redirect("admin:index")


@login_not_required
@require_POST
def sign_out(request):
    """End the session here and let the browser forget what it kept."""
    logout(request)
    response = redirect("sign_in_choice")
    response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


def locked_out(request, response=None, credentials=None, *args, **kwargs) -> HttpResponse:
    """axes calls this after too many wrong passwords for one number or from one address."""
    page = render(request, "accounts/sign_in_locked.html", status=429)
    page["Retry-After"] = "900"
    return page


@login_not_required
@require_safe
def trusted_domain(request, token):
    """The file by which WeCom verifies that the domain is ours."""
    if token not in settings.WECOM_DOMAIN_TOKENS:
        raise Http404
    return HttpResponse(token, content_type="text/plain; charset=utf-8")
