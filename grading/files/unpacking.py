"""An archive of programs, unpacked inside the sandbox."""

from __future__ import annotations

import json
from pathlib import Path

from grading.files import archives
from grading.files.archives import PROGRAMS, Refused
from grading.sandbox import SYSTEM_LINKS, Commands, Interior, Limits, SandboxUnavailable
from rubrics.languages.base import found

LIMITS = Limits(cpu_seconds=10, memory_mb=256, processes=4, disk_mb=64)
SECONDS = 30.0
_TOOL, _GIVEN, _FOLDER = "archives.py", "given", "unpacked"


def unpacked(content: bytes, name: str) -> dict[str, bytes]:
    """The files by their path. Raises Refused naming the file, and SandboxUnavailable."""
    python = found("python3")
    if python is None:
        raise SandboxUnavailable("This machine has no python3.", "Install it for the diagnostics.")
    tool = Path(archives.__file__).read_bytes()
    with Commands(
        {_TOOL: tool, _GIVEN: content},
        Interior("commands", ("/usr",), SYSTEM_LINKS),
        LIMITS,
        overall_seconds=SECONDS,
    ) as commands:
        ended = commands.run([python, "-I", "-B", _TOOL, _GIVEN, name, _FOLDER], keep=_FOLDER)
    kept = {path.removeprefix(f"{_FOLDER}/"): each for path, each in ended.files.items()}
    if "refused.txt" in kept:
        raise Refused(name, f"cannot be unpacked. {_said(kept['refused.txt'])}")
    if ended.outcome.status != "ok" or "paths.json" not in kept:
        raise Refused(name, "cannot be unpacked: it takes more time or memory than an archive may")
    return _by_path(kept, name)


def _by_path(kept: dict[str, bytes], name: str) -> dict[str, bytes]:
    """Believes nothing: what came out of the sandbox was written beside a hostile archive."""
    try:
        paths = json.loads(kept["paths.json"])
        members = [
            archives.Member(archives.checked_path(p), len(kept[n])) for n, p in paths.items()
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(name, "cannot be unpacked") from None
    checked = archives.together(members, PROGRAMS)
    return {member.path: kept[number] for member, number in zip(checked, paths, strict=True)}


def _said(text: bytes) -> str:
    return "".join(c for c in text.decode("utf-8", "replace")[:300] if c.isprintable())
