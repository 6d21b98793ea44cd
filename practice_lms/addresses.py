"""Where tools find the services of the LMS."""

from __future__ import annotations

from practice_lms.house import house
from practice_lms.rows import LineItem


def line_items_url(course: str) -> str:
    """The container of line items of a course."""
    query = house.manner.line_item_query
    return f"{house.url}/lti/courses/{course}/lineitems" + (f"?{query}" if query else "")


def line_item_url(item: LineItem, part: str = "") -> str:
    """The address of a line item, or of its ``scores`` or ``results``."""
    query = house.manner.line_item_query
    path = f"{house.url}/lti/courses/{item.course}/lineitems/{item.id}"
    return path + (f"/{part}" if part else "") + (f"?{query}" if query else "")


def groups_url(course: str) -> str:
    """The groups of a course."""
    return f"{house.url}/lti/courses/{course}/groups"


def group_sets_url(course: str) -> str:
    """The sets of groups of a course."""
    return f"{house.url}/lti/courses/{course}/groupsets"


def notice_handlers_url(deployment: str) -> str:
    """Where the tool of a deployment says where it wants notices."""
    return f"{house.url}/lti/notice-handlers/{deployment}"


def asset_url(processor: str, asset: str) -> str:
    """Where a processor gets the content of an asset."""
    return f"{house.url}/lti/processors/{processor}/assets/{asset}"


def reports_url(processor: str) -> str:
    """Where a processor sends its reports."""
    return f"{house.url}/lti/processors/{processor}/reports"


def members_url(course: str) -> str:
    """The roster of a course."""
    return f"{house.url}/lti/courses/{course}/members"
