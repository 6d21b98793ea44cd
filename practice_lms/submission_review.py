"""``submissionReview`` of a line item: whether and how submissions open from the gradebook.

Source: Submission Review 1.0: {reviewableStatus: [activityProgress, ...], label, url, custom}.
"""

from __future__ import annotations

from typing import Any

from practice_lms import vocabulary
from practice_lms.rows import Grade, LineItem, Tool

LABEL = "Open submission"


class WrongReview(Exception):  # noqa: N818 - says what is the case
    """A description that is not kept; the text names the field that is wrong."""


def checked(value: Any, tool: Tool) -> dict[str, Any] | None:
    """The description as it is kept, without what nobody defined; None when there is none.

    Raises WrongReview.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        raise WrongReview("submissionReview must be an object")
    statuses = value.get("reviewableStatus", [])
    if not isinstance(statuses, list) or not set(map(str, statuses)) <= _STATUSES:
        raise WrongReview("submissionReview.reviewableStatus must be a list of activityProgress")
    for name in ("label", "url"):
        if not isinstance(value.get(name, ""), str):
            raise WrongReview(f"submissionReview.{name} must be a text")
    if value.get("url") and not tool.owns(value["url"]):
        raise WrongReview(f"submissionReview.url {value['url']} is not an address of the tool")
    custom = value.get("custom", {})
    if not isinstance(custom, dict) or not all(isinstance(v, str) for v in custom.values()):
        raise WrongReview("submissionReview.custom must be an object of texts")
    return {name: value[name] for name in _NAMES if name in value}


def label(item: LineItem, grade: Grade | None) -> str:
    """The words of the link to what was handed in; empty when there is nothing to open."""
    if item.review is None or grade is None or not grade.timestamp:
        return ""
    statuses = item.review.get("reviewableStatus")
    if statuses and grade.activity not in statuses:
        return ""
    return str(item.review.get("label") or LABEL)


_NAMES = ("reviewableStatus", "label", "url", "custom")
_STATUSES = set(vocabulary.ACTIVITY_PROGRESS)
