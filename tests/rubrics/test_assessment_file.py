"""docs/assessment-file.md says what the schema says, and its example works."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from rubrics.constructs import PLAIN, is_construct
from rubrics.interchange.importing import import_assessment
from rubrics.interchange.reference import renewed
from rubrics.interchange.schema import SCHEMA_FILE, schema
from rubrics.models import Check, Choice, Item
from rubrics.models.fields import CODE_LENGTH, LARGEST_POINTS, TITLE_LENGTH

PAGE = (Path(__file__).parents[2] / "docs" / "assessment-file.md").read_text(encoding="utf-8")


@pytest.mark.django_db
def test_the_example_can_be_imported_and_published() -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    imported = import_assessment(example.encode(), publish=True)
    assert imported.assessment.is_published
    assert imported.assessment.items.count() == 6


def test_the_tables_are_those_of_the_schema() -> None:
    assert renewed(PAGE) == PAGE, (
        "run: python -m rubrics.interchange.reference docs/assessment-file.md"
    )


def test_every_field_of_the_schema_is_documented() -> None:
    groups = [schema(), *(each for each in schema()["$defs"].values() if "properties" in each)]
    for group in groups:
        for name in group["properties"]:
            assert f"| `{name}`" in PAGE, name


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


def test_the_schema_has_the_kinds_and_limits_of_the_models() -> None:
    parts = schema()["$defs"]
    assert parts["item"]["properties"]["kind"]["enum"] == Item.Kind.values
    assert parts["check"]["properties"]["kind"]["enum"] == Check.Kind.values
    assert parts["code"]["maxLength"] == CODE_LENGTH
    assert parts["title"]["maxLength"] == TITLE_LENGTH
    assert parts["points"]["maximum"] == LARGEST_POINTS
    assert set(parts["choice"]["properties"]) == {field.name for field in Choice._meta.fields} - {
        "id",
        "item",
        "position",
    }


def test_constructs_are_those_that_grading_looks_for() -> None:
    from grading.precheck import construct

    assert set(PLAIN) == construct._WORDS
    for named in ("def:a", "class:A", "import:a.b", "call:.sort", "call:a.b", "recursion:f"):
        assert is_construct(named)
        assert construct._NAMED.fullmatch(named)
