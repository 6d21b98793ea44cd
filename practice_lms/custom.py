"""Custom parameters with the substitution variables that this LMS knows (LTI Core 6.1.1)."""

from __future__ import annotations

from collections.abc import Callable

from practice_lms import vocabulary
from practice_lms.house import house
from practice_lms.messages import Message

Value = Callable[[Message], str | None]


def _date(period: str, end: str) -> Value:
    """The value of a date of the link (Deep Linking 2.0, section 3.2); empty when it has none."""

    def value(message: Message) -> str | None:
        if message.link is None:
            return None
        dates = message.link.available if period == "available" else message.link.submission
        return dates.get(end, "")

    return value


# A variable without a value for a message stays as it was written, as an unknown one does.
VALUES: dict[str, Value] = {
    "User.id": lambda m: m.person.sub if m.identity != "none" else None,
    "Person.sourcedId": lambda m: m.person.id if m.identity == "full" else None,
    "Context.id": lambda m: m.course.id if m.course else None,
    "Context.title": lambda m: m.course.title if m.course else None,
    "CourseOffering.label": lambda m: m.course.label if m.course else None,
    "Context.id.history": lambda m: ",".join(m.course.history) if m.course else None,
    "ResourceLink.id": lambda m: m.link.id if m.link else None,
    "ResourceLink.title": lambda m: m.link.title if m.link else None,
    "ResourceLink.id.history": lambda m: ",".join(m.link.history) if m.link else None,
    **{
        f"ResourceLink.{period}.{end}": _date(period, end)
        for period in ("available", "submission")
        for end in ("startDateTime", "endDateTime")
    },
}


def filled_in(message: Message) -> dict[str, str]:
    """The custom parameters of a message: the tool's, then those of what it opens."""
    given = {**message.tool.custom, **(message.link.custom if message.link else {})}
    if message.type == vocabulary.SUBMISSION_REVIEW_REQUEST and message.line_item:
        given |= (message.line_item.review or {}).get("custom") or {}
    if message.processor is not None:
        given |= message.processor.custom
        given |= message.processor.report.get("custom") or {}
    return {name: _value(message, text) for name, text in given.items()}


def variables() -> list[str]:
    """The names of the variables that this platform offers."""
    return [name for name in VALUES if name not in house.manner.variables_missing]


def _value(message: Message, text: str) -> str:
    name = text.removeprefix("$")
    if name == text or name not in variables():
        return text
    value = VALUES[name](message)
    return text if value is None else value
