"""The JSON Schema of the assessment file, and its errors in the words of an author."""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path as FilePath
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from rubrics.interchange.problems import FileProblem
from rubrics.interchange.yaml_tree import Path, Tree
from rubrics.numbers import plain

Values = dict[str, Any]

SCHEMA_FILE = FilePath(__file__).with_name("assessment.schema.json")
TYPE_WORDS = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list (lines that begin with “- ”)",
    "object": "a group of fields",
}


@functools.cache
def schema() -> Values:
    """Return the schema; its numbers are exact, like those of the files."""
    loaded: Values = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"), parse_float=Decimal)
    return loaded


@functools.cache
def _validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))
    return Draft202012Validator(schema())


def shape_problems(tree: Tree) -> dict[Path, list[FileProblem]]:
    """Return what is not of the form, by the path of the value that is concerned."""
    found: dict[Path, list[FileProblem]] = {}
    for error in _validator().iter_errors(tree.value):
        path = tuple(error.absolute_path)
        for place, words in _in_words(error, path, tree):
            found.setdefault(path, []).append(FileProblem(*place, words))
    return found


def _in_words(
    error: ValidationError, path: Path, tree: Tree
) -> Iterator[tuple[tuple[int, int], str]]:
    name = _name(path)
    if error.validator == "required":
        yield tree.place(path), f"{name}: “{_missing(error)}” is missing"
    elif error.validator == "additionalProperties":
        schema_part, group = cast(Values, error.schema), cast(Values, error.instance)
        known = sorted(schema_part["properties"])
        for key in sorted(set(group) - set(known)):
            yield tree.key_place((*path, key)), f"{name}: {_unknown(key, known, group)}"
    else:
        yield tree.place(path), f"{name}: {_expectation(error)}"


def _missing(error: ValidationError) -> str:
    # The validator names one missing field per error, in quotation marks at the beginning.
    return error.message.split("'")[1]


def _unknown(key: str, known: list[str], group: Values) -> str:
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    if close:
        return f"there is no field “{key}”; did you mean “{close[0]}”?"
    kind = group.get("kind")
    here = f" in kind {kind}" if isinstance(kind, str) and "kind" in known else ""
    return f"there is no field “{key}”{here}; there are {', '.join(known)}"


def _expectation(error: ValidationError) -> str:
    value, wanted = cast(Any, error.instance), cast(Any, error.validator_value)
    if error.validator == "type":
        return f"expected {TYPE_WORDS[str(wanted)]}, found {_found(value, str(wanted))}"
    if error.validator == "enum":
        return f"expected one of {', '.join(map(str, wanted))}; found {_found(value)}"
    if error.validator == "const":
        return f"expected {wanted}; found {_found(value)}"
    if error.validator == "pattern":
        return _pattern_words(str(value), str(wanted))
    limits = {
        "minimum": f"must be at least {wanted}; it is {value}",
        "maximum": f"must be at most {wanted}; it is {value}",
        "exclusiveMinimum": f"must be above {wanted}; it is {value}",
        "exclusiveMaximum": f"must be below {wanted}; it is {value}",
        "minLength": "must not be empty",
        "maxLength": f"may have at most {wanted} characters",
        "uniqueItems": "names something twice",
    }
    return limits[str(error.validator)]


def _pattern_words(value: str, pattern: str) -> str:
    if pattern.startswith("^\\."):
        return f"expected an ending of a file name with its dot, such as .pdf; found “{value}”"
    return (
        f"expected small letters, digits, hyphens and underscores, without spaces; found “{value}”"
    )


def _found(value: Any, wanted: str = "") -> str:
    if value is None:
        return "nothing; write a value or leave the field out"
    if isinstance(value, bool | int | Decimal):
        written = str(value).lower() if isinstance(value, bool) else plain(value)
        quote = f"; in quotation marks it is text: '{written}'" if wanted == "string" else ""
        return f"{written}{quote}"
    if isinstance(value, str):
        short = value if len(value) <= 40 else value[:39] + "…"
        return f"the text “{short}”"
    return "a list" if isinstance(value, list) else "a group of fields"


def _name(path: Path) -> str:
    """Return the path as an author would say it: assessment › items 3 › points."""
    words: list[str] = []
    for step in path:
        if isinstance(step, int) and words:
            words[-1] += f" {step + 1}"
        else:
            words.append(str(step))
    return " › ".join(words) or "the file"
