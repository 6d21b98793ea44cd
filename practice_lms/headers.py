"""Security headers. Pages may frame, and post forms to, the registered tools and nobody else."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from practice_lms.house import house


class HeadersMiddleware:
    """Add the content security policy (CSP level 3) and keep pages out of shared caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers["Content-Security-Policy"] = policy()
        return response


def policy() -> str:
    """``frame-ancestors 'self'``: the step that posts the id_token runs inside our own frame."""
    tools = " ".join(["'self'", *house.tool_origins()])
    directives = {
        "default-src": "'none'",
        "style-src": "'self'",
        "script-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "frame-src": tools,
        "form-action": tools,
        "frame-ancestors": "'self'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())
