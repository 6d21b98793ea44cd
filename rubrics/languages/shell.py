"""Shell scripts, with bash. The exit code is that of the last command, so it does not count."""

from __future__ import annotations

from rubrics.languages.base import Language

LANGUAGE = Language(
    code="shell",
    name="Shell",
    extension=".sh",
    programs=("bash",),
    fewest_processes=8,
    run=("bash", "{flags}", "{file}"),
    fault=r"{file}: line (?P<line>\d+): (?P<message>.*)",
    own_mb=8,
    exit_counts=False,
)
