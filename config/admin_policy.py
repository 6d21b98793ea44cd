"""A content security policy of its own for the administration, whose theme evaluates expressions
and styles inline (docs/security.md). It is never framed, not even for a person of an LMS.
"""

from __future__ import annotations

from collections.abc import Callable

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy

RELAXED = {
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
    "frame-ancestors": [NONE],
}
ADMINISTRATION = reverse_lazy("admin:index")


class AdminPolicyMiddleware:
    """Stands outside PersonMiddleware, whose frame ancestors it takes back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(str(ADMINISTRATION)):
            response._csp_replace = RELAXED  # type: ignore[attr-defined]
        return response
