"""Makes an autograder of otter-grader for a question, and runs it over submissions.

Runs in our own environment; otter is called as its users call it, `otter run`, one submission
after the other, with as many processes side by side as we have.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import _peers


def seconds_each(prelude: str, checks: Sequence[tuple[str, str]], sources: Sequence[str]) -> float:
    """Wall seconds per submission with two processes; checks that the verdicts are right."""
    otter = _peers.python().with_name("otter")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _autograder(otter, folder, checks)
        jobs = []
        for number, source in enumerate(sources):
            place = folder / f"s{number}"
            place.mkdir()
            (place / "solution.py").write_text(f"{prelude}\n{source}\n")
            jobs.append(place)
        begun = time.perf_counter()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda place: _run(otter, folder / "autograder.zip", place), jobs))
        seconds = time.perf_counter() - begun
        wrong = [place.name for place in jobs if not _passed(place)]
    if wrong:
        raise RuntimeError(f"otter did not pass right programs: {', '.join(wrong)}")
    return seconds / len(sources)


def _autograder(otter: Path, folder: Path, checks: Sequence[tuple[str, str]]) -> None:
    tests = folder / "tests"
    tests.mkdir()
    cases = [{"code": f">>> {call}\n{expected}"} for call, expected in checks]
    test = {"name": "q1", "points": len(checks), "suites": [{"type": "doctest", "cases": cases}]}
    (tests / "q1.py").write_text(f"OK_FORMAT = True\ntest = {test!r}\n")
    settings = folder / "otter_config.json"
    settings.write_text(json.dumps({"lang": "python"}))
    words = [str(otter), "generate", "-t", str(tests), "-o", str(folder / "autograder.zip")]
    subprocess.run(
        [*words, "--no-environment", "-c", str(settings)],
        check=True,
        capture_output=True,
        cwd=folder,
    )


def _run(otter: Path, autograder: Path, place: Path) -> None:
    words = [str(otter), "run", str(place / "solution.py"), "-a", str(autograder), "-o", str(place)]
    subprocess.run(
        [*words, "--no-logo"],
        check=False,
        capture_output=True,
        cwd=place,
        env={"PATH": f"{otter.parent}:/usr/bin:/bin", "HOME": str(place)},
    )


def _passed(place: Path) -> bool:
    try:
        results = json.loads((place / "results.json").read_text())
    except (OSError, ValueError):
        return False
    return all(test.get("status") != "failed" for test in results["tests"])
