"""The three addresses that an LMS knows, and the page of a refused launch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps

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
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from lti_tool import keys, people
from lti_tool import launch as launches
from lti_tool.refusal_pages import refuse
from lti_tool.refusals import LaunchRefused

# Abandoned logins leave cookies behind; beyond this many the oldest make no room for new ones.
MOST_LAUNCH_COOKIES = 12

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
        return response

    return guarded


@csrf_exempt
@never_cache
@_refusing
def login(request: HttpRequest) -> HttpResponse:
    """The LMS starts a login (GET or POST, core section 5.1.1.1)."""
    begun = launches.begin(_posted(request) if request.method == "POST" else request.GET.dict())
    response = HttpResponseRedirect(begun.url)
    _drop_cookies(response, _surplus(request.COOKIES))
    response.set_cookie(
        begun.cookie_name,
        begun.cookie_value,
        max_age=int(launches.LIFETIME.total_seconds()),
        secure=True,
        httponly=True,
        samesite="None",
    )
    return response


@csrf_exempt
@never_cache
@_refusing
def launch(request: HttpRequest) -> HttpResponse:
    """The LMS brings its signed message (always a POST)."""
    if request.method != "POST":
        raise LaunchRefused("login-malformed")
    fields = _posted(request)
    launched = launches.finish(fields, request.COOKIES)
    people.sign_in(request, launched.membership.person)
    if launched.link is not None:
        response = redirect(reverse(settings.LTI_LAUNCH_TARGET, args=[launched.link.pk]))
    else:
        assert launched.deep_linking is not None  # noqa: S101 - one of the two is there
        target = reverse(settings.LTI_DEEP_LINK_TARGET, args=[launched.deep_linking.pk])
        response = redirect(target)
    _drop_cookies(response, [launches.cookie_name(fields["state"])])
    return response


@require_safe
def jwks(_request: HttpRequest) -> HttpResponse:
    """Our public keys; an LMS may keep them for an hour."""
    response = JsonResponse(keys.public_set())
    response["Cache-Control"] = f"public, max-age={int(keys.PUBLISHED_AHEAD.total_seconds())}"
    return response


def _posted(request: HttpRequest) -> dict[str, str]:
    try:
        fields: QueryDict = request.POST
    except (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError) as error:
        raise LaunchRefused("request-malformed") from error
    return {name: str(value) for name, value in fields.dict().items()}


def _surplus(cookies: Iterable[str]) -> list[str]:
    mine = [name for name in cookies if name.startswith(launches.COOKIE_PREFIX)]
    return mine[: -(MOST_LAUNCH_COOKIES - 1)]


def _drop_cookies(response: HttpResponse, names: Iterable[str]) -> None:
    for name in names:
        response.delete_cookie(name, samesite="None")
        # A __Host- cookie without Secure would be ignored, and with it the deletion.
        response.cookies[name]["secure"] = True
