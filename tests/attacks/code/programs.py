"""Hostile programs for every kind of check and every language, one file each.

The first line of a file says what it wants, the second is `attack: LANGUAGE KIND…`, kinds being the
keys of `KINDS`. `@TEXTxN@` stands for TEXT N times, `@classes N@` for N small classes. What must
come out is a secret, or the work of an honest program, so that a pass means that something was
forged.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from grading.precheck import Answer, CheckSpec
from grading.sandbox import Limits
from rubrics.languages import Language, languages

SECRET = "8d1f-the-expected-value-44c2"
LIMITS = Limits(cpu_seconds=1, memory_mb=128)
_FOLDER = Path(__file__).parent / "hostile_programs"
_REFERENCE = (
    "def double(n):\n    if n < 0:\n        raise ValueError('negative')\n    return n * 2\n"
)
_PYTEST = """import pytest
from solution import double
def test_two(): assert double(2) == 4
def test_three(): assert double(3) == 6
def test_negative():
    with pytest.raises(ValueError):
        double(-1)
def test_zero(): assert double(0) == 0
"""
_UNITTEST = """import unittest
from solution import double
class Doubling(unittest.TestCase):
    def test_two(self): self.assertEqual(double(2), 4)
    def test_zero(self): self.assertEqual(double(0), 0)
"""
_RAISES = """>>> double(-1)
Traceback (most recent call last):
    ...
ValueError: negative
"""
_EXAMPLES = f">>> double(3)\n6\n{_RAISES}"
_COMPARISONS = ">>> double(3) == 6\nTrue\n>>> double(1) == 2\nTrue\n"
_OTTER = "test = {'name': 'q', 'suites': [{'cases': [{'code': %r}]}]}\n"
_AUTOGRADER = {
    "run_autograder": "#!/bin/bash\npython3 source/grade.py\n",
    "grade.py": "import json, sys\n"
    "sys.path.insert(0, '/autograder/submission')\n"
    "from solution import double\n"
    "tests = [{'name': str(n), 'score': 2.0 * (double(n) == 2 * n), 'max_score': 2}\n"
    "         for n in range(4)]\n"
    "json.dump({'tests': tests}, open('/autograder/results/results.json', 'w'))\n",
}
_JUNIT = {
    "run.sh": "python3 -c 'from solution import double; assert double(2) == 4' && inner= ||"
    " inner='<failure message=\"no\"/>'\n"
    'test -e results.xml || echo "<testsuite><testcase name=\\"two\\">$inner</testcase>'
    '</testsuite>" > results.xml\n',
}
_CASES = """def cases(random):
    return [f'double({random.randrange(10**6)})' for _ in range(100)]
"""
_CHECKER = "def check(got, expected, given):\n    return abs(float(got) - 42) < 0.1\n"


def _suite(runner: str, files: dict[str, str], tests: int = 0) -> CheckSpec:
    words = ("bash", "run.sh") if runner == "junit" else ()
    return CheckSpec(
        "s", "suite", runner=runner, files=files, tests=tests, arguments=words, show_expected=False
    )


_IO = CheckSpec("a", "io", stdin="x\n", expected=SECRET)
_FILE = CheckSpec("a", "io", output_file="out.txt", expected=SECRET)
_CATCHES = CheckSpec("c", "catches", fault="def double(n):\n    return n + 2\n")
_OF_PYTEST = _suite("pytest", {"tests/test_it.py": _PYTEST}, 4)
_OF_UNITTEST = _suite("unittest", {"test_it.py": _UNITTEST}, 2)
HONEST = "honest93"  # the one that must pass
KINDS: dict[str, list[CheckSpec]] = {
    "io": [_IO],
    HONEST: [CheckSpec("a", "io", expected=SECRET + "." * 64)],
    "twice": [_IO, CheckSpec("b", "io", stdin="x\n", expected=SECRET)],
    "file": [_FILE],
    "pyfile": [_FILE],
    "pytest": [_OF_PYTEST],
    "leak-pytest": [_OF_PYTEST],
    "unittest": [_OF_UNITTEST],
    "leak-unittest": [_OF_UNITTEST],
    "gradescope": [_suite("gradescope", _AUTOGRADER, 4)],
    "junit": [_suite("junit", _JUNIT, 1)],
    "doctest": [_suite("doctest", {"e.txt": _EXAMPLES})],
    "doctest-compares": [_suite("doctest", {"e.txt": _COMPARISONS})],
    "doctest-raises": [_suite("doctest", {"e.txt": _RAISES})],
    "otter": [_suite("otter", {"q.py": _OTTER % _EXAMPLES})],
    "otter-compares": [_suite("otter", {"q.py": _OTTER % _COMPARISONS})],
    "json-deep": [CheckSpec("c", "io", compare="json", expected="[" * 900 + "]" * 899 + "]")],
    "generated": [CheckSpec("g", "generated", generator=_CASES)],
    "catches": [_CATCHES],
    "catches-leak": [_CATCHES],
    "ruff": [CheckSpec("r", "ruff", rules="E,F,W,B,N")],
    "call-set": [CheckSpec("c", "call", call="answer(3)", expected="{1, 2, 3}")],
    "checker": [CheckSpec("c", "io", compare="checker", checker=_CHECKER, expected="42")],
    "pattern": [CheckSpec("c", "io", compare="pattern", expected=r"(\w+\s?)+\.")],
}


@dataclass(frozen=True)
class Program:
    name: str
    language: str
    kind: str
    source: str

    @property
    def chosen(self) -> Language:
        return languages()[self.language]

    @property
    def answer(self) -> Answer:
        tested = "test_solution.py" if self.kind.startswith("catches") else ""
        return Answer(
            self.source,
            filename=tested or self.chosen.default_filename,
            language=self.language,
            limits=LIMITS,
            reference=_REFERENCE,
            prelude="import math\nimport random\n\n" if self.kind == "pyfile" else "",
        )


def _expanded(text: str) -> str:
    text = re.sub(
        r"@classes (\d+)@",
        lambda found: "\n".join(f"class Part{n} {{}}" for n in range(int(found[1]))),
        text,
    )
    text = text.replace("FINGERPRINT", str(zlib.crc32(_REFERENCE.encode()) % 9_999_991))
    return re.sub(r"@(\S{1,3})x(\d+)@", lambda found: found[1] * int(found[2]), text)


def _read(path: Path) -> list[Program]:
    text = path.read_text()
    found = re.search(r"attack: (\S+) (.*)", text)
    assert found, path
    return [Program(path.stem, found[1], kind, _expanded(text)) for kind in found[2].split()]


PROGRAMS = [program for path in sorted(_FOLDER.iterdir()) for program in _read(path)]
