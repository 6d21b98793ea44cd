"""The tables of docs/assessment-file.md, made from the schema so that they cannot differ.

`python -m rubrics.interchange.reference docs/assessment-file.md` writes them anew between the
marks.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rubrics.interchange.schema import schema
from rubrics.numbers import plain

BEGIN, END = "<!-- fields -->", "<!-- end of fields -->"
KINDS = {
    "string": "text",
    "number": "number",
    "integer": "whole number",
    "boolean": "true or false",
    "array": "list",
    "object": "group",
}


def tables() -> str:
    """Return a heading and a table for each group of fields, in the order of the schema."""
    whole = schema()
    groups = {"The file": whole} | {
        group["title"]: group
        for group in whole["$defs"].values()
        if "title" in group and "additionalProperties" in group
    }
    return "\n".join(line for title, group in groups.items() for line in _table(title, group))


def _table(title: str, group: dict[str, Any]) -> Iterator[str]:
    required = {*group.get("required", ()), *_always_required(group)}
    yield f"### {title}\n"
    yield "| field | holds | meaning |"
    yield "|---|---|---|"
    for name, field in group["properties"].items():
        star = " (needed)" if name in required else ""
        yield f"| `{name}`{star} | {_holds(field)} | {field['description']} |"
    yield ""


def _always_required(group: dict[str, Any]) -> set[str]:
    """Return what items or checks of every kind need; it is said once for all kinds."""
    for common in ("item", "check"):
        if str(group.get("title", "")).startswith(f"{common.capitalize()} of kind"):
            return set(schema()["$defs"][common]["required"])
    return set()


def _holds(field: dict[str, Any]) -> str:
    rule = _resolved(field)
    default = field.get("default")
    words = _kind(rule)
    if default is None:
        return words
    shown = str(default).lower() if isinstance(default, bool) else default
    return f"{words}; {shown if isinstance(shown, str) else plain(shown)} if left out"


def _kind(rule: dict[str, Any]) -> str:
    if "const" in rule:
        return str(rule["const"])
    if "enum" in rule:
        return ", ".join(rule["enum"])
    if rule["type"] == "object" and "title" not in rule:
        return "texts by their path"
    if rule["type"] == "object":
        return f"[{rule['title'].lower()}](#{_anchor(rule['title'])})"
    if rule["type"] == "array":
        of = _resolved(rule["items"])
        title = of.get("title")
        return f"list of [{title.lower()}](#{_anchor(title)})" if title else "list of text"
    words = KINDS[rule["type"]]
    low, high = rule.get("minimum"), rule.get("maximum")
    if low is not None and high is not None:
        return f"{words}, {plain(low)} to {plain(high)}"
    return words if low is None else f"{words}, at least {plain(low)}"


def _anchor(title: str) -> str:
    # Items and checks have one table per kind; the link goes to the first of them.
    first = {"Item": "item-of-kind-choice", "Check": "check-of-kind-call"}
    return first.get(title, title.lower().replace(" ", "-"))


def _resolved(field: dict[str, Any]) -> dict[str, Any]:
    reference = field.get("$ref")
    if reference is None:
        return field
    return _resolved(schema()["$defs"][reference.rpartition("/")[2]])


def renewed(page: str) -> str:
    """Return the page with the tables as they should be."""
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    return pattern.sub(lambda _: f"{BEGIN}\n\n{tables()}\n{END}", page)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
