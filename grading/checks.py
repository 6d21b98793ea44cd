"""`manage.py check --tag sandbox`: whether this machine contains learners' code, tried out."""

from __future__ import annotations

import os
import stat
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
    return [*_contained(), *_spoken()]


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


@checks.register
def packages_within_reach(**_given: Any) -> list[checks.CheckMessage]:
    """Before every command, since all it costs is a look at a few folders: ruff, pytest and other
    test suites run in the sandbox, from Python's packages. It has a /tmp of its own, and runs as
    somebody whom a closed folder on the way there keeps out.
    """
    here = Path(sys.prefix).resolve()
    if here.is_relative_to("/tmp"):  # noqa: S108
        shut, remedy = "/tmp", "Move the checkout."  # noqa: S108
    else:
        folders = (here, *here.parents)
        closed = [each for each in folders if not each.stat().st_mode & stat.S_IXOTH]
        if os.geteuid() != 0 or not closed:
            return []
        shut = str(closed[0])
        remedy = "Move the checkout, or let everybody pass through that folder (chmod o+x)."
    said = f"Ruff, pytest and other test suites stand in {here}, where programs in the sandbox"
    said += f" cannot see them: {shut} is in the way."
    remedy += " Until then these checks cannot be run, and what they would mark goes to people."
    return [checks.Warning(said, remedy, id="grading.W003")]


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
