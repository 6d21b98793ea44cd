"""Files beside a program: they are part of it, and nothing more."""

from __future__ import annotations

from typing import Any

import pytest

from grading.precheck import Answer, CheckOutcome, CheckSpec, run_checks
from grading.precheck.suite import COVERS
from grading.sandbox import Limits
from rubrics.languages import languages

LIMITS = Limits(cpu_seconds=3, wall_seconds=8)


def run(
    files: dict[str, str], *specs: CheckSpec, filename: str = "main.py", **more: Any
) -> list[CheckOutcome]:
    beside = {path: text.encode() for path, text in files.items() if path != filename}
    answer = Answer(files[filename], filename, files=beside, limits=LIMITS, **more)
    return run_checks(answer, specs)


def call(expression: str, expected: str, code: str = "c") -> CheckSpec:
    return CheckSpec(code, "call", call=expression, expected=expected)


def prints(expected: str, **more: Any) -> CheckSpec:
    return CheckSpec("c", "io", expected=expected, **more)


def statuses(outcomes: list[CheckOutcome]) -> list[str]:
    return [outcome.status for outcome in outcomes]


def needs(language: str) -> None:
    if missing := languages()[language].missing:
        pytest.skip(f"this machine has no {', '.join(missing)}")


def test_what_a_module_remembers_does_not_reach_the_next_call() -> None:
    files = {
        "main.py": "from helper import following\n",
        "helper.py": "n = 0\ndef following():\n    global n\n    n += 1\n    return n\n",
    }
    specs = [call("following()", "1", f"c{n}") for n in range(3)]
    assert statuses(run(files, *specs)) == ["pass"] * 3


def test_a_module_may_import_the_main_file_and_be_called_like_a_known_one() -> None:
    files = {
        "main.py": "import queue\nUNIT = 3\ndef area(x):\n    return queue.area(x)\n",
        "queue.py": "def area(x):\n    import main\n    return main.UNIT * x\n",
    }
    assert statuses(run(files, call("area(2)", "6"))) == ["pass"]


C_FILES = {
    "main.c": '#include <stdio.h>\n#include "lib/twice.h"\nint main(){int n;FILE*f='
    'fopen("data.txt","r");fscanf(f,"%d",&n);printf("%d\\n",twice(n));return 0;}',
    "lib/twice.h": "int twice(int);",
    "lib/twice.c": '#include "twice.h"\nint twice(int n){return 2*n;}',
    "data.txt": "21\n",
}


def test_a_c_program_is_compiled_of_all_its_files_and_finds_its_data() -> None:
    needs("c")
    assert statuses(run(C_FILES, prints("42\n"), filename="main.c", language="c")) == ["pass"]


def test_a_cpp_program_may_have_other_endings() -> None:
    needs("cpp")
    files = {
        "main.cpp": "int twice(int);\n#include <iostream>\nint main(){std::cout<<twice(21);}",
        "twice.cc": "int twice(int n){return 2*n;}",
    }
    assert statuses(run(files, prints("42"), filename="main.cpp", language="cpp")) == ["pass"]


def test_a_java_program_may_have_packages() -> None:
    needs("java")
    files = {
        "Main.java": "import shapes.Square;\npublic class Main { public static void main("
        "String[] a) { System.out.println(new Square(3).area()); } }",
        "shapes/Square.java": "package shapes;\npublic class Square { int s; public Square(int s)"
        " { this.s = s; } public int area() { return s * s; } }",
    }
    assert statuses(run(files, prints("9\n"), filename="Main.java", language="java")) == ["pass"]


def test_a_file_that_the_program_has_to_write_is_not_there_before() -> None:
    check = prints("hi", output_file="out.txt")
    given = {"main.py": "pass\n", "out.txt": "hi"}
    assert statuses(run(given, check)) == ["fail"]
    honest = {"main.py": "open('out.txt', 'w').write('hi')\n", "out.txt": "yesterday"}
    assert statuses(run(honest, check)) == ["pass"]


HELPER = {
    "main.py": "from helper import fact\n",
    "helper.py": "import math\n\ndef fact(n):\n    for i in range(n): pass\n    return 1\n",
}


def test_what_is_forbidden_is_forbidden_in_every_file() -> None:
    check = CheckSpec("c", "construct", require=["def:fact"], forbid=["for", "import:math"])
    [outcome] = run(HELPER, check)
    assert outcome.status == "fail"
    assert outcome.summary.startswith("helper.py, line 4 uses “for”")
    assert outcome.line is None
    [required] = run(HELPER, CheckSpec("c", "construct", require=["def:fact"]))
    assert required.status == "pass"


def test_rules_of_style_hold_in_every_file_and_name_it() -> None:
    [outcome] = run(HELPER, CheckSpec("c", "ruff", rules="F401"))
    assert outcome.status == "fail"
    assert "line 1: `helper.fact` imported but unused" in outcome.detail.replace("Line", "line")
    assert "helper.py, line 1: `math` imported but unused" in outcome.detail


def test_tests_of_a_learner_find_what_lies_beside_them() -> None:
    files = {
        "test_area.py": "from area import area\nfrom helper import NINE\n"
        "def test_it():\n    assert area(3) == NINE\n",
        "helper.py": "NINE = 9\n",
    }
    check = CheckSpec("c", "catches", fault="def area(x):\n    return x\n")
    reference = "def area(x):\n    return x * x\n"
    outcomes = run(files, check, filename="test_area.py", reference=reference)
    assert statuses(outcomes) == ["pass"]


AREA_TESTS = {
    "tests/test_area.py": "from main import area\n\ndef test_one():\n    assert area(3) == 9\n\n"
    "def test_two():\n    assert area(2) == 4\n"
}
PLUGIN = {
    "evil.py": "import pytest\n\n@pytest.hookimpl(hookwrapper=True)\n"
    "def pytest_runtest_makereport(item, call):\n    found = yield\n"
    "    found.get_result().outcome = 'passed'\n",
    "evil-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n",
    "evil-1.0.dist-info/entry_points.txt": "[pytest11]\nevil = evil\n",
}
PASSED = '<testsuite><testcase name="tests.test_area.test_one"/></testsuite>'


@pytest.mark.parametrize(
    ("runner", "files", "flagged"),
    [
        ("pytest", PLUGIN, False),
        ("pytest", {"report/results.xml": PASSED, "report/changed": ""}, True),
        ("unittest", {"report/results.xml": PASSED, "report/changed": ""}, True),
        ("pytest", {"tests": "a file where the tests are"}, True),
        ("pytest", {"cograde_suite.py/x": "1"}, True),
        ("pytest", {"tests/test_area.py/x": "1"}, True),
        ("junit", {"results.xml": PASSED}, True),
    ],
)
def test_files_beside_a_program_win_no_suite(
    runner: str, files: dict[str, str], flagged: bool
) -> None:
    check = CheckSpec(
        "c",
        "suite",
        runner=runner,
        files=AREA_TESTS,
        arguments=["sh", "-c", "exit 1"] if runner == "junit" else (),
    )
    wrong = {"main.py": "def area(x):\n    return 0\n", **files}
    [outcome] = run(wrong, check)
    assert outcome.status == "fail"
    assert outcome.earned == 0
    assert (COVERS in outcome.flags) is flagged
