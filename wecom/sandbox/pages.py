"""What a person clicks: picking somebody, their workbench, their messages."""

import time
from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from django.conf import settings
from django.core.paginator import Paginator
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from wecom.sandbox import callbacks, talks
from wecom.sandbox.corp import corp
from wecom.sandbox.errors import ApiError
from wecom.sandbox.oauth import MEMBER_COOKIE, OUTSIDER, acting
from wecom.sandbox.records import User

PEOPLE_PER_PAGE = 30
CLICK_WAIT = 1.2  # seconds a page waits for the app's answer to a pressed button


def as_member(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand the picked member to the view; without one, ask who it shall be."""

    @wraps(view)
    def wrapped(request: HttpRequest, **kwargs) -> HttpResponse:
        member = acting(request)
        if not isinstance(member, User):
            return HttpResponseRedirect("/")
        with corp.lock:
            return view(request, member, **kwargs)

    return wrapped


def shell(member: User) -> dict:
    """What the frame around a page needs."""
    return {"member": member, "unread": sum(talk.unread for talk in talks.of(member))}


# --- Who -----------------------------------------------------------------------------------------------------


@csrf_protect
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The front page: pick a person. ``next`` is where they wanted to go."""
    if other := _portals_host(request):
        return HttpResponseRedirect(other)
    query = request.GET.get("q", "").strip()
    with corp.lock:
        people = [_person(user) for user in corp.users.values() if _matches(user, query)]
        featured = [_person(user) | {"label": label} for user, label in _featured()]
        member = acting(request)
        words = shell(member) if isinstance(member, User) else {}
    page = Paginator(people, PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
    words |= {"query": query, "page": page, "total": len(corp.users), "next": request.GET.get("next", "")}
    return render(
        request, "sandbox/home.html", words | {"featured": [] if query else featured, "tab": "home"}
    )


def _portals_host(request: HttpRequest) -> str | None:
    """The same page under the portal's host name: ``pick`` can end the portal's session only from there."""
    host, _, port = request.get_host().partition(":")
    wanted = urlsplit(corp.portal).hostname
    if wanted == host or wanted not in settings.ALLOWED_HOSTS:
        return None
    return f"http://{wanted}:{port}{request.get_full_path()}"


def _matches(user: User, query: str) -> bool:
    wanted = query.lower()
    return wanted in user.name.lower() or user.number.lower().startswith(wanted) or wanted in user.key


def _person(user: User) -> dict:
    names = [corp.departments[number].name for number in user.department if number in corp.departments]
    return {"user": user, "label": user.position, "place": "、".join(names)}


def _featured() -> list[tuple[User, str]]:
    found = [(corp.user(row["userid"]), row["label"]) for row in corp.featured]
    return [(user, label) for user, label in found if user]


@csrf_protect
@require_POST
def pick(request: HttpRequest) -> HttpResponse:
    """Become somebody. The portal's session ends with it: another person holds another telephone."""
    userid = request.POST.get("userid", "")
    if userid != OUTSIDER and corp.user(userid) is None:
        return HttpResponseBadRequest("no such member")
    target = request.POST.get("next", "")
    inside = target.startswith("/") and not target.startswith(("//", "/\\"))
    response = HttpResponseRedirect(target if inside else "/workbench/")
    response.set_cookie(MEMBER_COOKIE, userid, httponly=True, samesite="Lax")
    if userid.lower() != request.COOKIES.get(MEMBER_COOKIE, "").lower():
        for name in corp.settings.session_cookies:
            response.delete_cookie(name)
    return response


# --- Their telephone -----------------------------------------------------------------------------------------


@require_GET
@as_member
def workbench(request: HttpRequest, member: User) -> HttpResponse:
    apps = [
        app
        for app in corp.apps.values()
        if not app.is_contact_sync and corp.sees(app, member) and not app.closed
    ]
    tiles = [{"app": app, "shown": app.workbench_data.get(member.key) or app.workbench} for app in apps]
    return render(request, "sandbox/workbench.html", shell(member) | {"tiles": tiles, "tab": "workbench"})


@require_GET
@as_member
def inbox(request: HttpRequest, member: User) -> HttpResponse:
    words = {"talks": talks.of(member), "version": talks.version(member), "tab": "messages"}
    return render(request, "sandbox/messages.html", shell(member) | words)


@require_GET
@csrf_protect
@as_member
def conversation(request: HttpRequest, member: User, kind: str, name: str) -> HttpResponse:
    """One conversation, oldest first; opening it means having read it."""
    talk = next((talk for talk in talks.of(member) if (talk.kind, talk.name) == (kind, name)), None)
    if talk is None:
        raise Http404
    shown = talks.shown(talk, member)
    talks.mark_read(talk, member)
    words = {"talk": talk, "shown": shown, "talks": talks.of(member), "version": talks.version(member)}
    return render(request, "sandbox/messages.html", shell(member) | words | {"tab": "messages"})


@csrf_protect
@require_POST
def click(request: HttpRequest, msgid: str) -> HttpResponse:
    """A button of a card was pressed."""
    member = acting(request)
    message = corp.messages.get(msgid)
    if not isinstance(member, User) or message is None:
        raise Http404
    try:
        with corp.lock:
            event = callbacks.click(member.key, msgid, request.POST.get("key", ""), _selected(request))
            corp.changes += 1
    except ApiError as error:
        return HttpResponseBadRequest(error.text)
    deadline = time.monotonic() + CLICK_WAIT
    while event.state == "waiting" and time.monotonic() < deadline:
        time.sleep(0.05)
    return HttpResponseRedirect(f"/messages/app/{message.agentid}/#m-{msgid}")


def _selected(request: HttpRequest) -> dict[str, list[str]]:
    """What was chosen in the card: fields named ``q:<question_key>``."""
    return {name[2:]: request.POST.getlist(name) for name in request.POST if name.startswith("q:")}


@require_GET
@as_member
def news(request: HttpRequest, member: User) -> HttpResponse:
    """A word that changes when something new can be seen; the page asks for it every few seconds."""
    return JsonResponse({"version": talks.version(member), "unread": shell(member)["unread"]})
