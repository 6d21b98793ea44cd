"""Settings, read from the environment. docs/operations.md explains each variable.

A variable may be given as NAME or, for secrets mounted as files, as NAME_FILE.
Production needs SECRET_KEY, ENCRYPTION_KEY, DATABASE_URL, REDIS_URL, ALLOWED_HOSTS and BASE_URL;
there is no default for any of them, so that a missing one is said at start and not at night.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from csp.constants import NONE, SELF

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()

DEBUG = False
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
# The public address of the tool, without a slash at the end: what an LMS is told to call.
BASE_URL = env.str("BASE_URL").rstrip("/")
# Newest first: the first key encrypts, all of them decrypt.
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEY")
# LMSs on plain http or private addresses: for the demo and the tests only.
INSECURE_PLATFORMS = env.bool("INSECURE_PLATFORMS", default=False)

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_rq",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "audit",
    "lti_tool",
    "rubrics",
    "grading",
    "review",
    "config",
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
# With one language there is nothing to choose.
_CHOOSES_LANGUAGE = ["django.middleware.locale.LocaleMiddleware"] if len(LANGUAGES) > 1 else []

MIDDLEWARE = [
    "config.reference.ReferenceMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.content_policy.ContentPolicyMiddleware",
    "lti_tool.cookies.PartitionedCookieMiddleware",
    "lti_tool.tabs.TabSessionMiddleware",
    *_CHOOSES_LANGUAGE,
    "django.middleware.common.CommonMiddleware",
    "config.csrf.LazyCsrfMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.admin_policy.AdminPolicyMiddleware",
    "lti_tool.middleware.PersonMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

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
                "config.reference.context",
            ],
        },
    },
]

DATABASES: dict[str, dict[str, Any]] = {"default": env.db("DATABASE_URL")}
DATABASES["default"]["ENGINE"] = "config.database"
# What DATABASE_URL says after a question mark (such as sslmode) is kept; `prepared=off` is for
# poolers between us and the database that know no prepared statements.
_options = DATABASES["default"].get("OPTIONS", {})
_prepared = _options.pop("prepared", "on") != "off"
DATABASES["default"]["OPTIONS"] = {
    **_options,
    "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL", default=8), "timeout": 10},
    # Of use to the few statements that ask for it (lti_tool.familiar), not to those of the ORM.
    "prepare_threshold": 0 if _prepared else None,
}
# A connection is tried before it is used, so a restarted database costs nobody an error.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cograde",
    }
}
# `diagnostics` is served first: a learner is looking at the page.
RQ_QUEUES = {
    name: {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 120, "DEFAULT_RESULT_TTL": 60}
    for name in ("diagnostics", "default")
}
RQ = {"WORKER_CLASS": "config.queues.Worker"}
# Called in turn by `manage.py run_scheduler`. Each wakes work that is due according to
# PostgreSQL, so nothing depends on the queue having kept a job.
PERIODIC = [
    "grading.intake.hand_in_overdue",
    "grading.pipeline.wake_due",
    "grading.diagnostics.wake_due",
    "grading.regrading.wake_due",
    "lti_tool.outbox.wake_due",
    "lti_tool.roster.read_due",
    "lti_tool.notice_services.subscribe_due",
    "lti_tool.notices.handle_due",
    "lti_tool.asset_reports.deliver_due",
    "grading.assets.process_due",
    "grading.assets.report_due",
    "lti_tool.keys.rotate_when_due",
    "lti_tool.forgetting.forget_expired",
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"

# One cookie, which must live inside the frame of another site: see docs/decisions/0003.
SESSION_ENGINE = "lti_tool.sessions"
SESSION_COOKIE_NAME = "__Host-cograde"
SESSION_COOKIE_SAMESITE = "None"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600
CSRF_USE_SESSIONS = True
CSRF_FAILURE_VIEW = "config.views.csrf_failure"
CSRF_COOKIE_SECURE = True
CSRF_TRUSTED_ORIGINS = [BASE_URL]

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if BASE_URL.startswith("https://"):
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Framing is ruled by frame-ancestors, which names the LMS; the older header cannot, and every
# browser that keeps partitioned cookies knows the newer one.
# The protection against forged forms is Django's own in a subclass, which the check does not know.
SILENCED_SYSTEM_CHECKS = ["security.W002", "security.W003"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 250  # a folder may have 200, and a little that is left out

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    },
}

LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

# Absolute: addresses of tabs have a prefix that static files do not share.
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / ".local" / "media")))
# Modules import one another by names without a hash: after an upgrade they are old for a minute.
WHITENOISE_MAX_AGE = 60
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Cograde",
    "DESCRIPTION": "Rubrics and assessments, for staff.",
    "VERSION": "1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAdminUser"],
    "SERVE_INCLUDE_SCHEMA": False,
}

# The accent of static/css/tokens.css, so that the administration is seen to be the same product.
ADMIN_ACCENT = {
    "50": "#f2f6fd",
    "100": "#e6eefc",
    "200": "#c9dafa",
    "300": "#93b8ff",
    "400": "#5f90ee",
    "500": "#3569d0",
    "600": "#1d4fae",
    "700": "#163f8e",
    "800": "#14356f",
    "900": "#1a2a47",
    "950": "#0b1730",
}
UNFOLD = {
    "COLORS": {"primary": ADMIN_ACCENT},
    "SITE_TITLE": "Cograde",
    "SITE_HEADER": "Cograde",
    "SITE_URL": None,
    "SHOW_HISTORY": True,
}

# How many days one of our keys signs before the next one takes over; 0: until somebody says so.
TOOL_KEY_DAYS = env.int("TOOL_KEY_DAYS", default=90)
LTI_LAUNCH_TARGET = "grading:open"
LTI_DEEP_LINK_TARGET = "grading:choose"
LTI_SUBMISSION_REVIEW_TARGET = "grading:submission_review"
LTI_DATA_PRIVACY_TARGET = "grading:privacy"
LTI_REPORT_REVIEW_TARGET = "grading:asset_report"
LTI_PROCESSOR_SETTINGS_TARGET = "grading:asset_processor"
GRADING_REVIEW_URL = "review:queue"
GRADING_RESPONSE_URL = "review:response"
# Rooms above grading that store something about people: holdings, lists and erase of each.
PERSONAL_DATA = ["review.personal_data"]
# How long a grade waits after the last mark, so that a reviewer's slip can be taken back.
REVIEW_UNDO_SECONDS = env.int("REVIEW_UNDO_SECONDS", default=20)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"reference": {"()": "config.reference.ReferenceFilter"}},
    "formatters": {
        "line": {
            "format": "{asctime} {levelname} {name} ref={reference} {message}",
            "style": "{",
        }
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["reference"]}
    },
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
}
