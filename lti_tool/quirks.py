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
    ``results_limit``: a list of results may be asked for with a ``limit``.
    ``whole_points``: a column has whole points, at most ``most_points`` (0: any number).
    ``keeps_overrides``: a grade that was changed in the gradebook stays until somebody there
    lets go of it, whatever we send.
    ``meanings``: what a cause that the LMS gives means, in words for a teacher.
    """

    cause_in_reason: bool = False
    line_breaks: str = "\n"
    canvas_submission: bool = False
    audience: str = ""
    at_once: int = 16
    name: str = ""
    results_limit: bool = True
    whole_points: bool = False
    most_points: int = 0
    keeps_overrides: bool = False
    meanings: tuple[tuple[str, str], ...] = ()


STANDARD = Quirks()

# Measured on Moodle 4.5: with a limit, results.php of an LTI 1.3 tool answers 404 as soon as there
# is a grade; the form of an activity takes 1 to 100 whole points, and other columns take no grade.
MOODLE = Quirks(
    cause_in_reason=True,
    at_once=6,
    name="Moodle",
    results_limit=False,
    whole_points=True,
    most_points=100,
    keeps_overrides=True,
    meanings=(
        (
            "incorrect score received",
            "This person has no role in the course for which Moodle keeps grades.",
        ),
    ),
)
PRODUCTS: Mapping[str, Quirks] = {
    "moodle": MOODLE,
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
