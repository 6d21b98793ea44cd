from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import get_resolver

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
ROOMS = {"config", "audit", "lti_tool", "rubrics", "grading", "review"}
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "CONTRIBUTING.md"]


def settings_read() -> set[str]:
    source = (ROOT / "config" / "settings.py").read_text(encoding="utf-8")
    return set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    first_table = OPERATIONS.split("With no `DATABASE_URL`")[0]
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", first_table, re.MULTILINE))
    assert documented == settings_read()


def test_every_command_is_documented_and_every_documented_one_exists() -> None:
    section = OPERATIONS.split("## Commands")[1].split("## ")[0]
    documented = set(re.findall(r"^\| `([a-z_]+)", section, re.MULTILINE))
    assert documented == {name for name, room in get_commands().items() if room in ROOMS}


def test_every_route_stands_under_a_documented_address() -> None:
    section = OPERATIONS.split("## Addresses")[1].split("## ")[0]
    documented = set(re.findall(r"`/([a-z_]+)", section))
    routes = {str(pattern.pattern).split("/")[0] for pattern in get_resolver().url_patterns}
    assert {route for route in routes if route} == documented


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name}: {target}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_named_exist(document: Path) -> None:
    named = re.findall(
        r"`((?:config|audit|lti_tool|rubrics|grading|review|stack|bench|tests|samples)/[\w./]*)`",
        document.read_text(encoding="utf-8"),
    )
    for path in named:
        assert (ROOT / path).exists(), f"{document.name}: {path}"


def test_every_verb_of_make_in_the_readme_exists() -> None:
    verbs = set(re.findall(r"`?make ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert verbs <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
