"""Settings of the portal, read from top to bottom.

What differs between installations comes from the environment (``.env.example`` lists every name). A value that
makes no sense stops the start with a sentence; secrets may also come from files (``SECRET_KEY_FILE=/run/…``).
Without any variable the portal runs embedded: SQLite, a queue in files and the WeCom sandbox.
"""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
import structlog
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from django.templatetags.static import static

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()
environ.Env.read_env(BASE_DIR / ".env")


def flag(name: str, *, default: bool) -> bool:
    """A yes-or-no variable. ``environ`` reads every unknown word as "no"; here it is an error."""
    word = env.str(name, default=str(default)).strip().lower()
    if word not in {"true", "yes", "1", "on", "false", "no", "0", "off"}:
        raise ImproperlyConfigured(f"{name}={word!r}: 只能写 true 或 false。")
    return word in {"true", "yes", "1", "on"}


def choice(name: str, *, default: str, allowed: set[str]) -> str:
    """A variable with a closed list of values."""
    word = env.str(name, default=default).strip()
    if word not in allowed:
        raise ImproperlyConfigured(f"{name}={word!r}: 只能是 {'、'.join(sorted(allowed))} 之一。")
    return word


def address(name: str, *, default: str) -> str:
    """An http(s) address without a trailing slash."""
    value = env.str(name, default=default).strip().rstrip("/")
    if value and not value.startswith(("http://", "https://")):
        raise ImproperlyConfigured(f"{name}={value!r}: 要以 http:// 或 https:// 开头。")
    return value


# --- Kind of installation ---------------------------------------------------------------------------------

MODE = choice("PARTYHUB_MODE", default="embedded", allowed={"embedded", "production"})
EMBEDDED = MODE == "embedded"
DEBUG = flag("DEBUG", default=EMBEDDED)
VAR_DIR = Path(env.str("PARTYHUB_VAR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)


def embedded_secret() -> str:
    """The key of an embedded installation: made once, kept beside its data."""
    path = VAR_DIR / "secret_key"
    if not path.exists():
        part = VAR_DIR / f".secret_key.{os.getpid()}"
        part.write_text(get_random_secret_key(), encoding="utf-8")
        part.chmod(0o600)
        part.rename(path)
    return path.read_text(encoding="utf-8")


SECRET_KEY = env.str("SECRET_KEY", default=embedded_secret() if EMBEDDED else "")
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY 没有设置或短于 50 个字符。生产环境必须自己给一个随机长密钥。")
if len(set(SECRET_KEY)) < 10 or SECRET_KEY.startswith("django-insecure-"):
    raise ImproperlyConfigured("SECRET_KEY 太容易猜。生产环境必须自己给一个随机长密钥。")
if DEBUG and not EMBEDDED:
    raise ImproperlyConfigured("生产环境不能打开 DEBUG。")

SITE_URL = address("SITE_URL", default="http://127.0.0.1:8000" if EMBEDDED else "")
if not SITE_URL:
    raise ImproperlyConfigured(
        "SITE_URL 没有设置：写上师生打开平台的网址，例如 https://party.example.edu.cn。"
    )
SECURE = SITE_URL.startswith("https://")
SITE_NAME = env.str("SITE_NAME", default="学生党支部")
FILING_NUMBERS = env.list("FILING_NUMBERS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if EMBEDDED else [])
if not ALLOWED_HOSTS:
    ALLOWED_HOSTS = [urlsplit(SITE_URL).hostname]
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS 不能写 *，要写真实的域名。")
if "127.0.0.1" not in ALLOWED_HOSTS:
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, "127.0.0.1"]  # probes on the machine itself
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])

# --- Applications -----------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "partyhub.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_celery_beat",
    "django_filters",
    "django_htmx",
    "django_prose_editor",
    "django_structlog",
    "guardian",
    "import_export",
    "rest_framework",
    "template_partials",
    "tree_queries",
    "core",
    "wecom",
    "notifications",
    "accounts",
    "learning",
    "appointments",
    "activities",
    "partyhub",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "core.middleware.HeadersMiddleware",
    "core.middleware.RequestLogMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.SessionLimitsMiddleware",
    "accounts.middleware.SignInRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.middleware.DomainErrorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "partyhub.urls"
WSGI_APPLICATION = "partyhub.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "partyhub.context.portal",
            ],
        },
    }
]

# --- Data -------------------------------------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'partyhub.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE takes the write lock before the first read, so that read-decide-write is safe and nobody
    # fails with "database is locked" half-way.
    DATABASES["default"] |= {
        "CONN_MAX_AGE": 600,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        },
        # A file, not memory: several connections of one test must see one database.
        "TEST": {"NAME": str(VAR_DIR / f"test-{os.getpid()}.sqlite3")},
    }
else:
    DATABASES["default"] |= {
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL", default=8), "timeout": 10},
            "options": "-c lock_timeout=3000",
        },
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "partyhub_cache"}
}
# Files behind a permission check; never below the static root.
PROTECTED_ROOT = VAR_DIR / "files"
BACKUP_DIR = Path(env.str("BACKUP_DIR", default=str(VAR_DIR / "backups")))
# What /readyz answers 503 for; the other checks are reported only (partyhub.health).
HEALTH_REQUIRED = env.list(
    "HEALTH_REQUIRED",
    default=["database", "migrations", "disk"]
    if EMBEDDED
    else ["database", "migrations", "disk", "scheduler", "outbox", "backup"],
)

# --- Queue ------------------------------------------------------------------------------------------------

if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 900,
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "unacked_restore_limit": 100,
    }
else:
    _broker = VAR_DIR / "broker"
    for _folder in ("messages", "processed", "control"):
        (_broker / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_URL = "fsatomic://"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker / "messages"),
        "data_folder_out": str(_broker / "messages"),
        "processed_folder": str(_broker / "processed"),
        "control_folder": str(_broker / "control"),
        "polling_interval": 0.2,
    }
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_TIME_LIMIT = 600
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = {
    "deliver-due-messages": {
        "task": "notifications.tasks.deliver",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "forget-old-messages": {
        "task": "notifications.tasks.forget_old_messages",
        "schedule": crontab(hour=3, minute=20),
    },
    # Every hour: who was down at midnight catches up.
    "begin-day": {"task": "accounts.tasks.begin_day", "schedule": crontab(minute=4)},
    "keep-chats": {"task": "accounts.tasks.keep_chats", "schedule": 60.0},
    "seal-audit-log": {"task": "core.tasks.seal_audit_log", "schedule": 60.0},
    "heartbeat": {"task": "partyhub.tasks.heartbeat", "schedule": 60.0},
    "purge-audit-origins": {"task": "core.tasks.purge_audit_origins", "schedule": crontab(hour=4, minute=17)},
    "handle-wecom-events": {"task": "partyhub.tasks.handle_wecom_events", "schedule": 5.0},
    "tend-rosters": {"task": "accounts.tasks.tend_rosters", "schedule": 60.0},
    "tend-directory": {"task": "accounts.tasks.tend_directory", "schedule": 300.0},
    # not on the hour or half hour, when WeCom is slowest
    "check-directory": {"task": "accounts.tasks.check_directory", "schedule": crontab(hour=4, minute=13)},
    "refresh-question-statistics": {
        "task": "learning.tasks.refresh_statistics",
        "schedule": crontab(hour=3, minute=47),
    },
    "tend-assignments": {"task": "learning.tasks.tend_assignments", "schedule": crontab(minute=14)},
    "tend-quizzes": {"task": "learning.tasks.tend_quizzes", "schedule": crontab(minute="1-59/10")},
    "send-due-items": {"task": "learning.tasks.send_due_items", "schedule": 60.0},
    "warn-of-short-weeks": {
        "task": "learning.tasks.warn_of_short_weeks",
        "schedule": crontab(day_of_week="wed,fri", hour="9-18", minute=11),
    },
    "tend-corrections": {"task": "learning.tasks.tend_corrections", "schedule": 60.0},
    "close-overdue-attempts": {"task": "learning.tasks.close_overdue_attempts", "schedule": 60.0},
    "erase-old-answers": {"task": "learning.tasks.erase_old_answers", "schedule": crontab(hour=4, minute=27)},
    "forget-the-departed": {
        "task": "learning.tasks.forget_the_departed",
        "schedule": crontab(hour=4, minute=33),
    },
    "purge-expired-files": {"task": "core.tasks.purge_expired_files", "schedule": 3600.0},
}

# --- People -----------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign_in_choice"
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
ANONYMOUS_USER_NAME = None

# The forms call it so; axes would look for the name of the model field and never count per account.
AXES_USERNAME_FORM_FIELD = "username"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username"], ["ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_IPWARE_PROXY_TRUSTED_IPS = TRUSTED_PROXIES
AXES_IPWARE_PROXY_COUNT = len(TRUSTED_PROXIES) or None
AXES_IPWARE_META_PRECEDENCE_ORDER = (
    ["HTTP_X_FORWARDED_FOR", "REMOTE_ADDR"] if TRUSTED_PROXIES else ["REMOTE_ADDR"]
)
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_VERBOSE = False

AXES_LOCKOUT_CALLABLE = "accounts.views.sign_in.locked_out"

# Idle, absolute. WeCom signs people in again without a question, so short limits cost nothing.
SESSION_LIMITS = {
    "portal": (timedelta(hours=24), timedelta(days=7)),
    "admin": (timedelta(minutes=30), timedelta(hours=12)),
}
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
SESSION_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 7 * 24 * 3600
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "partyhub.errors.csrf_failure"

# --- WeCom ------------------------------------------------------------------------------------------------

# The sandbox stands in for WeCom in demos and tests. A system check refuses it when DEBUG is off.
WECOM_SANDBOX_URL = address(
    "WECOM_SANDBOX_URL", default="http://127.0.0.1:8001" if EMBEDDED and DEBUG else ""
)
WECOM_CORP_ID = env.str("WECOM_CORP_ID", default="wwpartyhubsandbox" if WECOM_SANDBOX_URL else "")
WECOM_AGENT_ID = env.int("WECOM_AGENT_ID", default=1000002 if WECOM_SANDBOX_URL else 0)
WECOM_SECRET = env.str("WECOM_SECRET", default="sandbox-portal-app-secret" if WECOM_SANDBOX_URL else "")
WECOM_CONTACT_SECRET = env.str(
    "WECOM_CONTACT_SECRET", default="contact-sync-secret-sandbox" if WECOM_SANDBOX_URL else ""
)
WECOM_CALLBACK_TOKEN = env.str(
    "WECOM_CALLBACK_TOKEN", default="sandboxCallbackToken" if WECOM_SANDBOX_URL else ""
)
WECOM_CALLBACK_AES_KEY = env.str(
    "WECOM_CALLBACK_AES_KEY",
    default="c2FuZGJveC1jYWxsYmFjay1hZXMta2V5LTMyLWJ5dGU" if WECOM_SANDBOX_URL else "",
)
WECOM_API_BASE = WECOM_SANDBOX_URL or "https://qyapi.weixin.qq.com"
WECOM_OAUTH_BASE = WECOM_SANDBOX_URL or "https://open.weixin.qq.com"
WECOM_LOGIN_BASE = WECOM_SANDBOX_URL or "https://login.work.weixin.qq.com"
# What WeCom wants to read at /WW_verify_<token>.txt before it trusts the domain.
WECOM_DOMAIN_TOKENS = env.list("WECOM_DOMAIN_TOKENS", default=[])
# Finds people's WeCom userids for the outbox, which stands below the people.
NOTIFICATIONS_ADDRESS_BOOK = "accounts.address_book.userids"
# Calls that the school must switch on in WeCom's own console first.
WECOM_FEATURES = {
    "appchat": flag("WECOM_APPCHAT", default=True),
    "schedule": flag("WECOM_SCHEDULE", default=False),
    "living": flag("WECOM_LIVING", default=False),
}

# --- Words, time, files for browsers ----------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["partyhub.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns about a folder that is not there yet
STATICFILES_DIRS = [BASE_DIR / "static", ("vendor", BASE_DIR / "var" / "assets")]
WHITENOISE_USE_FINDERS = EMBEDDED
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": PROTECTED_ROOT,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EMBEDDED
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Headers ----------------------------------------------------------------------------------------------

_policy = {
    "default-src": [NONE],
    "script-src": [SELF, NONCE],
    "style-src": [SELF, NONCE],
    "img-src": [SELF, "data:", "blob:"],
    "media-src": [SELF],
    "font-src": [SELF],
    "connect-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "object-src": [NONE],
    "frame-ancestors": [NONE],
    "manifest-src": [SELF],
}
CONTENT_SECURITY_POLICY = {"DIRECTIVES": _policy}
# unfold draws with Alpine.js, which evaluates expressions and writes style attributes; the looser policy is
# used for the admin's addresses only (core.middleware.HeadersMiddleware).
ADMIN_CONTENT_SECURITY_POLICY = _policy | {
    "script-src": [SELF, UNSAFE_EVAL, NONCE],
    "style-src": [SELF, UNSAFE_INLINE],
}

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = SECURE and flag("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = ["^livez$", "^readyz$"]  # probes on the machine itself speak plain http
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "core.api.exception_handler",
}

# --- Logs -------------------------------------------------------------------------------------------------

LOG_LEVEL = choice("LOG_LEVEL", default="INFO", allowed={"DEBUG", "INFO", "WARNING", "ERROR"})
_processors = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=False),
    structlog.processors.format_exc_info,
]
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        *_processors[1:],
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
# Who did it from where is the audit log's business. Looking the person up would also cost a query on every
# request and fail a second time when the database is what broke.
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_USER_ID_FIELD = ""
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer(ensure_ascii=False),
            "foreign_pre_chain": _processors,
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "axes": {"level": "WARNING"},
        # it wonders that the broker of a start without Redis, a folder, has no host
        "kombu.connection": {"level": "ERROR"},
        # its debug lines hold whole addresses, tokens and secrets included
        "urllib3": {"level": "WARNING"},
        "django.server": {"level": "WARNING", "handlers": ["console"], "propagate": False},
    },
}

UNFOLD = {
    "SITE_TITLE": "党支部工作后台",
    "SITE_HEADER": "党支部工作后台",
    "SITE_SYMBOL": "groups",
    "SHOW_HISTORY": lambda request: "core.view_audit" in getattr(request.user, "rights", ()),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("icon.svg")},
    ],
    "STYLES": [lambda request: static("css/admin.css")],
    "DASHBOARD_CALLBACK": "partyhub.dashboard.dashboard",
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": {
        "primary": {
            "50": "250, 238, 236",
            "100": "245, 220, 216",
            "200": "235, 190, 184",
            "300": "222, 150, 141",
            "400": "205, 103, 92",
            "500": "190, 74, 64",
            "600": "181, 54, 44",
            "700": "150, 44, 36",
            "800": "120, 36, 30",
            "900": "98, 31, 26",
            "950": "58, 18, 15",
        },
    },
}
