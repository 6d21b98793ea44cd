"""C++, with the machine's g++."""

from __future__ import annotations

from rubrics.languages.base import Language

LANGUAGE = Language(
    code="cpp",
    name="C++",
    extension=".cpp",
    more_extensions=(".cc", ".cxx"),
    programs=("g++", "as", "ld"),
    compiled=("-o", "program", "{sources}", "{flags}", "-lm"),
    artefact="program",
    fewest_processes=8,
    run=("./program",),
    error=r"^{file}:(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<message>.*)",
    out_of_memory="std::bad_alloc",
)
