"""The addresses that an LMS knows, and the steps of a launch that need a page of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import cast

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
    UnreadablePostError,
)
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from lti_tool import deep_linking, frames, keys, people, state, tabs
from lti_tool import launch as launches
from lti_tool import login as login_step
from lti_tool.launch import StorageNeeded
from lti_tool.login import Login
from lti_tool.middleware import asks_no_person, person_of
from lti_tool.models import Registration
from lti_tool.refusal_pages import refuse
from lti_tool.refusals import LaunchRefused
from lti_tool.sessions import SessionStore

# Abandoned logins leave cookies behind; beyond this many the oldest make no room for new ones.
MOST_LAUNCH_COOKIES = 12
FRAMES = frozenset({"iframe", "frame", "embed", "object"})

View = Callable[[HttpRequest], HttpResponse]


def _refusing(view: View) -> View:
    """Whatever reaches these addresses gets an answer in words, never a fault."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        try:
            response = view(request)
        except LaunchRefused as refused:
            response = refuse(request, refused)
        response["Referrer-Policy"] = "no-referrer"
        # A window of its own must still reach the frame of ours that opened it.
        response["Cross-Origin-Opener-Policy"] = "unsafe-none"
        return response

    return guarded


@asks_no_person
@csrf_exempt
@never_cache
@_refusing
def login(request: HttpRequest) -> HttpResponse:
    """The LMS starts a login (GET or POST, core section 5.1.1.1)."""
    begun = login_step.begin(_posted(request) if request.method == "POST" else request.GET.dict())
    sure = not _in_frame(request) or _keeps_cookies(request)
    response = HttpResponseRedirect(begun.url) if sure else _ladder(request, begun)
    _drop_cookies(response, _surplus(request.COOKIES))
    response.set_cookie(
        begun.cookie_name,
        begun.secret,
        max_age=int(state.LIFETIME.total_seconds()),
        secure=True,
        httponly=True,
        samesite="None",
    )
    return response


@asks_no_person
@csrf_exempt
@never_cache
@_refusing
def launch(request: HttpRequest) -> HttpResponse:
    """The LMS brings its signed message (always a POST)."""
    if request.method != "POST":
        raise LaunchRefused("login-malformed")
    fields = _posted(request)
    if "kept" in fields and request.headers.get("Sec-Fetch-Site") != "same-origin":
        # Whoever started a login knows its secret: only our own page, in this very browser, may
        # bring it. Otherwise somebody could be made to work under a stranger's name.
        raise LaunchRefused("storage-mismatch")
    name = login_step.cookie_name(fields.get("state", ""))
    by_cookie = name in request.COOKIES
    session = cast(SessionStore, request.session) if by_cookie else None
    try:
        launched = launches.finish(fields, request.COOKIES, lambda: person_of(request), session)
    except StorageNeeded as needed:
        return _ask_storage(request, needed, fields)
    if not by_cookie:
        return _open_tab(request, launched)
    people.sign_in(request, launched.person)
    response = HttpResponseRedirect(launched.target)
    _drop_cookies(response, [name])
    return response


@csrf_exempt
@never_cache
@require_POST
def window(request: HttpRequest) -> HttpResponse:
    """A frame asks what became of the window that it opened, with the ticket that it gave it."""
    return JsonResponse(deep_linking.answer_for(_posted(request).get("ticket", "")))


@require_safe
def jwks(_request: HttpRequest) -> HttpResponse:
    """Our public keys; an LMS may keep them for an hour."""
    response = JsonResponse(keys.public_set())
    response["Cache-Control"] = f"public, max-age={int(keys.PUBLISHED_AHEAD.total_seconds())}"
    return response


# The rungs of the ladder


def _in_frame(request: HttpRequest) -> bool:
    """Browsers say where a page will be shown; only in a frame may a cookie be refused."""
    return request.headers.get("Sec-Fetch-Dest") in FRAMES


def _keeps_cookies(request: HttpRequest) -> bool:
    """One of ours came along, so nothing need be tried; and an LMS whose own cookies are for
    visits from its own pages alone sees the redirect as such a visit."""
    ours = (settings.SESSION_COOKIE_NAME, login_step.COOKIE_PREFIX)
    return any(name.startswith(ours) for name in request.COOKIES)


def _ladder(request: HttpRequest, begun: Login) -> HttpResponse:
    """A page that goes on by itself if its cookie stuck or the LMS's page keeps the secret, and
    else offers a window of its own. Nothing is asked of the LMS before: many take a hint once."""
    context = {
        "login": begun,
        "platform_origin": frames.origin(begun.registration.auth_login_url),
        "ticket": state.new_secret(),
    }
    return _framed(request, "lti_tool/login.html", context, begun.registration)


def _ask_storage(
    request: HttpRequest, needed: StorageNeeded, fields: dict[str, str]
) -> HttpResponse:
    context = {
        "storage": needed.storage,
        "storage_key": needed.storage_key,
        "platform_origin": needed.origin,
        "fields": {name: fields.get(name, "") for name in ("state", "id_token")},
    }
    return _framed(request, "lti_tool/finish.html", context, needed.registration)


def _open_tab(request: HttpRequest, launched: launches.Launched) -> HttpResponse:
    """No cookie is kept in this frame: the session lives in the addresses of its pages."""
    target = tabs.open_tab(launched.person) + launched.target
    registration = launched.person.registration
    return _framed(request, "lti_tool/arrive.html", {"target": target}, registration)


def _framed(
    request: HttpRequest, template: str, context: Mapping[str, object], registration: Registration
) -> HttpResponse:
    response = render(request, template, context)
    frames.allow_frames(response, registration)
    frames.allow_form_to(response, [registration.auth_login_url, *registration.origins])
    return response


def _posted(request: HttpRequest) -> dict[str, str]:
    try:
        fields: QueryDict = request.POST
    except (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError) as error:
        raise LaunchRefused("request-malformed") from error
    return {name: str(value) for name, value in fields.dict().items()}


def _surplus(cookies: Iterable[str]) -> list[str]:
    mine = [name for name in cookies if name.startswith(login_step.COOKIE_PREFIX)]
    return mine[: -(MOST_LAUNCH_COOKIES - 1)]


def _drop_cookies(response: HttpResponse, names: Iterable[str]) -> None:
    for name in names:
        response.delete_cookie(name, samesite="None")
        # A __Host- cookie without Secure would be ignored, and with it the deletion.
        response.cookies[name]["secure"] = True
