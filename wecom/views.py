"""The door WeCom knocks at. It answers within a second; the work is done later by ``partyhub.tasks``."""

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from wecom import crypto
from wecom.models import CallbackEvent

LARGEST_BODY = 64 * 1024
REPLAY_SECONDS = 600

log = structlog.get_logger(__name__)


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "POST"])
def callback(request: HttpRequest) -> HttpResponse:
    """Verification (GET) and events (POST). Whoever cannot prove to be WeCom gets 4xx and leaves no trace."""
    if not (settings.WECOM_CALLBACK_TOKEN and settings.WECOM_CALLBACK_AES_KEY):
        return _plain("", status=404)
    if _length(request) > LARGEST_BODY:
        return _plain("", status=413)
    try:
        return _verify(request) if request.method == "GET" else _receive(request)
    except crypto.NotAuthentic as error:
        log.warning("wecom_callback_refused", reason=str(error))
        return _plain("", status=403)
    except (crypto.Malformed, UnreadablePostError) as error:
        log.warning("wecom_callback_unreadable", reason=str(error))
        return _plain("", status=400)


def _verify(request: HttpRequest) -> HttpResponse:
    """Prove to WeCom that we hold the key: the decrypted echo, exactly."""
    return _plain(crypto.channel().open(_asked(request, "echostr"), _stamp(request)))


def _receive(request: HttpRequest) -> HttpResponse:
    stamp = _stamp(request)
    envelope = crypto.parse(request.body)
    encrypted = envelope.get("Encrypt")
    if not isinstance(encrypted, str) or not encrypted:
        raise crypto.Malformed("no Encrypt")
    text = crypto.channel().open(encrypted, stamp)
    seen = f"wecom:callback:{stamp.fingerprint}"
    if cache.get(seen):
        return _plain("success")
    event = crypto.parse(text)
    _check_address(event)
    CallbackEvent.objects.keep(event)
    # Remembered only now: when storing fails, WeCom's repetition must find the door open.
    cache.set(seen, 1, REPLAY_SECONDS)
    return _plain("success")


def _check_address(event: dict) -> None:
    """The sealed text itself names the corporation and the app it is for; directory events name no app."""
    if event.get("ToUserName") != settings.WECOM_CORP_ID:
        raise crypto.NotAuthentic("corporation")
    if event.get("AgentID", "") not in {"", "0", str(settings.WECOM_AGENT_ID)}:
        raise crypto.NotAuthentic("agent")


def _stamp(request: HttpRequest) -> crypto.Stamp:
    stamp = crypto.Stamp(*(_asked(request, name) for name in ("msg_signature", "timestamp", "nonce")))
    crypto.check_fresh(stamp.timestamp)
    return stamp


def _asked(request: HttpRequest, name: str) -> str:
    value = request.GET.get(name, "")
    if not value or len(value) > 2048:
        raise crypto.Malformed(name)
    return value


def _length(request: HttpRequest) -> int:
    """What the sender says, looked at before anything is read. Nonsense counts as too long."""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(length) if length.isdecimal() and len(length) < 10 else LARGEST_BODY + 1


def _plain(content: str, status: int = 200) -> HttpResponse:
    return HttpResponse(content, status=status, content_type="text/plain; charset=utf-8")
