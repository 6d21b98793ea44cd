"""What tools send back in deep linking, made into activities (Deep Linking 2.0, section 3)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from practice_lms import gradebook, submission_review, vocabulary
from practice_lms.house import house
from practice_lms.moments import moment
from practice_lms.problems import Refused
from practice_lms.rows import LineItem, Processor, ResourceLink, Tool

LARGEST_FRAME = 10_000
Added = ResourceLink | Processor


class NotAccepted(Exception):  # noqa: N818 - says what is the case
    """A response that is not taken; the text says why."""


@dataclass(frozen=True)
class Wish:
    """What the LMS remembers of its request: who asked which tool for what, for which course."""

    id: str
    person: str
    course: str
    client_id: str
    deployment: str
    types: tuple[str, ...] = (vocabulary.LINK_ITEM,)
    multiple: bool = True
    line_item: bool = True
    activity: str = ""


def add(tool: Tool, wish: Wish, item: Any) -> Added:
    """Add what the item describes, if it was asked for. Raises NotAccepted."""
    kind = item.get("type") if isinstance(item, dict) else item
    if kind == vocabulary.LINK_ITEM and kind in wish.types:
        return _add_link(tool, wish, item)
    if kind == vocabulary.ASSET_PROCESSOR_ITEM and kind in wish.types and wish.activity:
        return _add_processor(tool, wish, item)
    raise NotAccepted(f"content of type {kind!r} was not asked for")


def _add_processor(tool: Tool, wish: Wish, item: dict[str, Any]) -> Processor:
    """Attach the processor to the assignment that the wish is for."""
    report = item.get("report") or {}
    if not isinstance(report, dict):
        raise NotAccepted("report is not an object")
    _url(tool, report)
    _custom(report)
    processor = Processor(
        id=str(uuid.uuid4()),
        assignment=wish.activity,
        client_id=tool.client_id,
        deployment=wish.deployment,
        title=_text(item, "title") or tool.name,
        text=_text(item, "text"),
        url=_url(tool, item),
        custom=_custom(item),
        report=report,
    )
    house.state.put(processor)
    return processor


def _add_link(tool: Tool, wish: Wish, item: dict[str, Any]) -> ResourceLink:
    """Add the activity, with its column if it brings one."""
    link = ResourceLink(
        id=str(uuid.uuid4()),
        course=wish.course,
        client_id=tool.client_id,
        deployment=wish.deployment,
        title=_text(item, "title") or tool.name,
        text=_text(item, "text"),
        url=_url(tool, item),
        custom=_custom(item),
        available=_period(item, "available"),
        submission=_period(item, "submission"),
        window=_presentation(item, "window"),
        iframe=_presentation(item, "iframe"),
    )
    maximum, wanted = _line_item(item)
    review = _review(tool, wanted)
    with house.state.lock:
        house.state.put(link)
        if wanted is not None and wish.line_item:
            column = LineItem(
                id=gradebook.next_line_item_id(),
                course=wish.course,
                client_id=tool.client_id,
                label=_text(wanted, "label") or link.title,
                maximum=maximum,
                link=link.id,
                resource_id=_text(wanted, "resourceId"),
                tag=_text(wanted, "tag"),
                review=review,
            )
            house.state.put(column)
    return link


def _text(item: dict[str, Any], name: str) -> str:
    value = item.get(name)
    if value is not None and not isinstance(value, str):
        raise NotAccepted(f"{name} is not a text")
    return value or ""


def _url(tool: Tool, item: dict[str, Any]) -> str:
    """The item's own address, which must be on a host of the tool; empty when it has none."""
    url = _text(item, "url")
    if url and not tool.owns(url):
        raise NotAccepted(f"{url} is not an address of the tool")
    return url


def _custom(item: dict[str, Any]) -> dict[str, str]:
    custom = item.get("custom") or {}
    if not isinstance(custom, dict) or not all(isinstance(v, str) for v in custom.values()):
        raise NotAccepted("custom is not an object of texts")
    return custom


def _period(item: dict[str, Any], name: str) -> dict[str, str]:
    """``startDateTime`` and ``endDateTime`` of a period, those that it has (section 3.1)."""
    period = item.get(name) or {}
    if not isinstance(period, dict):
        raise NotAccepted(f"{name} is not an object")
    found: dict[str, str] = {}
    for end in ("startDateTime", "endDateTime"):
        if period.get(end) is None:
            continue
        try:
            found[end] = moment(period[end], f"{name}.{end}").isoformat()
        except Refused as refused:
            raise NotAccepted(refused.cause) from refused
    return found


def _presentation(item: dict[str, Any], name: str) -> dict[str, Any] | None:
    """How the tool wants to be shown: ``width`` and ``height`` in pixels, ``targetName``."""
    wanted = item.get(name)
    if wanted is None:
        return None
    if not isinstance(wanted, dict):
        raise NotAccepted(f"{name} is not an object")
    sizes = (wanted.get(side, 1) for side in ("width", "height"))
    if not all(isinstance(size, int) and 0 < size <= LARGEST_FRAME for size in sizes):
        raise NotAccepted(f"{name} has a size that is no number of pixels")
    return wanted


def _line_item(item: dict[str, Any]) -> tuple[float, dict[str, Any] | None]:
    """The maximum and the description of the column that comes with an item, if one does."""
    wanted = item.get("lineItem")
    if wanted is None:
        return 0, None
    maximum = wanted.get("scoreMaximum") if isinstance(wanted, dict) else None
    if isinstance(maximum, bool) or not isinstance(maximum, int | float) or not 0 < maximum < 1e9:
        raise NotAccepted("lineItem.scoreMaximum is not a number above 0")
    return maximum, wanted


def _review(tool: Tool, wanted: dict[str, Any] | None) -> dict[str, Any] | None:
    try:
        return submission_review.checked((wanted or {}).get("submissionReview"), tool)
    except submission_review.WrongReview as error:
        raise NotAccepted(f"lineItem.{error}") from error
