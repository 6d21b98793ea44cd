"""What a page needs to show a tool in a frame, or to open it in a window."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from practice_lms import messages
from practice_lms.house import house, origin


def framed(message: messages.Message) -> dict[str, Any]:
    """The login form, and what the page may do with the frame that it opens in."""
    tool = message.tool
    return {
        "tool": tool,
        "action": tool.login_url,
        "fields": messages.login_fields(message),
        "storage": house.manner.storage_frame if house.manner.storage else "",
        "origins": sorted({origin(url) for url in (tool.login_url, *tool.redirect_uris)}),
    }


@require_safe
def storage_frame(request: HttpRequest) -> HttpResponse:
    """The frame that keeps values for tools, beside the tool's own frame."""
    shown = {"origins": house.tool_origins()}
    return render(request, "practice_lms/storage_frame.html", shown)


def in_window(request: HttpRequest, message: messages.Message) -> HttpResponse:
    """A page that is nothing but the login form, for a window of its own."""
    shown = {
        "action": message.tool.login_url,
        "fields": messages.login_fields(message),
        "tool": message.tool,
    }
    return render(request, "practice_lms/post.html", shown)
