"""A content security policy of its own for the administration, whose theme evaluates expressions
and styles inline (docs/security.md). It is never framed, not even for a person of an LMS.
"""

from __future__ import annotations

from collections.abc import Callable

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.http import HttpRequest, HttpResponse

RELAXED = {
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
    "frame-ancestors": [NONE],
}
ADMINISTRATION = "admin"  # the app name of its addresses


class AdminPolicyMiddleware:
    """Stands outside PersonMiddleware, whose frame ancestors it takes back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        found = request.resolver_match
        if found is not None and ADMINISTRATION in found.app_names:
            response._csp_replace = RELAXED  # type: ignore[attr-defined]
        return response
