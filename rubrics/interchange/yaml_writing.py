"""From contents to the text of an assessment file, the same text for the same content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

import yaml

from rubrics import content
from rubrics.interchange.yaml_tree import FRACTION
from rubrics.numbers import plain
from rubrics.standard import STANDARD_RUBRICS

Values = dict[str, Any]
UNUSUAL_BREAKS = frozenset("\r\x85\u2028\u2029\ufeff")


def written(document: content.Document) -> str:
    values: Values = {
        "cograde": 1,
        "programme": _all(document.programme),
        "competencies": [_changed(each) for each in document.competencies],
        "rubrics": [_rubric(each) for each in document.rubrics],
        "policy": _all(document.policy),
        "assessment": _assessment(document.assessment),
    }
    present = {name: value for name, value in values.items() if value != []}
    return yaml.dump(
        present, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100, indent=2
    )


def _all(part: Any) -> Values:
    return {each.name: getattr(part, each.name) for each in fields(part)}


def _changed(part: Any, names: Iterable[str] | None = None, always: Iterable[str] = ()) -> Values:
    """Return the fields that differ from their defaults, in the order of their declaration."""
    wanted = None if names is None else set(names)
    return {
        each.name: _listed(getattr(part, each.name))
        for each in fields(part)
        if (wanted is None or each.name in wanted)
        and (each.name in always or getattr(part, each.name) != content.default_of(each))
    }


def _listed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _rubric(rubric: content.Rubric) -> Values:
    values = _changed(rubric)
    if rubric.criteria:
        values["criteria"] = [_criterion(each) for each in rubric.criteria]
    return values


def _criterion(criterion: content.Criterion) -> Values:
    values = _changed(criterion)
    if criterion.levels:
        values["levels"] = [_level(each) for each in criterion.levels]
    return values


def _level(level: content.Level) -> Values:
    values = _changed(level)
    if level.anchors:
        values["anchors"] = [_changed(each) for each in level.anchors]
    return values


def _assessment(assessment: content.Assessment) -> Values:
    values = _changed(assessment)
    if assessment.items:
        values["items"] = [_item(each) for each in assessment.items]
    return values


def _item(item: content.Item) -> Values:
    values: Values = {"code": item.code, "kind": item.kind, "title": item.title}
    if item.rubric not in STANDARD_RUBRICS:
        values["rubric"] = item.rubric
    values["points"] = item.points
    values.update(_changed(item, {"prompt"}))
    values.update(_ITEM_WRITERS[item.kind](item))
    return values


def _choice_item(item: content.Item) -> Values:
    values: Values = {"multiple": item.accept_multiple}
    if item.partial_credit:
        values["partial"] = True
    if item.choices:
        values["choices"] = [_changed(each, always=["correct"]) for each in item.choices]
    return values


def _matching_item(item: content.Item) -> Values:
    if not item.pairs:
        return {}
    named = ({"text": each.text} if each.text else {} for each in item.pairs)
    pairs = zip(named, item.pairs, strict=True)
    return {"pairs": [{**name, "partner": each.partner} for name, each in pairs]}


def _ordering_item(item: content.Item) -> Values:
    return {"steps": [each.text for each in item.choices]} if item.choices else {}


def _cloze_item(item: content.Item) -> Values:
    values: Values = {"text": item.cloze} if item.cloze else {}
    if item.gaps:
        values["gaps"] = [_changed(each) for each in item.gaps]
    return values


def _numeric_item(item: content.Item) -> Values:
    renamed = {
        "numeric_answer": "answer",
        "numeric_tolerance": "tolerance",
        "numeric_unit": "unit",
        "numeric_figures": "figures",
    }
    return {renamed[name]: value for name, value in _changed(item, renamed).items()}


def _text_item(item: content.Item) -> Values:
    renamed = {"words_min": "min", "words_max": "max"}
    words = {renamed[name]: value for name, value in _changed(item, renamed).items()}
    return {"words": words} if words else {}


def _code_item(item: content.Item) -> Values:
    own = {"language", "filename", "flags", "starter", "prelude", "reference", "max_files"}
    values = _changed(item, own, always=["filename"])
    limits = _changed(item, {"cpu_seconds", "memory_mb"})
    if limits:
        values["limits"] = limits
    if item.checks:
        values["checks"] = [_check(each) for each in item.checks]
    return values


def _diagram_item(item: content.Item) -> Values:
    values = _changed(item, {"starter", "reference"})
    if item.checks:
        values["checks"] = [_check(each) for each in item.checks]
    return values


def _file_item(item: content.Item) -> Values:
    return _changed(item, {"max_files", "extensions", "max_file_mb"})


def _check(check: content.Check) -> Values:
    needed = {
        "call": ["call", "expected"],
        "ruff": ["rules"],
        "generated": ["generator"],
        "catches": ["fault"],
        "suite": ["runner"],
    }
    return _changed(check, always=needed.get(check.kind, []))


_ITEM_WRITERS = {
    "choice": _choice_item,
    "matching": _matching_item,
    "ordering": _ordering_item,
    "cloze": _cloze_item,
    "numeric": _numeric_item,
    "short_text": _text_item,
    "essay": _text_item,
    "code": _code_item,
    "diagram": _diagram_item,
    "file": _file_item,
}


class _Dumper(yaml.SafeDumper):
    """Writes numbers without exponents, lines as blocks, and everything out in full."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        # Lists are indented under their name, as people write them.
        super().increase_indent(flow, False)


def _number(dumper: yaml.SafeDumper, value: Decimal | float) -> yaml.ScalarNode:
    text = plain(value)
    kind = "float" if "." in text else "int"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", text)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = None
    if UNUSUAL_BREAKS & set(value):
        style = '"'
    elif "\n" in value:
        style = "|"
    elif FRACTION.match(value):
        # To us (YAML 1.2) it would be a number without the marks; PyYAML (1.1) knows fewer of them.
        style = "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(Decimal, _number)
_Dumper.add_representer(float, _number)
_Dumper.add_representer(str, _text)
