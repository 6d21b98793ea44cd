"""Django's protection against forged forms, which looks into the session only where it is needed.

With the secret in the session Django reads the session for every request, also for the addresses
that an LMS calls: they are exempt, and their proof is the signed message.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware


class LazyCsrfMiddleware(CsrfViewMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        """Nothing yet: the view is not known here."""

    def process_view(
        self, request: HttpRequest, callback: Any, callback_args: Any, callback_kwargs: Any
    ) -> HttpResponseForbidden | None:
        if getattr(callback, "csrf_exempt", False):
            return None
        super().process_request(request)
        return super().process_view(request, callback, callback_args, callback_kwargs)
