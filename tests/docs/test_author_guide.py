"""Every example of docs/checks.md: the right program passes its checks, the wrong one does not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from grading.diagrams.checks import run_diagram_checks
from grading.precheck import Answer, CheckOutcome, CheckSpec, run_checks
from grading.precheck.registry import _OWN
from grading.sandbox import Limits
from rubrics.completeness.items import item_problems
from rubrics.content import CHECK_FIELDS, Item
from rubrics.interchange import yaml_reading
from rubrics.languages import languages
from rubrics.standard import STANDARD_RUBRICS

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "checks.md"
BLOCK = re.compile(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Example:
    values: Any
    programs: dict[str, str] = field(default_factory=dict)

    @property
    def item(self) -> Item:
        """The item of the file that the example is a part of."""
        given = self.values if isinstance(self.values, dict) else {"checks": self.values}
        values = {"code": "it", "kind": "code", "title": "It", "points": 1, "prompt": "?", **given}
        return yaml_reading.item_of({**values, "reference": self.programs.get("reference", "")})

    def told(self, program: str) -> list[CheckOutcome]:
        item = self.item
        if item.kind == "diagram":
            specs = [CheckSpec(**vars(check)) for check in item.checks]
            return run_diagram_checks(self.programs[program], specs)
        answer = Answer(
            self.programs[program],
            filename=item.filename,
            language=item.language,
            flags=item.flags,
            reference=item.reference,
            limits=Limits(cpu_seconds=2),
        )
        specs = [CheckSpec(**vars(check)) for check in item.checks]
        return run_checks(answer, specs)


def examples() -> list[Example]:
    found: list[Example] = []
    for language, name, text in BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        if language == "yaml":
            found.append(Example(yaml.safe_load(text)))
        else:
            found[-1].programs[name] = text
    return found


EXAMPLES = examples()
NAMES = [f"{n}-{example.item.checks[0].kind}" for n, example in enumerate(EXAMPLES)]


def needs(example: Example) -> None:
    if missing := languages()[example.item.language].missing:
        pytest.skip(f"this machine has no {', '.join(missing)}")


def test_there_is_an_example_for_every_kind() -> None:
    shown = {check.kind for example in EXAMPLES for check in example.item.checks}
    assert shown == set(CHECK_FIELDS)
    assert set(_OWN) | {"diagram"} == set(CHECK_FIELDS)


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_it_could_be_published(example: Example) -> None:
    needs(example)
    rubric = STANDARD_RUBRICS["checks-passed"]
    assert [problem.words for problem in item_problems(example.item, rubric)] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_the_right_program_passes(example: Example) -> None:
    needs(example)
    outcomes = example.told("right")
    assert [outcome.status for outcome in outcomes] == ["pass"] * len(outcomes), outcomes


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_the_wrong_program_fails(example: Example) -> None:
    needs(example)
    statuses = {outcome.status for outcome in example.told("wrong")}
    assert "fail" in statuses
    assert "error" not in statuses
