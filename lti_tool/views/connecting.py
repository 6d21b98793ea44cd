"""What an LMS and whoever looks after it meet when the two are connected."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import wraps

from csp.constants import SELF
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from lti_tool import frames, invitations, presets, registration, tool_metadata
from lti_tool.invitations import InvitationRefused
from lti_tool.middleware import asks_no_person
from lti_tool.models import RegistrationInvitation
from lti_tool.platform_configuration import (
    ConfigurationRefused,
    doubts,
    fetch,
    token_leaves_home,
)
from lti_tool.registration import AgreementMissing, Offer, RegistrationRefused

logger = logging.getLogger(__name__)
View = Callable[..., HttpResponse]
# The address of a configuration and a token, as an LMS appends them; longer ones are none.
PARAMETER_LENGTH = 10_000


def _beside_the_lms(view: View) -> View:
    """These pages stand in a frame or a window that the LMS opened, before anybody is signed in.

    The LMS waits for a message from the window that it opened, so that window must keep its
    opener; and the address of the page, which holds two secrets, is told to nobody.
    """

    @wraps(view)
    def answered(request: HttpRequest, **arguments: str) -> HttpResponse:
        response = view(request, **arguments)
        response["Cross-Origin-Opener-Policy"] = "unsafe-none"
        response["Referrer-Policy"] = "no-referrer"
        # Django's own line about a refusal holds the address, and that is still good.
        response._has_been_logged = True  # type: ignore[attr-defined]
        return response

    return answered


# No cookie lasts in the frame, so a signed field of the form takes the place of the CSRF token:
# it is bound to the invitation and to what the person was shown.
@asks_no_person
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@_beside_the_lms
def register(request: HttpRequest, tenant: str, token: str) -> HttpResponse:
    """Dynamic registration: ask the person, then register with their LMS."""
    claimed = [request.GET.get("openid_configuration", "")[:PARAMETER_LENGTH]]
    try:
        invitation = invitations.find(tenant, token)
        if request.method == "POST":
            return _registered(request, invitation)
        if not claimed[0]:
            return render(request, "lti_tool/register_how.html", {"presets": presets.PRESETS})
        return _asked(request, invitation, claimed[0])
    except InvitationRefused as refused:
        return _refused(request, str(refused), refused.status, claimed)
    except ConfigurationRefused as refused:
        return _refused(request, str(refused), 400, claimed)
    except RegistrationRefused as refused:
        return _refused(request, str(refused), refused.status, claimed, refused.theirs)


@asks_no_person
@require_safe
def addresses(request: HttpRequest) -> HttpResponse:
    """Our own addresses, to be copied into an LMS."""
    ours = [*tool_metadata.our_urls(), (_("JSON URL (Canvas)"), tool_metadata.canvas_json_url())]
    return render(request, "lti_tool/addresses.html", {"ours": ours})


@asks_no_person
@require_safe
def canvas(_request: HttpRequest) -> HttpResponse:
    """The configuration that Canvas fetches for an LTI key."""
    return JsonResponse(tool_metadata.canvas_json())


def _asked(request: HttpRequest, invitation: RegistrationInvitation, url: str) -> HttpResponse:
    token = request.GET.get("registration_token", "")
    platform = fetch(url, token)
    offer = Offer(invitation.pk, platform, token)
    return _question(request, invitation, offer)


def _question(
    request: HttpRequest, invitation: RegistrationInvitation, offer: Offer, problem: str = ""
) -> HttpResponse:
    platform = offer.platform
    response = render(
        request,
        "lti_tool/register.html",
        {
            "platform": platform,
            "product": presets.product_name(platform.product),
            "doubts": doubts(platform.configuration_url, platform.issuer),
            "elsewhere": bool(offer.token) and token_leaves_home(platform),
            "waits": registration.needs_approval(invitation, platform),
            "renews": invitation.renews,
            "sealed": registration.seal(invitation, platform, offer.token),
            "problem": problem,
        },
        status=400 if problem else 200,
    )
    _let_frame(response, _pages(offer))
    return response


def _registered(request: HttpRequest, invitation: RegistrationInvitation) -> HttpResponse:
    offer = registration.unseal(request.POST.get("offer", ""))
    agreed = request.POST.get("elsewhere") == "yes"
    try:
        made = registration.register(invitation, offer, elsewhere_agreed=agreed)
    except AgreementMissing as missing:
        return _question(request, invitation, offer, str(missing))
    except (RegistrationRefused, InvitationRefused) as refused:
        theirs = refused.theirs if isinstance(refused, RegistrationRefused) else ""
        return _refused(request, str(refused), refused.status, _pages(offer), theirs)
    response = render(
        request,
        "lti_tool/register_done.html",
        {
            "registration": made,
            "preset": presets.of(made),
            "product": presets.product_name(made.product),
            "origins": " ".join(frames.origins(_pages(offer))),
        },
    )
    _let_frame(response, _pages(offer))
    return response


def _refused(
    request: HttpRequest, words: str, status: int, pages: Iterable[str], theirs: str = ""
) -> HttpResponse:
    """Nothing on this page can be pressed, so the LMS that asked may show it whoever it is."""
    logger.warning("registration refused status=%s: %s %s", status, words, theirs)
    context = {"words": words, "theirs": theirs}
    response = render(request, "lti_tool/register_refused.html", context, status=status)
    _let_frame(response, pages)
    return response


def _pages(offer: Offer) -> tuple[str, ...]:
    """Addresses on the origins where the LMS may show us in a frame.

    Canvas shows us at the school's own address, which is where it takes registrations.
    """
    platform = offer.platform
    return (
        platform.issuer,
        platform.configuration_url,
        platform.auth_login_url,
        platform.registration_url,
    )


def _let_frame(response: HttpResponse, pages: Iterable[str]) -> None:
    response._csp_replace = {  # type: ignore[attr-defined]
        "frame-ancestors": [SELF, *frames.origins(pages)]
    }
