"""What a teacher wants of the links that they are making in the LMS: read from the form as it was
typed, so that nothing is lost when something cannot be understood, and made into content items.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from grading import placements
from grading.diagnostics import storable
from grading.release import figure
from lti_tool import deep_linking
from lti_tool.models import DeepLinkingRequest
from lti_tool.quirks import Quirks
from rubrics.models import Assessment
from rubrics.points import total

# From this many on, a list has a field that narrows it down.
SEARCH_FROM = 9
# Each has a handful of fields, and a form has an end.
MOST_AT_ONCE = 50
LONGEST_TITLE = 255
LONGEST_TEXT = 2000
MOST_POINTS = Decimal(100_000)
YEARS = range(2000, 2200)
# What a browser sends for <input type="datetime-local">, with and without seconds.
MOMENTS = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")


@dataclass
class Draft:
    """One link, as typed. `errors` says in words what is wrong, by field."""

    assessment: Assessment
    title: str
    text: str = ""
    column: bool = True
    points: str = ""
    opens: str = ""
    due: str = ""
    window: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    maximum: Decimal | None = None
    opens_at: datetime | None = None
    due_at: datetime | None = None


def choices(
    offered: Iterable[Assessment], words: str, chosen: Iterable[str] = ()
) -> list[Assessment]:
    """Those in which every word stands somewhere, and those that are chosen already."""
    wanted, kept = words.casefold().split(), set(chosen)

    def fits(assessment: Assessment) -> bool:
        programme = assessment.programme.title
        text = f"{assessment.title} {programme} {assessment.code}".casefold()
        return all(word in text for word in wanted)

    return [each for each in offered if each.code in kept or fits(each)]


def first_draft(assessment: Assessment, profile: Quirks) -> Draft:
    """The link as it is made when the teacher changes nothing.

    Where the LMS's columns cannot have these points, grades are converted to another maximum.
    """
    points = total(item.points for item in assessment.items.all())
    if points > 0 and _unfit(points, profile):
        points = Decimal(profile.most_points or 100)
    # A column of no points is none: no LMS makes one.
    return Draft(
        assessment, assessment.title, column=points > 0, points=figure(points), maximum=points
    )


def read(assessment: Assessment, form: Mapping[str, str], profile: Quirks) -> Draft:
    """The draft as the form has it: fields are called `title-CODE` and so on, times are meant in
    the time zone `zone`. Look at `errors` before using it.
    """

    def typed(name: str) -> str:
        return storable(form.get(f"{name}-{assessment.code}")).strip()

    draft = Draft(
        assessment,
        title=typed("title"),
        text=typed("text"),
        column=bool(typed("column")),
        points=typed("points"),
        opens=typed("opens"),
        due=typed("due"),
        window=bool(typed("window")),
    )
    _check_texts(draft)
    if draft.column:
        _read_points(draft, profile)
    _read_times(draft, storable(form.get("zone")))
    return draft


def _check_texts(draft: Draft) -> None:
    for name, text, longest in (
        ("title", draft.title, LONGEST_TITLE),
        ("text", draft.text, LONGEST_TEXT),
    ):
        if len(text) > longest:
            draft.errors[name] = _("Write at most %(n)d characters.") % {"n": longest}
    if not draft.title:
        draft.errors["title"] = _("Write a title: learners see it in the course.")


def _unfit(points: Decimal, profile: Quirks) -> bool:
    """Whether a column of this LMS cannot have these points."""
    too_many = bool(profile.most_points) and points > profile.most_points
    return too_many or (profile.whole_points and points != points.to_integral_value())


def _read_points(draft: Draft, profile: Quirks) -> None:
    try:
        points = Decimal(draft.points.replace(",", "."))
    except InvalidOperation:
        draft.errors["points"] = _("Write a number, such as 30 or 12.5.")
        return
    if not points.is_finite() or not 0 < points <= MOST_POINTS:
        draft.errors["points"] = _("Write a number above 0 and up to %(most)s.") % {
            "most": MOST_POINTS
        }
    elif points != points.quantize(Decimal("0.01")):
        draft.errors["points"] = _("Write at most two digits after the point.")
    elif _unfit(points, profile):
        draft.errors["points"] = _(
            "%(lms)s takes whole points from 1 to %(most)d. Grades are converted to them."
        ) % {"lms": profile.name, "most": profile.most_points}
    else:
        draft.maximum = points


def _read_times(draft: Draft, zone: str) -> None:
    if not draft.opens and not draft.due:
        return
    try:
        where = ZoneInfo(zone or "UTC")
    except (KeyError, OSError, ValueError):  # an unknown zone, or no name of one at all
        draft.errors["opens"] = _("The time zone of your browser is not known here.")
        return
    draft.opens_at = _moment(draft, "opens", draft.opens, where)
    draft.due_at = _moment(draft, "due", draft.due, where)
    if draft.opens_at and draft.due_at and draft.due_at <= draft.opens_at:
        draft.errors["due"] = _("This is not after the moment from which it is open.")


def _moment(draft: Draft, name: str, text: str, zone: ZoneInfo) -> datetime | None:
    if not text:
        return None
    for form in MOMENTS:
        try:
            moment = datetime.strptime(text, form).replace(tzinfo=zone)
        except ValueError:
            continue
        if moment.year in YEARS:
            return moment
    draft.errors[name] = _("Write a day and a time, such as 2027-03-01T09:00.")
    return None


def content_item(draft: Draft, asked: DeepLinkingRequest) -> dict[str, Any]:
    """The content item of a draft without errors; what the LMS does not take is left out."""
    code = draft.assessment.code
    return deep_linking.resource_link(
        title=draft.title,
        text=draft.text,
        custom={placements.PARAMETER: code},
        maximum=draft.maximum if draft.column and asked.accept_line_item else None,
        resource_id=code,
        available=(draft.opens_at, None) if draft.opens_at else None,
        submission=(None, draft.due_at) if draft.due_at else None,
        window=draft.window and offers_window(asked),
    )


def offers_window(asked: DeepLinkingRequest) -> bool:
    """Whether the LMS shows links in the page and in a window of their own, as the link says."""
    return {"iframe", "window"} <= set(asked.accept_targets)
