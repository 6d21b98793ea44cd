"""Sessions for browsers that keep no cookie in the frame of an LMS: one per tab, in the address.

A launch that was proven through the page of the LMS (platform storage) lives under ``/t/<key>/``.
The prefix is the script name of the request, so every address that is built for a page carries it
on and no view knows of it. The key is the session's own; logs leave it out (``config.reference``).

An address can be handed to somebody else, who would then work in a stranger's name without
noticing: so only pages of ours, in the same browser, lead to pages under a key.
"""

from __future__ import annotations

import re
from importlib import import_module

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix, set_script_prefix

from lti_tool.middleware import SESSION_KEY
from lti_tool.models import Person

PREFIX = "/t/"
TAB_KEY = "tab"
# Staff sign in with a password and a cookie, never inside the frame of an LMS.
_ADDRESS = re.compile(r"/t/(?P<key>[a-z0-9]{32})(?P<rest>/(?!admin/|api/).*)\Z", re.DOTALL)


def open_tab(person: Person) -> str:
    """A session of its own for one tab of ``person``; the prefix of its addresses."""
    session: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[TAB_KEY] = True
    session.create()
    return f"{PREFIX}{session.session_key}"


class TabSessionMiddleware(SessionMiddleware):
    """Django's sessions, and those of tabs for addresses under a key."""

    def process_request(  # type: ignore[override]
        self, request: HttpRequest
    ) -> HttpResponse | None:
        found = _ADDRESS.match(request.path_info)
        if found is None:
            super().process_request(request)
            return None
        session = self.SessionStore(found["key"])
        if _from_elsewhere(request) or not session.get(TAB_KEY):
            super().process_request(request)
            return render(request, "signed_out.html", status=403)
        request.session = session
        request.path_info = found["rest"]
        request.tab = get_script_prefix()  # type: ignore[attr-defined]
        set_script_prefix(f"{PREFIX}{found['key']}/")
        return None

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        outside: str | None = getattr(request, "tab", None)
        if outside is None:
            return super().process_response(request, response)
        set_script_prefix(outside)
        failed = response.status_code >= 500
        if request.session.modified and not request.session.is_empty() and not failed:
            try:
                request.session.save()
            except UpdateError as error:
                raise SessionInterrupted("The session of this tab has ended meanwhile.") from error
        response["Cache-Control"] = "no-store"
        return response


def _from_elsewhere(request: HttpRequest) -> bool:
    """Whether something else than a page of ours led here; older browsers do not say."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin"
