"""Signing in through WeCom: which browser asked, who came back, where to go (``reliability.md`` D4, §3.11).

A ``state`` is a random word. The session of the browser that asked keeps it with the page to return to; the
cache keeps it for ten minutes until its first use. Only a state known to both lets anybody in.
"""

import time
from http import HTTPStatus

import structlog
from django.conf import settings
from django.contrib.auth import login
from django.core.cache import cache
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.actions import identities
from accounts.models import User, WeComIdentity
from core.audit.log import record
from core.errors import Conflict, DomainError, Invalid
from wecom.client import portal
from wecom.errors import Permanent, WeComError

log = structlog.get_logger(__name__)

STATE_LIFETIME = 600  # seconds
MOST_PENDING = 5
LONGEST_CODE = 512  # bytes, WeCom's own limit
LONGEST_TARGET = 500
PENDING = "sign_in_pending"


class SignInRefused(DomainError):
    """Nobody was signed in. ``title`` heads the page; ``roster`` says that the office can help."""

    code = "sign_in_refused"
    title = "没能登录"
    status = HTTPStatus.FORBIDDEN
    roster = False

    def __init__(self, message: str = "", *, account: str = "") -> None:
        super().__init__(message)
        self.account = account


class LinkWorn(SignInRefused):
    code = "sign_in_worn"
    title = "这次登录过期了"
    status = HTTPStatus.BAD_REQUEST
    message = "登录链接只能用一次，十分钟内有效。再试一次就好；如果总是这样，请允许浏览器保存 Cookie。"


class ExternalContact(SignInRefused):
    code = "sign_in_external"
    title = "只对本校师生开放"
    message = "你是以外部联系人的身份打开的。请用学校的企业微信账号再打开。"


class NotInRoster(SignInRefused):
    code = "sign_in_unknown"
    title = "名册里还没有你"
    message = "企业微信已经认出你，只是支部名册还没更新。请学院党委办公室加上你，再打开就能用。"
    roster = True


class BoundElsewhere(SignInRefused):
    code = "sign_in_bound_elsewhere"
    title = "账号对不上"
    message = "这个学号已经绑定了另一个企业微信账号。为了安全，要请学院党委办公室核对后再改。"
    roster = True


class Stopped(SignInRefused):
    code = "sign_in_stopped"
    title = "你的账号停用了"
    message = "账号被停用，所以登不进来。如果不该这样，请学院党委办公室帮你恢复。"
    roster = True


class Left(SignInRefused):
    code = "sign_in_left"
    title = "你已经离校"
    message = "名册上你已经离校，平台不再开放。要查自己的记录，请联系学院党委办公室。"
    roster = True


class WeComSilent(SignInRefused):
    code = "wecom_silent"
    title = "企业微信没有回应"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    message = "可能是它那边太忙了。等一会儿再试，已经打开的页面不受影响。"


def safe_target(wanted: str) -> str:
    """``wanted`` if it is a path on this site that leads somewhere, else the home page."""
    here = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    if not here or len(wanted) > LONGEST_TARGET or wanted.startswith(reverse("sign_in")):
        return reverse("home")
    return wanted


def begin(session, target: str) -> str:
    """Remember in ``session`` that somebody left for WeCom; returns the state to send along."""
    state = get_random_string(32)
    pending = session.get(PENDING, {}) | {state: target}
    session[PENDING] = dict(list(pending.items())[-MOST_PENDING:])
    cache.set(_key(state), time.time(), STATE_LIFETIME)
    return state


def target_of(session, state: str) -> str:
    """Where the person who left with ``state`` wanted to go; used or not. Unknown: the home page."""
    return session.get(PENDING, {}).get(state) or reverse("home")


def take(session, state: str) -> str:
    """Use ``state`` up and return its target. Raises ``LinkWorn`` if it is foreign, old or used."""
    left_at = cache.get(_key(state), 0)
    is_fresh = state in session.get(PENDING, {}) and time.time() - left_at < STATE_LIFETIME
    if not is_fresh or not cache.delete(_key(state)):  # of twenty at once, one deletes it
        raise LinkWorn
    return target_of(session, state)


def _key(state: str) -> str:
    return f"sign_in:{state}"


def userid_of(code: str) -> str:
    """Ask WeCom whose ``code`` this is. Speaks to the network: never call it inside a transaction.

    Raises ``LinkWorn`` for a bad code, ``ExternalContact`` for people outside the school, ``WeComSilent`` when
    WeCom is down, slow, limiting or wrongly set up.
    """
    if not code or len(code.encode()) > LONGEST_CODE:
        raise LinkWorn
    try:
        identity = portal().identify(code)
    except Permanent as error:
        raise LinkWorn from error
    except WeComError as error:
        log.warning("sign_in_without_wecom", errcode=error.errcode)
        raise WeComSilent from error
    if not identity.is_member or not identity.userid:
        raise ExternalContact
    return identity.userid.lower()


def person_of(userid: str) -> User:
    """The person who signs in with ``userid``; binds it at the first visit when it is the person's own number.

    Raises ``NotInRoster``, ``BoundElsewhere``, ``Left`` or ``Stopped``. Side effect: one ``WeComIdentity`` at
    the first visit. A record already bound to somebody else's userid is never handed over (``domain.md`` §6.3).
    """
    identity = (
        WeComIdentity.objects.select_related("person")
        .filter(corp_id=settings.WECOM_CORP_ID, userid=userid, unbound_at=None)
        .first()
    )
    person = identity.person if identity else _newcomer(userid)
    if person.left_on and person.left_on <= timezone.localdate():
        raise Left(account=userid)
    if not person.is_active:
        raise Stopped(account=userid)
    return person


def _newcomer(userid: str) -> User:
    people = list(User.objects.filter(number__iexact=userid)[:2])
    if len(people) != 1:
        raise NotInRoster(account=userid)
    person = people[0]
    if person.is_active:
        _bind(person, userid)
    return person


def _bind(person: User, userid: str) -> None:
    try:
        identities.bind(person=person, userid=userid, origin=WeComIdentity.Origin.NUMBER, by=person)
    except Conflict as error:
        record(None, "accounts.sign_in_refused", person, reason=BoundElsewhere.code, refused=True)
        raise BoundElsewhere(account=userid) from error
    except Invalid as error:
        raise NotInRoster(account=userid) from error


@transaction.atomic
def enter(request, person: User) -> None:
    """Sign ``person`` in: the session gets a new key and starts its clocks."""
    login(request, person, backend="django.contrib.auth.backends.ModelBackend")
    record(person, "accounts.signed_in", person)
