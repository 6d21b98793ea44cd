"""Where LMS products differ from the specifications, as data.

The product is what the LMS calls itself (``tool_platform.product_family_code``). Each entry was
measured on the product or read in its source or documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lti_tool.models import Registration

D2L_AUDIENCE = "https://api.brightspace.com/auth/token"
CANVAS_SUBMISSION = "https://canvas.instructure.com/lti/submission"


@dataclass(frozen=True)
class Quirks:
    """``cause_in_reason``: the cause of a refusal stands only in the HTTP reason phrase.
    ``line_breaks``: what separates the lines of a comment.
    ``canvas_submission``: say whether a score belongs to a new submission.
    ``audience``: the ``aud`` of a token request, empty for the token URL.
    ``at_once``: how many calls we make side by side.
    ``name``: what people call the product.
    """

    cause_in_reason: bool = False
    line_breaks: str = "\n"
    canvas_submission: bool = False
    audience: str = ""
    at_once: int = 16
    name: str = ""


STANDARD = Quirks()

PRODUCTS: Mapping[str, Quirks] = {
    "moodle": Quirks(cause_in_reason=True, at_once=6, name="Moodle"),
    "canvas": Quirks(canvas_submission=True, name="Canvas"),
    "blackboardlearn": Quirks(line_breaks="<br/>", name="Blackboard"),
    "desire2learn": Quirks(audience=D2L_AUDIENCE, name="Brightspace"),
    "open-edx": Quirks(at_once=6, name="Open edX"),
    "sakai": Quirks(at_once=6, name="Sakai"),
    "schoology": Quirks(at_once=6, name="Schoology"),
}
# Names under which the products are met as well.
ALIASES: Mapping[str, str] = {
    "blackboard": "blackboardlearn",
    "brightspace": "desire2learn",
    "d2l": "desire2learn",
    "openedx": "open-edx",
    "sakailms.org": "sakai",
}


def of(registration: Registration) -> Quirks:
    product = registration.product.strip().lower()
    return PRODUCTS.get(ALIASES.get(product, product), STANDARD)


def audience(registration: Registration) -> str:
    """The ``aud`` of token requests: as registered, else as the product wants, else the URL."""
    return registration.audience or of(registration).audience or registration.token_url
