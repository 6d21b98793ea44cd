"""What tools say to people whom they send back (LTI Core 1.3, 5.4.4: lti_errormsg, lti_msg)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

SAID = 500


def context(request: HttpRequest) -> dict[str, Any]:
    """For every template: the texts, cut to a length that a page can bear."""
    return {
        "returned": {
            "error": request.GET.get("lti_errormsg", "")[:SAID],
            "message": request.GET.get("lti_msg", "")[:SAID],
        }
    }
