"""Test suites from elsewhere: they run, are told apart from sealed checks, and forging shows."""

from __future__ import annotations

import json

import pytest

from grading.precheck import Answer, CheckOutcome, CheckSpec, run_checks
from grading.precheck.suites import SuiteUnreadable, gradescope, junit
from grading.sandbox import Limits

LIMITS = Limits(cpu_seconds=1, memory_mb=64, output_kb=32)
RIGHT = "def double(n):\n    if n < 0:\n        raise ValueError('negative')\n    return n * 2\n"
WRONG = "def double(n):\n    return n * 3\n"
PYTEST = """
import pytest
from solution import double
def test_two(): assert double(2) == 4
def test_three(): assert double(3) == 6
def test_negative():
    with pytest.raises(ValueError):
        double(-1)
def test_zero(): assert double(0) == 0
"""
UNITTEST = """
import unittest
from solution import double
class Doubling(unittest.TestCase):
    def test_two(self): self.assertEqual(double(2), 4)
    def test_zero(self): self.assertEqual(double(0), 0)
"""
DOCTEST = """
>>> double(3)
6
>>> y = double(4)
>>> y
8
>>> double(-1)
Traceback (most recent call last):
    ...
ValueError: negative
"""
OTTER = """
test = {
    'name': 'q1', 'points': 1,
    'suites': [{'type': 'doctest', 'cases': [
        {'code': r'''>>> double(3)
6'''},
        {'code': '>>> double(1)\\n2', 'hidden': True},
    ]}],
}
"""
AUTOGRADER = {
    "run_autograder": "#!/bin/bash\npython3 source/grade.py\n",
    "grade.py": "import json, sys\n"
    "sys.path.insert(0, '/autograder/submission')\n"
    "from solution import double\n"
    "tests = [{'name': str(n), 'score': 2.0 * (double(n) == 2 * n), 'max_score': 2}\n"
    "         for n in range(4)]\n"
    "json.dump({'tests': tests}, open('/autograder/results/results.json', 'w'))\n",
}
JUNIT = {
    "run.sh": "python3 -c 'from solution import double; assert double(2) == 4' && inner= ||"
    " inner='<failure message=\"no\"/>'\n"
    'echo "<testsuite><testcase name=\\"two\\">$inner</testcase></testsuite>" > results.xml\n',
}
SUITES = {
    "pytest": CheckSpec("s", "suite", runner="pytest", files={"tests/test_it.py": PYTEST}, tests=4),
    "unittest": CheckSpec("s", "suite", runner="unittest", files={"test_it.py": UNITTEST}, tests=2),
    "gradescope": CheckSpec("s", "suite", runner="gradescope", files=AUTOGRADER, tests=4),
    "junit": CheckSpec("s", "suite", runner="junit", files=JUNIT, arguments=("bash", "run.sh")),
    "doctest": CheckSpec("s", "suite", runner="doctest", files={"examples.txt": DOCTEST}),
    "otter": CheckSpec("s", "suite", runner="otter", files={"q1.py": OTTER}),
}
SEALED = ("doctest", "otter")
GUARDED = [name for name in SUITES if name not in SEALED]


def told(source: str, spec: CheckSpec) -> CheckOutcome:
    [outcome] = run_checks(Answer(source, limits=LIMITS), [spec])
    return outcome


@pytest.mark.parametrize("name", SUITES)
def test_a_right_program_passes(name: str) -> None:
    outcome = told(RIGHT, SUITES[name])
    assert (outcome.status, outcome.flags) == ("pass", ()), outcome


@pytest.mark.parametrize("name", SUITES)
def test_a_wrong_program_fails(name: str) -> None:
    assert told(WRONG, SUITES[name]).status == "fail"


@pytest.mark.parametrize("name", SUITES)
def test_its_trust_says_where_the_verdict_was_made(name: str) -> None:
    for source in (RIGHT, WRONG):
        assert told(source, SUITES[name]).trust == ("sealed" if name in SEALED else "guarded")


@pytest.mark.parametrize(("name", "share"), [("pytest", 0.25), ("unittest", 0.5)])
def test_a_part_of_the_tests_earns_a_part(name: str, share: float) -> None:
    assert told(WRONG, SUITES[name]).earned == pytest.approx(share)


def test_points_of_an_autograder_earn_their_share() -> None:
    assert told(WRONG, SUITES["gradescope"]).earned == pytest.approx(0.25)


FORGED_XML = "".join(f'<testcase name="test_{n}"/>' for n in range(4))
HOSTILE = {
    "early-exit": "import os\nos._exit(0)\n",
    "early-report": "import os\n"
    "os.makedirs('report', exist_ok=True)\n"
    f"open('report/results.xml', 'w').write('<testsuite>{FORGED_XML}</testsuite>')\n"
    "os._exit(0)\n",
    "patched-report": "import sys\n"
    "reports = sys.modules.get('_pytest.reports')\n"
    "if reports:\n"
    "    real = reports.TestReport.from_item_and_call.__func__\n"
    "    def forged(cls, item, call):\n"
    "        call.excinfo = None\n"
    "        return real(cls, item, call)\n"
    "    reports.TestReport.from_item_and_call = classmethod(forged)\n"
    "import unittest\n"
    "unittest.TestCase.assertEqual = lambda self, *a: None\n"
    "def double(n): return 0\n",
    "at-exit": "import atexit\n"
    "def forge():\n"
    f"    open('report/results.xml', 'w').write('<testsuite>{FORGED_XML}</testsuite>')\n"
    "atexit.register(forge)\n"
    "def double(n): return 0\n",
}


@pytest.mark.parametrize("suite", ["pytest", "unittest"])
@pytest.mark.parametrize("attack", HOSTILE)
def test_interference_shows(suite: str, attack: str) -> None:
    """A guarded verdict may be won by force; then it carries a sign for a person."""
    outcome = told(HOSTILE[attack], SUITES[suite])
    assert outcome.trust == "guarded"
    assert outcome.status == "fail" or outcome.flags, outcome


@pytest.mark.parametrize("suite", SEALED)
@pytest.mark.parametrize("attack", HOSTILE)
def test_examples_cannot_be_forged(suite: str, attack: str) -> None:
    assert told(HOSTILE[attack], SUITES[suite]).status == "fail"


def test_the_authors_files_cannot_be_replaced() -> None:
    source = (
        "import os, pathlib\n"
        "for name in ('tests/test_it.py', 'test_it.py'):\n"
        "    try:\n"
        "        os.remove(name)\n"
        "        pathlib.Path(name).write_text('def test_two(): pass')\n"
        "    except OSError:\n"
        "        pass\n"
        "def double(n): return 0\n"
    )
    assert told(source, SUITES["pytest"]).status == "fail"


def test_more_results_than_tests_are_a_sign() -> None:
    spec = CheckSpec("s", "suite", runner="pytest", files={"test_it.py": PYTEST}, tests=5)
    outcome = told(RIGHT, spec)
    assert (outcome.status, outcome.flags) == ("fail", ("result-count",))


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (CheckSpec("s", "suite", runner="nose"), "There is no runner"),
        (CheckSpec("s", "suite", runner="junit"), "which program runs the suite"),
        (CheckSpec("s", "suite", runner="doctest", files={"a.txt": "no example"}), "no example"),
        (CheckSpec("s", "suite", runner="otter", files={"q.py": "x = 1"}), "has no `test"),
        (CheckSpec("s", "suite", runner="otter", files={"q.py": "test = {}"}), "OK format"),
        (CheckSpec("s", "suite", runner="otter", files={"q.py": "test = ("}), "OK format"),
    ],
)
def test_a_mistake_of_the_author_is_an_error(spec: CheckSpec, words: str) -> None:
    outcome = told(RIGHT, spec)
    assert outcome.status == "error"
    assert words in outcome.detail


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"<testsuite>",
        b"\xff\xfe",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><testsuite>&a;</testsuite>',
        b"<a>" * 20_000 + b"</a>" * 20_000,
        b"<testsuite>" + b'<testcase name="a"/>' * 2000 + b"</testsuite>",
        b" " * 3_000_000,
    ],
)
def test_a_report_that_is_none_is_refused(content: bytes | None) -> None:
    try:
        found = junit.report(content)
    except SuiteUnreadable:
        return
    assert found.tests == []


@pytest.mark.parametrize(
    "found",
    [
        None,
        [],
        {},
        {"tests": [3]},
        {"score": "lots"},
        {"tests": [{"score": 1}] * 2000},
    ],
)
def test_results_that_are_none_are_refused(found: object) -> None:
    with pytest.raises(SuiteUnreadable):
        gradescope.report(json.dumps(found).encode())


@pytest.mark.parametrize(
    ("tests", "share"),
    [
        ([{"score": 1, "max_score": 2}, {"score": 2, "max_score": 2}], 0.75),
        ([{"score": 1e308, "max_score": 2}], 0.0),
        ([{"score": 9, "max_score": 2}], 1.0),
        ([{"score": -9, "max_score": 2}], 0.0),
        ([{"score": float("nan"), "max_score": 2}], 0.0),
        ([{"status": "passed"}, {"status": "failed"}], 0.5),
    ],
)
def test_points_are_kept_within_reason(tests: list[dict[str, object]], share: float) -> None:
    assert gradescope.report(json.dumps({"tests": tests}).encode()).share == pytest.approx(share)


HIDDEN = (
    "import sys, os\nsys.stderr.write(open('test_it.py').read())\nsys.stderr.flush()\nos.abort()\n"
)


def test_hidden_tests_do_not_leave_by_a_crash() -> None:
    spec = CheckSpec(
        "s", "suite", runner="unittest", files={"test_it.py": UNITTEST}, show_expected=False
    )
    outcome = told(HIDDEN, spec)
    assert (outcome.status, outcome.flags) == ("fail", ("early-exit",))
    assert "def test_" not in outcome.detail + outcome.summary + outcome.got


def examples(text: str, source: str = RIGHT) -> CheckOutcome:
    return told(source, CheckSpec("s", "suite", runner="doctest", files={"e.txt": text}))


RAISES = ">>> double(-1)\nTraceback (most recent call last):\n    ...\nValueError: negative\n"


def test_examples_go_on_after_an_exception_that_is_expected() -> None:
    assert examples(RAISES + ">>> double(2)\n4\n").status == "pass"
    assert examples(RAISES + ">>> double(2)\n5\n").status == "fail"
    assert examples(RAISES + RAISES, "def double(n):\n    return n\n").status == "fail"


@pytest.mark.parametrize(
    "example",
    [
        ">>> double(1) == 2\nTrue\n",
        ">>> assert double(1) == 2\n",
        ">>> int(double(1) == 2)\n1\n",
        ">>> x = double(1)\n",
    ],
)
def test_examples_that_compare_inside_are_guarded(example: str) -> None:
    assert examples(example).trust == "guarded"


def test_examples_to_be_skipped_are_skipped() -> None:
    assert examples(">>> lost()  # doctest: +SKIP\n1\n>>> double(1)\n2\n").status == "pass"


def test_examples_over_what_is_no_python_say_so() -> None:
    outcome = examples(">>> double(1)\n2\n", "def double(x:\n")
    assert outcome.status == "fail"
    assert "not valid Python" in outcome.summary


def test_a_report_of_the_wrong_length_earns_nothing() -> None:
    spec = CheckSpec("s", "suite", runner="unittest", files={"test_it.py": UNITTEST}, tests=9)
    outcome = told(RIGHT, spec)
    assert (outcome.status, outcome.earned) == ("fail", 0)
