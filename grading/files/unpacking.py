"""An archive of programs, unpacked inside the sandbox."""

from __future__ import annotations

import json
from pathlib import Path

from grading.files import archives
from grading.files.paths import Member, Refused, check_together, checked_path
from grading.sandbox import SYSTEM_LINKS, Commands, Interior, Limits, SandboxUnavailable
from rubrics.languages.base import found

LIMITS = Limits(cpu_seconds=10, memory_mb=256, processes=4, disk_mb=64)
SECONDS = 30.0
_FOLDER = Path(archives.__file__).parent
_GIVEN, _UNPACKED = "given", "unpacked"
_START = (
    "import sys; sys.path.insert(0, '.'); from grading.files.archives import main;"
    " main(*sys.argv[1:])"
)


def unpacked(content: bytes, name: str, main: str) -> dict[str, bytes]:
    """The files by their path; `main` is the program's main file. Raises Refused naming the file,
    and SandboxUnavailable.
    """
    python = found("python3")
    if python is None:
        raise SandboxUnavailable("This machine has no python3.", "Install it for the diagnostics.")
    words = [python, "-I", "-B", "-c", _START, _GIVEN, name, main, _UNPACKED]
    with Commands(
        {**_tools(), _GIVEN: content},
        Interior("commands", ("/usr",), SYSTEM_LINKS),
        LIMITS,
        overall_seconds=SECONDS,
    ) as commands:
        ended = commands.run(words, keep=_UNPACKED)
    kept = {path.removeprefix(f"{_UNPACKED}/"): each for path, each in ended.files.items()}
    if "refused.txt" in kept:
        raise Refused(name, f"cannot be unpacked. {_said(kept['refused.txt'])}")
    if ended.outcome.status != "ok" or "paths.json" not in kept:
        raise Refused(name, "cannot be unpacked: it takes more time or memory than an archive may")
    return _by_path(kept, name)


def _tools() -> dict[str, bytes]:
    modules = ("__init__.py", "paths.py", "archives.py")
    ours = {f"grading/files/{each}": (_FOLDER / each).read_bytes() for each in modules}
    return {"grading/__init__.py": b"", **ours}


def _by_path(kept: dict[str, bytes], name: str) -> dict[str, bytes]:
    """Believes nothing: what came out of the sandbox was written beside a hostile archive."""
    try:
        paths = {
            str(number): checked_path(p) for number, p in json.loads(kept["paths.json"]).items()
        }
        files = {path: kept[number] for number, path in paths.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Refused(name, "cannot be unpacked") from None
    if len(files) != len(paths):
        raise Refused(name, "cannot be unpacked")
    check_together([Member(path, len(content)) for path, content in files.items()])
    return files


def _said(text: bytes) -> str:
    return "".join(c for c in text.decode("utf-8", "replace")[:300] if c.isprintable())
