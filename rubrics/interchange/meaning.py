"""What a schema cannot say about an assessment file: names that must lead somewhere, once each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from rubrics.content import ITEM_FIELDS
from rubrics.interchange.problems import FileProblem
from rubrics.interchange.yaml_tree import Path, Tree
from rubrics.standard import STANDARD_FOR_KIND, STANDARD_RUBRICS

Found = Iterator[tuple[Path, str]]


def meaning_problems(tree: Tree, broken: frozenset[Path]) -> list[FileProblem]:
    """Return what leads nowhere, is there twice, or is too fine to store.

    `broken` are the paths of values that are not of the form; they are not judged again, so that
    one mistake is told once.
    """
    found = _Judge(tree.value).everything()
    return [FileProblem(*tree.place(path), words) for path, words in found if path not in broken]


class _Judge:
    """Looks at values of any shape, since it judges also files that are not of the form."""

    def __init__(self, value: Any) -> None:
        self.competencies = _parts(value, "competencies")
        self.rubrics = _parts(value, "rubrics")
        self.items = _parts(value.get("assessment"), "items") if isinstance(value, dict) else []

    def everything(self) -> Found:
        yield from _twice(self.competencies, ("competencies",))
        yield from _twice(self.rubrics, ("rubrics",))
        yield from _twice(self.items, ("assessment", "items"))
        for index, rubric in enumerate(self.rubrics):
            yield from self._rubric(rubric, ("rubrics", index))
        for index, item in enumerate(self.items):
            yield from self._item(item, ("assessment", "items", index))

    def _rubric(self, rubric: Any, path: Path) -> Found:
        code = _code(rubric)
        if code in STANDARD_RUBRICS:
            words = f"the code “{code}” belongs to a standard rubric; choose another"
            yield (*path, "code"), words
        criteria = _parts(rubric, "criteria")
        yield from _twice(criteria, (*path, "criteria"))
        for number, criterion in enumerate(criteria):
            yield from self._criterion(criterion, (*path, "criteria", number))

    def _criterion(self, criterion: Any, path: Path) -> Found:
        known = _codes(self.competencies)
        yield from _too_fine(criterion, path, "weight", 2)
        for number, level in enumerate(_parts(criterion, "levels")):
            yield from _too_fine(level, (*path, "levels", number), "points", 2)
        for number, code in enumerate(_parts(criterion, "competencies")):
            if isinstance(code, str) and code not in known:
                words = f"there is no competency “{code}” under competencies; {_there(known)}"
                yield (*path, "competencies", number), words

    def _item(self, item: Any, path: Path) -> Found:
        checks = _parts(item, "checks")
        yield from _twice(checks, (*path, "checks"))
        yield from self._rubric_of(item, path)
        for name, decimals in (("points", 2), ("answer", 10), ("tolerance", 10)):
            yield from _too_fine(item, path, name, decimals)
        gaps = _parts(item, "gaps")
        yield from _twice(gaps, (*path, "gaps"))
        for number, gap in enumerate(gaps):
            yield from _too_fine(gap, (*path, "gaps", number), "weight", 2)
            yield from _too_fine(gap, (*path, "gaps", number), "tolerance", 10)
        for number, check in enumerate(checks):
            yield from _too_fine(check, (*path, "checks", number), "weight", 2)

    def _rubric_of(self, item: Any, path: Path) -> Found:
        kind = item.get("kind") if isinstance(item, dict) else None
        if kind not in ITEM_FIELDS:
            return
        code = item.get("rubric", STANDARD_FOR_KIND.get(kind))
        own = _codes(self.rubrics)
        if code in own or STANDARD_FOR_KIND.get(kind) == code:
            yield from self._checks_of(item, code, path)
        elif code in STANDARD_RUBRICS:
            words = f"the standard rubric “{code}” does not fit kind {kind}; {_there(own)}"
            yield (*path, "rubric"), words
        elif isinstance(code, str):
            yield (*path, "rubric"), f"there is no rubric “{code}” under rubrics; {_there(own)}"

    def _checks_of(self, item: Any, rubric: str, path: Path) -> Found:
        known = self._criteria_of(rubric)
        for number, check in enumerate(_parts(item, "checks")):
            code = check.get("criterion") if isinstance(check, dict) else None
            if isinstance(code, str) and code not in known:
                words = f"the rubric “{rubric}” has no criterion “{code}”; {_there(known)}"
                yield (*path, "checks", number, "criterion"), words

    def _criteria_of(self, code: str) -> list[str]:
        if code in STANDARD_RUBRICS:
            return [criterion.code for criterion in STANDARD_RUBRICS[code].criteria]
        return [
            criterion
            for rubric in self.rubrics
            if _code(rubric) == code
            for criterion in _codes(_parts(rubric, "criteria"))
        ]


def _parts(values: Any, name: str) -> list[Any]:
    found = values.get(name) if isinstance(values, dict) else None
    return found if isinstance(found, list) else []


def _code(part: Any) -> str | None:
    code = part.get("code") if isinstance(part, dict) else None
    return code if isinstance(code, str) else None


def _codes(parts: Iterable[Any]) -> list[str]:
    return [code for part in parts if (code := _code(part)) is not None]


def _there(known: list[str]) -> str:
    return f"there are {', '.join(known)}" if known else "there is none"


def _twice(parts: Iterable[Any], path: Path) -> Found:
    seen: set[str] = set()
    for index, part in enumerate(parts):
        code = _code(part)
        if code in seen:
            yield (*path, index, "code"), f"the code “{code}” is there twice; each needs its own"
        elif code is not None:
            seen.add(code)


def _too_fine(values: Any, path: Path, name: str, decimals: int) -> Found:
    value = values.get(name) if isinstance(values, dict) else None
    if isinstance(value, Decimal) and (Fraction(value) * 10**decimals).denominator != 1:
        yield (*path, name), f"{name} can have at most {decimals} decimals; it is {value}"
