"""Which pages may be shown inside an LMS: those of a person, inside that person's own LMS."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from csp.constants import SELF
from django.http import HttpResponseBase

from lti_tool.models import Registration

SCHEMES = ("https", "http")


@lru_cache(maxsize=1000)
def origin(url: str) -> str | None:
    """``https://lms.example:8443`` of a URL, or None when it has no host or no web scheme."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in SCHEMES or not host:
        return None
    if any(sign in host for sign in " ;,'\"*"):
        return None
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def origins(urls: Iterable[str]) -> list[str]:
    """The distinct origins of ``urls``, sorted; what has none is left out."""
    return sorted({found for url in urls if (found := origin(url))})


def allow_frames(response: HttpResponseBase, registration: Registration) -> None:
    """Let the LMS of ``registration`` frame this response, and nobody else."""
    learned = registration.origins or origins((registration.issuer, registration.auth_login_url))
    _replace(response, "frame-ancestors", [SELF, *learned])
    # The older header knows no list of origins; browsers that know frame-ancestors ignore it.
    response.headers.pop("X-Frame-Options", None)


def allow_form_to(response: HttpResponseBase, urls: Iterable[str]) -> None:
    """Let forms of this response be posted to the origins of ``urls``.

    Browsers apply ``form-action`` to redirects as well, so those targets belong here too.
    """
    _replace(response, "form-action", [SELF, *origins(urls)])


def _replace(response: HttpResponseBase, directive: str, sources: list[str]) -> None:
    """Replace one directive of the response's policy, keeping what others replaced (django-csp)."""
    replaced = dict(getattr(response, "_csp_replace", None) or {})
    replaced[directive] = sources
    response._csp_replace = replaced  # type: ignore[attr-defined]
