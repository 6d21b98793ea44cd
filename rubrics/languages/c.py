"""C, with the machine's gcc. What `main` returns is undefined in older C when nothing is returned,
so the exit code does not count."""

from __future__ import annotations

from rubrics.languages.base import Language

LANGUAGE = Language(
    code="c",
    name="C",
    extension=".c",
    programs=("gcc", "as", "ld"),
    compiled=("-o", "program", "{sources}", "{flags}", "-lm"),
    artefact="program",
    fewest_processes=8,
    run=("./program",),
    error=r"^{file}:(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<message>.*)",
    exit_counts=False,
)
