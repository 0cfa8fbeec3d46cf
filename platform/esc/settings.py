"""Settings: everything that differs between places is an environment variable (see .env.example)."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

import dj_database_url
import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from esc import env

django_stubs_ext.monkeypatch()  # ModelAdmin[Study] and its like: what the type checker asks for must run, too

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
PRODUCTION = env.flag("PRODUCTION")
DEBUG = False  # never: a participant must not see a traceback, and the demo should look like the real thing


def _private_folder(folder: Path) -> None:
    """The folder is there, and nobody but this process's own user looks into it: its files hold what people wrote."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        with suppress(PermissionError):  # it is somebody else's, who decides about it
            folder.chmod(0o700)


def _secret_key() -> str:
    """The key from the environment; outside production one is made once and kept under var/."""
    if key := env.text("SECRET_KEY"):
        return key
    if PRODUCTION:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. In production set it to a long random text that stays secret."
        )
    kept, made = VAR / "secret_key", VAR / f"secret_key.{os.getpid()}"
    if not kept.exists():
        made.touch(mode=0o600)
        made.write_text(secrets.token_urlsafe(50))
        with suppress(FileExistsError):  # of two processes that start at once, both read the one whole key
            os.link(made, kept)
        made.unlink()
    return kept.read_text()


def _allowed_hosts() -> list[str]:
    hosts = env.words("ALLOWED_HOSTS", [])
    if PRODUCTION and not hosts:
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS is not set. In production name the hosts that serve this site, separated by commas."
        )
    return hosts or ["localhost", "127.0.0.1", "[::1]"]


def _database() -> dict[str, Any]:
    """PostgreSQL where DATABASE_URL says so, else SQLite under var/, set up so that claims and positions are safe."""
    url = env.text("DATABASE_URL", f"sqlite:///{VAR / 'esc.sqlite3'}")
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))
    except (ValueError, dj_database_url.UnknownSchemeError) as error:
        raise ImproperlyConfigured(f"DATABASE_URL: {error}") from error
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = {
            # SQLite ignores SELECT … FOR UPDATE: a write transaction takes the lock when it begins instead.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,  # seconds
            # FULL: an acknowledged utterance must survive a power cut, not only a killed process.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
    elif config["ENGINE"] == "django.db.backends.postgresql":
        # A database that vanished without a word is noticed in a quarter of a minute, not after fifteen of them.
        noticed = {"keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 2, "tcp_user_timeout": 15_000}
        config["OPTIONS"] = noticed | config.get("OPTIONS", {})
    return config


_private_folder(VAR)
SECRET_KEY = _secret_key()
ALLOWED_HOSTS = _allowed_hosts()
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [])
DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "django_countries",
    "esc",
    "esc.studies",
    "esc.participants",
    "esc.safety",
    "esc.staff",
    "tutorial",
    "chat",
    "surveys",
    "qc",
    "corpus",
    "modelserve",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "esc.middleware.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "esc.csrf.PrivateCsrfMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "esc.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "esc.urls"
ASGI_APPLICATION = "esc.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# People
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
SESSION_COOKIE_AGE = 60 * 60 * 24 * 60  # seconds: a participant may pause for weeks and land in the same seat
SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "esc.views.stale_form"

# Security
PLAIN_HTTP = env.flag("PLAIN_HTTP")  # to try production on localhost
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION and not PLAIN_HTTP
BEHIND_TLS_PROXY = env.flag("BEHIND_TLS_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS_PROXY else None
# Browsers that were here by https never try http again. For this host alone: other names are not ours to decide on.
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if BEHIND_TLS_PROXY else 0
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],  # covers the WebSocket of the same host, too
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# Words and time
LANGUAGE_CODE = "en"
LOCALE_PATHS = [ROOT / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

# Files
STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # empty outside production; WhiteNoise warns where it is missing
STATICFILES_DIRS = [ROOT / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Live and background work: with REDIS_URL, Redis and Celery; without, everything in the one web process.
REDIS_URL = env.url("REDIS_URL", ["redis", "rediss", "unix"])
EMBEDDED = not REDIS_URL
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    if EMBEDDED
    else {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": 1, "socket_connect_timeout": 1}]},
    }
}
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for Redis as long as it takes
# An absent Redis must not hold a web request: publishing gives up after about a second (the sweep makes good for it).
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "max_retries": 0,  # kombu's own default is to try again for four more seconds
    "visibility_timeout": 3600,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True
CELERY_TIMEZONE = "UTC"
# What needs weights is done by workers that have them, `make worker-model`: they take this queue and no other.
CELERY_TASK_ROUTES = {"modelserve.serve": {"queue": "model"}}
MODEL_AGENTS = env.words("MODEL_AGENTS", [])  # the agents that this process serves; none named: all
MODEL_DEVICE = env.text("MODEL_DEVICE")  # "cpu", "cuda", "cuda:1" …; "": CUDA where there is one
# The one sweep (DESIGN §5): Celery beat reads this table, or the embedded server's loop does. Periods in seconds.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "clocks": {"task": "chat.sweep", "schedule": 1.0, "options": {"expires": 5}},
    "turns": {"task": "modelserve.answer_turns", "schedule": 0.5, "options": {"expires": 5}},
    "practice": {"task": "tutorial.answer_practice", "schedule": 1.0, "options": {"expires": 5}},
    "verdicts": {"task": "qc.judge_waiting", "schedule": 10.0, "options": {"expires": 30}},
    "alerts": {"task": "safety.send_alerts", "schedule": 10.0, "options": {"expires": 30}},
    "sign_in_tries": {"task": "staff.forget_old_tries", "schedule": 300.0, "options": {"expires": 300}},
}

# Alerts by e-mail (protocol, [alerts]). Without EMAIL_URL none can be sent, and no study that names an address opens.
EMAIL_IS_SET_UP = bool(email := env.mail_server("EMAIL_URL"))
EMAIL_HOST, EMAIL_PORT = email.host or "localhost", email.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = email.user, email.password
EMAIL_USE_SSL, EMAIL_USE_TLS = email.encryption == "smtps", email.encryption == "smtp+tls"
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "alerts@localhost")
SITE_URL = env.url("SITE_URL", ["http", "https"]).rstrip("/")  # for links in alerts

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"private": {"()": "esc.logs.PrivateAccess"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["console"],
        "level": env.choice("LOG_LEVEL", ["DEBUG", "INFO", "WARNING", "ERROR"], "WARNING"),
    },
    "loggers": {
        "esc": {"level": "INFO"},
        "django": {"level": "WARNING"},
        "uvicorn.error": {"handlers": ["console"], "filters": ["private"], "level": "INFO", "propagate": False},
        "uvicorn.access": {"handlers": ["console"], "filters": ["private"], "level": "INFO", "propagate": False},
    },
}
