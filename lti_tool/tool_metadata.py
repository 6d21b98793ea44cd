"""What an LMS is told about us: our addresses, our dynamic registration, our Canvas JSON.

Sources: LTI Dynamic Registration 1.0 (client metadata, tool configuration); Canvas'
``doc/api/lti_dev_key_config.md`` for the JSON.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import get_script_prefix, reverse
from django.utils.translation import gettext as _

from lti_tool import ags, asset_processor, groups, messages, nrps
from lti_tool.platform_configuration import PlatformConfiguration

NAME = "Cograde"
TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
NOTICES = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
SCOPES = (
    ags.LINE_ITEMS,
    ags.LINE_ITEMS_READ,
    ags.RESULTS,
    ags.SCORE,
    nrps.SCOPE,
    groups.SCOPE,
    NOTICES,
    asset_processor.READ,
    asset_processor.REPORT,
)
CLAIMS = ("iss", "sub", "name", "given_name", "family_name", "email")
# Where the LMS knows them, a copied course tells what it was copied from.
CUSTOM = {"link_history": "$ResourceLink.id.history", "context_history": "$Context.id.history"}

# Deep linking first: Canvas gives a message without placements the place `link_selection`, and
# the first message that has a place keeps it.
MESSAGES = (
    messages.DEEP_LINKING_REQUEST,
    messages.RESOURCE_LINK_REQUEST,
    messages.SUBMISSION_REVIEW_REQUEST,
    messages.DATA_PRIVACY_REQUEST,
    messages.LTI_DATA_PRIVACY_REQUEST,
    messages.REPORT_REVIEW_REQUEST,
    messages.PROCESSOR_SETTINGS_REQUEST,
)
# What an LMS that does not say what it knows is asked for.
KNOWN_EVERYWHERE = MESSAGES[:3]
# Where a teacher chooses: the places of the specifications, and those of Canvas. An older Canvas
# refuses a whole key over a place that it does not know, so its JSON names none but its own.
CANVAS_PLACES = ("assignment_selection", "link_selection")
CHOOSING_PLACES = ("ContentArea", *CANVAS_PLACES, asset_processor.PLACE)
# Those that every LMS knows; an unknown one makes Canvas refuse the whole key.
WELL_KNOWN_SCOPES = (ags.LINE_ITEMS, ags.LINE_ITEMS_READ, ags.RESULTS, ags.SCORE, nrps.SCOPE)


def target_url() -> str:
    return f"{settings.BASE_URL}/"


def absolute(name: str, *arguments: str) -> str:
    """A page's address for others: never below the key of the tab that this page is shown in."""
    return f"{settings.BASE_URL}/{reverse(name, args=arguments).removeprefix(get_script_prefix())}"


def login_url() -> str:
    return absolute("lti_tool:login")


def launch_url() -> str:
    return absolute("lti_tool:launch")


def keys_url() -> str:
    return absolute("lti_tool:jwks")


def canvas_json_url() -> str:
    return absolute("lti_tool:canvas")


def icon_url() -> str:
    # Not the address with a digest of its content, for LMSs keep this one for years.
    return f"{settings.BASE_URL}{settings.STATIC_URL}img/favicon.svg"


def domain() -> str:
    """Our host name without a port, as forms of LMSs want it."""
    return urlsplit(settings.BASE_URL).hostname or ""


def our_urls() -> list[tuple[str, str]]:
    """What an LMS wants to know of us, with the words that most of their forms use."""
    return [
        (_("Tool URL (target link URI)"), target_url()),
        (_("Login initiation URL"), login_url()),
        (_("Redirection URI"), launch_url()),
        (_("Public keyset URL"), keys_url()),
        (_("Deep linking URL"), target_url()),
        (_("Domain"), domain()),
    ]


def client_metadata(platform: PlatformConfiguration) -> dict[str, Any]:
    """Our registration for ``platform``: only what it says it knows, as far as it says so."""
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": login_url(),
        "redirect_uris": [launch_url()],
        "client_name": NAME,
        "jwks_uri": keys_url(),
        "logo_uri": icon_url(),
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(scopes(platform)),
        TOOL_CONFIGURATION: {
            # Moodle compares it with the host of the target together with its port.
            "domain": urlsplit(settings.BASE_URL).netloc,
            "description": _("Assessments that give feedback at once and a grade with reasons."),
            "target_link_uri": target_url(),
            "custom_parameters": _custom(platform),
            "claims": list(CLAIMS),
            "messages": _messages(platform),
        },
    }


def scopes(platform: PlatformConfiguration) -> list[str]:
    """The services that we ask for; an LMS may refuse a registration over an unknown one."""
    if not platform.scopes:
        return list(WELL_KNOWN_SCOPES)
    return [scope for scope in SCOPES if scope in platform.scopes]


def canvas_json() -> dict[str, Any]:
    """What a Canvas admin gives as *JSON URL* of an LTI key."""
    return {
        "title": NAME,
        "description": _("Assessments that give feedback at once and a grade with reasons."),
        "target_link_uri": target_url(),
        "oidc_initiation_url": login_url(),
        "public_jwk_url": keys_url(),
        "scopes": list(WELL_KNOWN_SCOPES),
        "custom_fields": dict(CUSTOM),
        "extensions": [
            {
                "platform": "canvas.instructure.com",
                "domain": domain(),
                "tool_id": "cograde",
                "privacy_level": "public",
                "settings": {
                    "text": NAME,
                    "icon_url": icon_url(),
                    "placements": [_canvas_place(place) for place in CANVAS_PLACES],
                },
            }
        ],
    }


def _canvas_place(place: str) -> dict[str, Any]:
    return {
        "placement": place,
        "message_type": messages.DEEP_LINKING_REQUEST,
        "target_link_uri": target_url(),
        "text": NAME,
        "selection_width": 900,
        "selection_height": 700,
    }


def _custom(platform: PlatformConfiguration) -> dict[str, str]:
    if not platform.variables:
        return dict(CUSTOM)
    return {name: value for name, value in CUSTOM.items() if value[1:] in platform.variables}


def _messages(platform: PlatformConfiguration) -> list[dict[str, Any]]:
    offered = platform.messages
    known = [kind for kind in MESSAGES if kind in offered] if offered else KNOWN_EVERYWHERE
    return [_message(kind, offered.get(kind, ())) for kind in known]


def _message(kind: str, places: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {"type": kind, "target_link_uri": target_url()}
    if kind in (messages.DEEP_LINKING_REQUEST, messages.RESOURCE_LINK_REQUEST):
        found["label"] = NAME
    wanted = [place for place in CHOOSING_PLACES if place in places]
    if kind == messages.DEEP_LINKING_REQUEST and wanted:
        found["placements"] = wanted
    return found
