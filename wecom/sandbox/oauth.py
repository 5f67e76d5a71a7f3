"""Login: the in-app authorize page, the desktop page, and what a code can be exchanged for."""

import re
import secrets
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_http_methods

from wecom.sandbox import contacts
from wecom.sandbox.corp import CORP_ID, corp
from wecom.sandbox.errors import ApiError, explain
from wecom.sandbox.records import App, Code, User, UserTicket
from wecom.sandbox.wire import APP, CONTACTS, Call, api

CODE_SECONDS = 300
USER_TICKET_SECONDS = 1800
MEMBER_COOKIE = "sandbox_member"
OUTSIDER = "-"
STATE = re.compile(r"[a-zA-Z0-9]{0,128}", re.ASCII)
SCOPES = {"snsapi_base", "snsapi_privateinfo", "snsapi_userinfo"}


def issue_code(userid: str, *, redirect_uri: str, agentid: int, scope: str, way: str) -> str:
    """A fresh code for this member (or for an outsider when ``userid`` is empty)."""
    now = corp.clock.now()
    corp.codes = {key: code for key, code in corp.codes.items() if code.expires_at > now - 3600}
    value = secrets.token_urlsafe(40)
    host = urlsplit(redirect_uri).netloc
    corp.codes[value] = Code(value, userid.lower(), agentid, host, scope, way, now + CODE_SECONDS)
    return value


def with_code(redirect_uri: str, code: str, state: str) -> str:
    mark = "&" if "?" in redirect_uri else "?"
    return f"{redirect_uri}{mark}{urlencode({'code': code, 'state': state})}"


def refuse(request: HttpRequest, errcode: int, detail: str = "") -> HttpResponse:
    """WeCom's error page."""
    words = {"errcode": errcode, "explanation": explain(errcode), "detail": detail}
    response = render(request, "sandbox/refusal.html", words, status=400)
    response["error-code"] = str(errcode)
    return response


def acting(request: HttpRequest) -> User | str | None:
    """The member picked in this browser, OUTSIDER for somebody from outside, None when nobody is picked."""
    userid = request.COOKIES.get(MEMBER_COOKIE, "")
    return OUTSIDER if userid == OUTSIDER else corp.user(userid)


def _find_app(args: dict, agentid_required: bool) -> App:
    """The app that asks: by ``agentid``, else the one that trusts the redirect's host and port."""
    if args.get("appid") != CORP_ID:
        raise ApiError(40013)
    host = urlsplit(args.get("redirect_uri", "")).netloc
    number = args.get("agentid", "")
    if number:
        app = corp.apps.get(int(number)) if number.isdigit() else None
        if app is None or app.is_contact_sync:
            raise ApiError(40056)
    elif agentid_required:
        raise ApiError(41011)
    else:
        app = next((app for app in corp.apps.values() if host in app.domains), None)
    if app is None or host not in app.domains:
        raise ApiError(50001, host)
    if not STATE.fullmatch(args.get("state", "")):
        raise ApiError(84025)
    return app


# --- In the app -----------------------------------------------------------------------------------------------


@csrf_protect
@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """``/connect/oauth2/authorize``: silent for snsapi_base, asks for snsapi_privateinfo."""
    args = request.GET.dict()
    try:
        app = _find_app(args, agentid_required=args.get("scope") == "snsapi_privateinfo")
        _check_authorize(request, args)
    except ApiError as error:
        return refuse(request, error.errcode, error.detail)
    member = acting(request)
    if member is None:
        return HttpResponseRedirect("/?" + urlencode({"next": request.get_full_path()}))
    asks = args["scope"] == "snsapi_privateinfo"
    if asks and isinstance(member, User) and not corp.sees(app, member):
        return refuse(request, 60011)
    if asks and isinstance(member, User) and request.method == "GET":
        return render(request, "sandbox/consent.html", {"app": app, "member": member})
    scope = "snsapi_base" if request.POST.get("answer") == "no" else args["scope"]
    return _back(args, app, member, scope, "app")


def _check_authorize(request: HttpRequest, args: dict) -> None:
    if args.get("response_type") != "code":
        raise ApiError(40058, "response_type")
    if args.get("scope") not in SCOPES:
        raise ApiError(40058, "scope")
    if corp.settings.require_wecom_browser and "wxwork/" not in request.headers.get("User-Agent", ""):
        raise ApiError(40058, "请在企业微信客户端打开链接")


def _back(args: dict, app: App, member: User | str, scope: str, way: str) -> HttpResponseRedirect:
    userid = "" if isinstance(member, str) else member.userid
    with corp.lock:
        code = issue_code(
            userid, redirect_uri=args["redirect_uri"], agentid=app.agentid, scope=scope, way=way
        )
    return HttpResponseRedirect(with_code(args["redirect_uri"], code, args.get("state", "")))


# --- On a desktop ---------------------------------------------------------------------------------------------


@csrf_protect
@require_http_methods(["GET", "POST"])
def desktop(request: HttpRequest) -> HttpResponse:
    """``/wwlogin/sso/login``: where a QR code would be, the picked member confirms with a button."""
    args = request.GET.dict()
    try:
        app = _find_app(args, agentid_required=True)
    except ApiError as error:
        return refuse(request, error.errcode, error.detail)
    if args.get("login_type") != "CorpApp":
        return refuse(request, 40058, "login_type")
    member = acting(request)
    if request.method == "POST" and member is not None:
        return _back(args, app, member, "snsapi_base", "desktop")
    words = {"app": app, "member": None if member == OUTSIDER else member, "here": request.get_full_path()}
    return render(request, "sandbox/desktop_login.html", words)


@require_GET
def old_desktop(request: HttpRequest) -> HttpResponse:
    """The old QR address leads to the new page."""
    query = request.GET.dict() | {"login_type": "CorpApp"}
    return HttpResponseRedirect("/wwlogin/sso/login?" + urlencode(query))


# --- What a code is worth -------------------------------------------------------------------------------------


def _spend(call: Call) -> Code:
    code = corp.codes.get(call.need("code", 41008))
    if code is None or code.used or code.expires_at <= corp.clock.now():
        raise ApiError(40029)
    if code.host not in call.caller.domains:
        raise ApiError(50001)
    code.used = True
    return code


@api("auth/getuserinfo", "GET")
def getuserinfo(call: Call) -> dict:
    code = _spend(call)
    user = corp.user(code.userid)
    if user is None:
        return {"openid": contacts.openid_of("outside")}
    reply = {"userid": user.userid}
    private = code.scope in {"snsapi_privateinfo", "snsapi_userinfo"} and code.way == "app"
    if private and code.agentid == call.caller.agentid and corp.sees(call.caller, user):
        reply["user_ticket"] = _issue_ticket(user, call.caller)
    return reply


@api("user/getuserinfo", "GET")
def old_getuserinfo(call: Call) -> dict:
    user = corp.user(_spend(call).userid)
    device = {"DeviceId": "sandbox-device"}
    return device | ({"UserId": user.userid} if user else {"OpenId": contacts.openid_of("outside")})


def _issue_ticket(user: User, app: App) -> str:
    value = secrets.token_urlsafe(60)
    expires_at = corp.clock.now() + USER_TICKET_SECONDS
    corp.user_tickets[value] = UserTicket(value, user.key, app.agentid, expires_at)
    return value


@api("auth/getuserdetail")
def getuserdetail(call: Call) -> dict:
    ticket = corp.user_tickets.get(call.need("user_ticket", 84090))
    if ticket is None or ticket.agentid != call.caller.agentid or ticket.userid not in corp.users:
        raise ApiError(84015)
    if ticket.expires_at <= corp.clock.now():
        raise ApiError(84014)
    user = corp.users[ticket.userid]
    fields = {name: getattr(user, name) for name in ("mobile", "email", "biz_mail", "address")}
    fields["gender"] = user.gender
    fields["avatar"] = f"https://wework.qpic.cn/sandbox/{user.userid}/0"
    fields["qr_code"] = f"https://open.work.weixin.qq.com/wwopen/userQRCode?vcode={user.userid}"
    shown = {name: value for name, value in fields.items() if name in call.caller.private_fields}
    return {
        "userid": user.userid,
        "gender": "0",
        "avatar": "https://wework.qpic.cn/sandbox/default/0",
    } | shown


@api("user/authsucc", "GET", (APP, CONTACTS))
def authsucc(call: Call) -> dict:
    contacts.visible_user(call, call.need("userid", 41009))
    return {}
