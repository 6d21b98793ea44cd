"""`manage.py check --tag sandbox`: whether this machine contains learners' code, tried out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core import checks

from grading.sandbox import probe
from rubrics.languages import languages

TAG = "sandbox"


@checks.register(TAG)
def sandbox_contains(**_given: Any) -> list[checks.CheckMessage]:
    """An error for each containment that does not hold, a warning for what is weaker or missing.

    Django runs every check before every command. This one starts programs that try to get out,
    which takes seconds, so it does nothing unless it is asked for by its tag.
    """
    if TAG not in sys.argv:
        return []
    return [*_contained(), *_stands(), *_spoken()]


def _contained() -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    for finding in probe.probe():
        if finding.level == "missing":
            found.append(checks.Error(finding.what, finding.remedy, id="grading.E001"))
        elif finding.level == "weaker":
            found.append(checks.Warning(finding.what, finding.remedy, id="grading.W001"))
        else:
            found.append(checks.Info(f"holds: {finding.what}", id="grading.I001"))
    return found


def _stands() -> list[checks.CheckMessage]:
    """Programs have a /tmp of their own, which hides whatever of ours stands in the real one."""
    if not Path(sys.prefix).resolve().is_relative_to("/tmp"):  # noqa: S108
        return []
    said = f"Python's packages stand in {sys.prefix}, which programs in the sandbox cannot see"
    remedy = "Move the checkout out of /tmp: ruff, pytest and other test suites do not run there."
    return [checks.Error(said, remedy, id="grading.E002")]


def _spoken() -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    for language in languages().values():
        if language.missing:
            said = f"no programs in {language.name}: there is no {', '.join(language.missing)}"
            remedy = "Items in this language cannot be published until it is installed here."
            found.append(checks.Warning(said, remedy, id="grading.W002"))
        else:
            found.append(checks.Info(f"runs programs in {language.name}", id="grading.I002"))
    return found
