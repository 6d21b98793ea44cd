"""Settings of the Practice LMS: Django as a web layer, without a database.

PRACTICE_LMS_URL: the public address and issuer (default http://localhost:8001).
TOOL_URL: the tool that is registered at start (default http://127.0.0.1:8000).
PRACTICE_LMS_DATA: the journal file, or a folder for it; without it all is forgotten at the end.
PRACTICE_LMS_CONTROL_TOKEN: bearer token of the control API; without it that API is off.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from practice_lms.journal import Journal

HERE = Path(__file__).resolve().parent

PRACTICE_LMS_URL = os.environ.get("PRACTICE_LMS_URL", "http://localhost:8001").rstrip("/")
TOOL_URL = os.environ.get("TOOL_URL", "http://127.0.0.1:8000").rstrip("/")
CONTROL_TOKEN = os.environ.get("PRACTICE_LMS_CONTROL_TOKEN", "")


def _journal_path() -> Path | None:
    given = os.environ.get("PRACTICE_LMS_DATA")
    if not given:
        return None
    path = Path(given)
    return path / "practice_lms.jsonl" if path.is_dir() else path


JOURNAL = Journal(_journal_path())

_host = urlsplit(PRACTICE_LMS_URL).hostname or "localhost"
_https = PRACTICE_LMS_URL.startswith("https://")

DEBUG = False
SECRET_KEY = JOURNAL.secret
ALLOWED_HOSTS = sorted({_host, "localhost", "127.0.0.1", "[::1]"})
CSRF_TRUSTED_ORIGINS = [PRACTICE_LMS_URL]

INSTALLED_APPS: list[str] = []
DATABASES: dict[str, dict[str, object]] = {}
MIDDLEWARE = [
    "practice_lms.request_log.RequestLogMiddleware",
    "practice_lms.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
ROOT_URLCONF = "practice_lms.urls"
WSGI_APPLICATION = "practice_lms.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "OPTIONS": {
            "context_processors": [
                "practice_lms.sign_in.context",
                "practice_lms.returning.context",
            ]
        },
    },
]
STATIC_URL = "/static/"
STATIC_FILES = HERE / "static"
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = False

# The tool in the frame sends the browser back here from another site, so the cookie that tells
# who is signed in must be sent across sites, which browsers allow for secure cookies alone.
# They count http://localhost as secure. Anywhere else without https only new windows will work.
CROSS_SITE_COOKIES = _https or _host in ("localhost", "127.0.0.1")
SIGN_IN_COOKIE = "practice_lms_person"
SIGN_IN_SECONDS = 12 * 3600
CSRF_COOKIE_NAME = "practice_lms_csrf"
CSRF_COOKIE_SECURE = CROSS_SITE_COOKIES
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "practice_lms.problems.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
# As the LMSs have it that we know of: a tool in a window of its own, which passes through our
# sign-in step, stays in touch with the page that opened it.
SECURE_CROSS_ORIGIN_OPENER_POLICY = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {
        "django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        "django.security": {"handlers": ["console"], "level": "ERROR", "propagate": False},
    },
}
