"""Python: calls and scripts run in the warmed interpreter; files that are written need this."""

from __future__ import annotations

from rubrics.languages.base import Language

LANGUAGE = Language(
    code="python",
    name="Python",
    extension=".py",
    programs=("python3",),
    run=("python3", "-B", "{file}"),
    fault=r'File "[^"]*{file}", line (?P<line>\d+)',
    out_of_memory="MemoryError",
    own_mb=40,
)
