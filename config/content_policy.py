"""The content security policy of every answer, put together once for each kind of page.

django-csp does it anew for every answer. There are few kinds of pages here: most change nothing,
those for people of an LMS say who may frame them. Whatever else a view asks of django-csp is
left to it.
"""

from __future__ import annotations

from functools import lru_cache

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

KINDS_KEPT = 500
_SPECIAL = (
    "_csp_config",
    "_csp_update",
    "_csp_exempt",
    "_csp_config_ro",
    "_csp_update_ro",
    "_csp_replace_ro",
    "_csp_exempt_ro",
)


class ContentPolicyMiddleware(CSPMiddleware):
    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if HEADER in response or _is_special(request, response):
            return super().process_response(request, response)
        replaced: dict[str, list[str]] = getattr(response, "_csp_replace", None) or {}
        response[HEADER] = _policy(tuple((name, tuple(new)) for name, new in replaced.items()))
        return response


def _is_special(request: HttpRequest, response: HttpResponseBase) -> bool:
    asked = vars(response)
    return (
        hasattr(request, "_csp_nonce")
        or hasattr(settings, "CONTENT_SECURITY_POLICY_REPORT_ONLY")
        or any(name in asked for name in _SPECIAL)
    )


@lru_cache(maxsize=KINDS_KEPT)
def _policy(replaced: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    return build_policy(replace={name: list(sources) for name, sources in replaced})
