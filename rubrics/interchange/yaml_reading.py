"""From the plain values of a file whose form and meaning have been checked to contents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rubrics import content
from rubrics.languages import PYTHON, language
from rubrics.standard import STANDARD_FOR_KIND

Values = dict[str, Any]


def document_of(values: Values) -> content.Document:
    return content.Document(
        programme=content.Programme(**values["programme"]),
        policy=policy_of(values["policy"]),
        assessment=assessment_of(values["assessment"]),
        competencies=tuple(content.Competency(**each) for each in values.get("competencies", ())),
        rubrics=tuple(rubric_of(each) for each in values.get("rubrics", ())),
    )


def policy_of(values: Values) -> content.Policy:
    shares = ("auto_threshold", "extended_threshold", "audit_share", "second_share")
    exact = {name: float(values[name]) for name in shares if name in values}
    return content.Policy(**{**values, **exact})


def rubric_of(values: Values) -> content.Rubric:
    criteria = tuple(criterion_of(each) for each in values.get("criteria", ()))
    return content.Rubric(values["code"], values["title"], criteria)


def criterion_of(values: Values) -> content.Criterion:
    levels = (level_of(each) for each in values.get("levels", ()))
    return content.Criterion(
        code=values["code"],
        title=values["title"],
        description=values.get("description", ""),
        weight=Decimal(values.get("weight", 1)),
        competencies=tuple(sorted(values.get("competencies", ()))),
        remediation=values.get("remediation", ""),
        levels=tuple(sorted(levels, key=lambda level: level.points)),
    )


def level_of(values: Values) -> content.Level:
    return content.Level(
        points=Decimal(values["points"]),
        title=values["title"],
        descriptor=values.get("descriptor", ""),
        anchors=tuple(content.Anchor(**each) for each in values.get("anchors", ())),
    )


def assessment_of(values: Values) -> content.Assessment:
    return content.Assessment(
        code=values["code"],
        title=values["title"],
        instructions=values.get("instructions", ""),
        language=values.get("language", ""),
        time_limit_minutes=values.get("time_limit_minutes"),
        items=tuple(item_of(each) for each in values.get("items", ())),
    )


def item_of(values: Values) -> content.Item:
    common = {
        "code": values["code"],
        "kind": values["kind"],
        "title": values["title"],
        "rubric": values.get("rubric") or STANDARD_FOR_KIND[values["kind"]],
        "points": Decimal(values["points"]),
        "prompt": values.get("prompt", ""),
    }
    return content.Item(**common, **_fields_of_kind(values))


def _fields_of_kind(values: Values) -> Values:
    kind = values["kind"]
    if kind == "choice":
        return {
            "accept_multiple": values.get("multiple", False),
            "partial_credit": values.get("partial", False),
            "choices": tuple(content.Choice(**each) for each in values.get("choices", ())),
        }
    if kind == "matching":
        pairs = (
            content.Pair(each.get("text", ""), each["partner"]) for each in values.get("pairs", ())
        )
        return {"pairs": tuple(pairs)}
    if kind == "ordering":
        return {"choices": tuple(content.Choice(each) for each in values.get("steps", ()))}
    if kind == "cloze":
        gaps = tuple(gap_of(each) for each in values.get("gaps", ()))
        return {"cloze": values.get("text", ""), "gaps": gaps}
    if kind == "numeric":
        answer = values.get("answer")
        return {
            "numeric_answer": None if answer is None else Decimal(answer),
            "numeric_tolerance": Decimal(values.get("tolerance", 0)),
            "numeric_unit": values.get("unit", ""),
            "numeric_figures": values.get("figures", 0),
        }
    if kind == "code":
        return _code_fields(values)
    if kind == "diagram":
        texts: Values = {name: values[name] for name in ("starter", "reference") if name in values}
        return {**texts, "checks": tuple(check_of(each) for each in values.get("checks", ()))}
    if kind == "file":
        limits = ("max_files", "max_file_mb")
        present: Values = {name: values[name] for name in limits if name in values}
        return {"extensions": tuple(values.get("extensions", ())), **present}
    words = values.get("words", {})
    return {"words_min": words.get("min"), "words_max": words.get("max")}


def gap_of(values: Values) -> content.Gap:
    exact: Values = {name: tuple(values[name]) for name in ("answers", "wrong") if name in values}
    numbers = ("tolerance", "weight")
    exact.update((name, Decimal(values[name])) for name in numbers if name in values)
    return content.Gap(**{**values, **exact})


def _code_fields(values: Values) -> Values:
    plain = ("language", "starter", "prelude", "reference", "max_files")
    chosen = language(values.get("language", PYTHON.code)) or PYTHON
    return {
        **{name: values[name] for name in plain if name in values},
        "filename": values.get("filename", chosen.default_filename),
        "flags": tuple(values.get("flags", ())),
        **values.get("limits", {}),
        "checks": tuple(check_of(each) for each in values.get("checks", ())),
    }


def check_of(values: Values) -> content.Check:
    lists = ("arguments", "require", "forbid")
    exact: Values = {name: tuple(values[name]) for name in lists if name in values}
    if "weight" in values:
        exact["weight"] = Decimal(values["weight"])
    if "tolerance" in values:
        exact["tolerance"] = float(values["tolerance"])
    return content.Check(**{**values, **exact})
