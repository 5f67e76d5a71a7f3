"""The Django side: settings of its own, no database, no app of the portal."""

import os
import secrets
from multiprocessing.util import Finalize
from pathlib import Path

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from wecom.sandbox import seed
from wecom.sandbox.corp import Saver, corp

HERE = Path(__file__).resolve().parent


def configure() -> None:
    settings.configure(
        SECRET_KEY=secrets.token_urlsafe(50),
        ROOT_URLCONF="wecom.sandbox.urls",
        ALLOWED_HOSTS=["127.0.0.1", "localhost"],
        INSTALLED_APPS=[],
        MIDDLEWARE=["wecom.sandbox.server.headers"],
        DATABASES={},
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [HERE / "templates"],
                "OPTIONS": {
                    "builtins": ["wecom.sandbox.looks"],
                    "context_processors": ["wecom.sandbox.looks.everywhere"],
                    "loaders": [
                        (
                            "django.template.loaders.cached.Loader",
                            ["django.template.loaders.filesystem.Loader"],
                        )
                    ],
                },
            }
        ],
        CSRF_COOKIE_NAME="sandbox_csrf",
        LANGUAGE_CODE="zh-hans",
        USE_I18N=True,
        USE_TZ=True,
        TIME_ZONE="Asia/Shanghai",
        DATA_UPLOAD_MAX_MEMORY_SIZE=32 * 1024 * 1024,
        FILE_UPLOAD_MAX_MEMORY_SIZE=32 * 1024 * 1024,
        LOGGING_CONFIG=None,
    )
    django.setup()


def headers(get_response):
    """Nothing is loaded from elsewhere. Forms may end at the portal, hence the open ``form-action``."""
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self' http: https:; base-uri 'none'; frame-ancestors 'none'"
    )

    def middleware(request):
        request.get_host()  # refuses names that are not this machine's
        response = get_response(request)
        response["Content-Security-Policy"] = policy
        response["X-Content-Type-Options"] = "nosniff"
        response["Referrer-Policy"] = "same-origin"
        return response

    return middleware


def start():
    """Called in the serving process: read the people and the saved state, then answer requests."""
    configure()
    from wecom.sandbox import callbacks  # noqa: F401
    from wecom.sandbox.corp import Saver

    corp.portal = os.environ["SANDBOX_PORTAL"].rstrip("/")
    corp.reset()
    data = os.environ.get("SANDBOX_DATA")
    if data and Path(data).exists():
        _load(Path(data))
    seed_file = os.environ.get("SANDBOX_SEED")
    seed.load_file(Path(seed_file) if seed_file else None)
    if data:
        _save_to(Saver(Path(data)))
    return get_wsgi_application()


def _load(data: Path) -> None:
    """Take over the saved state. What cannot be read is put aside, and the corp starts empty."""
    try:
        corp.load(data)
    except (KeyError, TypeError, ValueError):
        data.replace(data.with_suffix(".unreadable"))
        corp.reset()


def _save_to(saver: Saver) -> None:
    """Save now and then, and once more at the end. The serving process is a child, which skips ``atexit``."""
    saver.path.parent.mkdir(parents=True, exist_ok=True)
    saver.start()
    Finalize(None, saver.save_if_changed, exitpriority=10)
