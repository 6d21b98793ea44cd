from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from grading.precheck import Answer, CheckOutcome, CheckSpec, registry, run_checks
from grading.precheck.call import literal
from grading.precheck.program import Program
from grading.sandbox import Limits, interpreter
from grading.sandbox.errors import SandboxUnavailable
from rubrics.languages import languages

LIMITS = Limits(wall_seconds=0.5, cpu_seconds=2, memory_mb=64, output_kb=8)
PROGRAM = '''\
"""About."""
import math

def double(x):
    return x * 2

def fact(n: int) -> int:
    return 1 if n < 2 else n * fact(n - 1)

def boom(x):
    return x[9]

def spin():
    while True: pass

def hog():
    return bytearray(10**9)

if __name__ == "__main__":
    a, b = map(int, input().split())
    print(a + b)
'''


def checked(source: str, *specs: CheckSpec, prelude: str = "") -> list[CheckOutcome]:
    return run_checks(Answer(source, prelude=prelude, limits=LIMITS), specs)


def call(expression: str, expected: str, **more: Any) -> CheckSpec:
    return CheckSpec("c", "call", call=expression, expected=expected, **more)


def construct(require: tuple[str, ...] = (), forbid: tuple[str, ...] = ()) -> CheckSpec:
    return CheckSpec("c", "construct", require=require, forbid=forbid)


def io(stdin: str, expected: str) -> CheckSpec:
    return CheckSpec("c", "io", stdin=stdin, expected=expected)


@pytest.mark.parametrize(
    ("spec", "status", "summary"),
    [
        (call("double(2)", "4"), "pass", "double(2) gives 4."),
        (call("double(2)", "4.0"), "fail",
         "double(2): got 4, expected 4.0: got type int, expected type float."),
        (call("double(2)", "4.01", tolerance=0.1), "pass", "double(2) gives 4."),
        (call("double(2)", "5", show_expected=False), "fail",
         "double(2): got 4, which is not right."),
        (call("boom([])", "1"), "fail", "IndexError: list index out of range, at your line 11."),
        (call("missing()", "1"), "fail", "NameError: name 'missing' is not defined."),
        (call("spin()", "1"), "fail", "Your program did not finish within 0.5 seconds."),
        (call("hog()", "1"), "fail", "Your program used more than 64 MB."),
        (io("1 2\n", "3\n"), "pass", "Your program printed what was expected."),
        (io("1 2\n", "4\n"), "fail",
         "Your program printed something else: line 1 is “3” instead of “4”."),
        (io("", "4\n"), "fail", "EOFError: EOF when reading a line, at your line 20."),
        (CheckSpec("c", "ruff", rules="F"), "fail",
         "Line 2: `math` imported but unused (F401)."),
        (CheckSpec("c", "ruff", rules="B"), "pass", "No rule is broken."),
        (construct(("def:fact", "recursion", "while", "docstring", "annotation", "call:.split",
                    "call:print", "import:math")), "pass", "Your program is built as asked."),
        (construct((), ("import:math",)), "fail",
         "Line 2 uses the module math, which is not allowed here."),
        (construct(("for",), ("while",)), "fail",
         "Line 14 uses “while”, which is not allowed here; "
         "Your program does not use “for”, which it must."),
    ],
)  # fmt: skip
def test_a_check_is_judged_in_plain_words(spec: CheckSpec, status: str, summary: str) -> None:
    [outcome] = checked(PROGRAM, spec)
    assert (outcome.status, outcome.summary) == (status, summary), outcome


@pytest.mark.parametrize(
    ("spec", "prelude", "told"),
    [
        (call("double(", "1"), "", "not an expression"),
        (call("double(1)", "[1,"), "", "not a Python literal"),
        (call("double(1)", "open('x')"), "", "not a Python literal"),
        (call("double(1)", "2"), "1 / 0", "prelude of the question fails"),
        (CheckSpec("c", "ruff", rules="../x"), "", "not codes"),
        (CheckSpec("c", "ruff", rules="ZZZ9"), "", "ruff refuses"),
        (construct(("frobnicate",)), "", "names no construct"),
        (CheckSpec("c", "unheard"), "", "no kind of check"),
    ],
)
def test_an_authors_mistake_is_an_error_and_not_the_learners(
    spec: CheckSpec, prelude: str, told: str
) -> None:
    [outcome] = checked(PROGRAM, spec, prelude=prelude)
    assert outcome.status == "error"
    assert told in outcome.detail
    assert "not yours" in outcome.summary


def test_the_expected_value_is_hidden_where_the_check_says_so() -> None:
    [outcome] = checked(PROGRAM, call("double(2)", "'hidden'", show_expected=False))
    assert "hidden" not in repr(outcome)


def test_text_that_is_no_python_is_said_once_for_every_check_that_needs_it() -> None:
    specs = [call("f()", "1"), call("f()", "2"), io("", ""), construct(("for",))]
    outcomes = checked("x = 1\ndef f(:\n", *specs)
    words = "Your program is not valid Python: SyntaxError: invalid syntax, at your line 2."
    assert {(outcome.status, outcome.summary, outcome.line) for outcome in outcomes} == {
        ("fail", words, 2)
    }


def test_results_are_told_as_they_finish_and_come_in_order() -> None:
    seen: list[str] = []
    specs = [
        CheckSpec("1", "call", call="double(1)", expected="2"),
        CheckSpec("2", "ruff", rules="B"),
        CheckSpec("3", "call", call="spin()", expected="2"),
        CheckSpec("4", "call", call="double(1)", expected="3"),
        CheckSpec("5", "io", stdin="1 1", expected="2"),
    ]
    outcomes = run_checks(Answer(PROGRAM, limits=LIMITS), specs, lambda o: seen.append(o.code))
    assert [outcome.code for outcome in outcomes] == ["1", "2", "3", "4", "5"]
    # Where a core is free, those after a slow one run beside each other: any may be done first.
    assert (seen[:2], sorted(seen)) == (["1", "2"], ["1", "2", "3", "4", "5"])
    assert [outcome.status for outcome in outcomes] == ["pass", "pass", "fail", "fail", "pass"]


def test_without_a_sandbox_every_check_that_needs_it_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_args: object) -> None:
        raise SandboxUnavailable("No sandbox.", "Install one.")

    monkeypatch.setattr(interpreter, "find", refuse)
    outcomes = checked(PROGRAM, call("double(1)", "2"), io("1 1", "2"), construct(("for",)))
    assert {(outcome.status, outcome.detail) for outcome in outcomes} == {
        ("error", "No sandbox. Install one.")
    }


class Crashing:
    needs_program = False
    python_only = True

    def call(self, spec: CheckSpec) -> str | None:
        return None

    def work(self, *_args: object) -> CheckOutcome:
        raise RuntimeError("oh")

    judge = work


def test_a_check_of_a_third_party_that_crashes_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "_others", lambda: {"theirs": Crashing()})
    first, second = checked(PROGRAM, CheckSpec("c", "theirs"), call("double(1)", "2"))
    assert (first.status, first.detail) == ("error", "RuntimeError: oh")
    assert second.status == "pass"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1, -2.5, 'x']", [1, -2.5, "x"]),
        ("set()", set()),
        ("frozenset({1})", frozenset({1})),
        ("{'a': inf}", {"a": float("inf")}),
        ("float('-inf')", float("-inf")),
        ("(1+2j,)", (1 + 2j,)),
        ("  None\n", None),
    ],
)
def test_expected_values_are_literals(text: str, value: object) -> None:
    assert literal(text) == value


@pytest.mark.parametrize(
    "spec",
    [
        CheckSpec("c", "construct", require=("while",), forbid=("def:boom",), show_expected=False),
        CheckSpec("c", "ruff", rules="ANN", show_expected=False),
    ],
)
def test_what_is_not_to_be_shown_is_not_told(spec: CheckSpec) -> None:
    [outcome] = checked(PROGRAM, spec)
    assert outcome.status == "fail"
    assert (outcome.line, outcome.detail, outcome.got) == (None, "", "")
    assert outcome.summary in ("Your program is not built as asked.", "Not all rules are kept.")


SLOW_PROGRAM = """
import time

def wait(seconds):
    time.sleep(seconds)
    return seconds
"""


def waits(*seconds: float) -> list[CheckSpec]:
    return [
        CheckSpec(f"c{n}", "call", call=f"wait({each})", expected=repr(each))
        for n, each in enumerate(seconds)
    ]


@pytest.fixture
def two_free_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grading.precheck.run.free_cores", lambda: 1)


SLOW_ANSWER = Answer(SLOW_PROGRAM, limits=Limits(wall_seconds=4, cpu_seconds=2))


@pytest.mark.usefixtures("two_free_cores")
def test_after_a_slow_check_the_others_run_beside_each_other() -> None:
    landed: list[str] = []
    specs = waits(0.3, 1.5, 0.0, 0.01, 0.02)
    outcomes = run_checks(SLOW_ANSWER, specs, lambda outcome: landed.append(outcome.code))
    assert [outcome.code for outcome in outcomes] == ["c0", "c1", "c2", "c3", "c4"]
    assert {outcome.status for outcome in outcomes} == {"pass"}
    # The quick ones of the other lane did not wait for the slow one of this.
    assert landed.index("c2") < landed.index("c1")


@pytest.mark.usefixtures("two_free_cores")
def test_quick_checks_stay_in_one_sandbox() -> None:
    landed: list[str] = []
    run_checks(SLOW_ANSWER, waits(0.0, 0.01, 0.02), lambda outcome: landed.append(outcome.code))
    assert landed == ["c0", "c1", "c2"]


@pytest.mark.usefixtures("two_free_cores")
def test_compiled_programs_run_beside_each_other_and_are_compiled_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if languages()["c"].missing:
        pytest.skip("this machine has no C compiler")
    compiled: list[str] = []
    real = Program._compiled

    def counted(program: Program) -> Mapping[str, bytes] | None:
        compiled.append("once")
        return real(program)

    monkeypatch.setattr(Program, "_compiled", counted)
    source = (
        "#include <stdio.h>\n#include <unistd.h>\n"
        'int main(){int n;scanf("%d",&n);usleep(n*1000);printf("%d\\n",n);return 0;}'
    )
    answer = Answer(source, "main.c", language="c", limits=Limits(wall_seconds=4, cpu_seconds=2))
    specs = [
        CheckSpec(f"c{n}", "io", stdin=f"{each}\n", expected=f"{each}\n")
        for n, each in enumerate((300, 900, 1, 2))
    ]
    outcomes = run_checks(answer, specs)
    assert [outcome.status for outcome in outcomes] == ["pass"] * 4
    assert compiled == ["once"]


@pytest.mark.usefixtures("two_free_cores")
def test_what_gives_way_reaches_the_caller_from_beside() -> None:
    class TimeIsUp(Exception):  # noqa: N818 - says what it is
        pass

    def stop(outcome: CheckOutcome) -> None:
        if outcome.code == "c2":
            raise TimeIsUp

    with pytest.raises(TimeIsUp):
        run_checks(SLOW_ANSWER, waits(0.3, 0.5, 0.0, 0.5, 0.0), stop, give_way=(TimeIsUp,))
    assert not [thread for thread in threading.enumerate() if "_lane" in thread.name]


@pytest.mark.usefixtures("two_free_cores")
def test_a_crash_beside_ends_only_its_own_check() -> None:
    source = SLOW_PROGRAM + "\nimport os\ndef die():\n    os.kill(os.getpid(), 9)\n"
    specs = waits(0.3, 0.01, 0.02, 0.03)
    specs[2] = CheckSpec("c2", "call", call="die()", expected="1")
    answer = Answer(source, limits=Limits(wall_seconds=4, cpu_seconds=2))
    assert [outcome.status for outcome in run_checks(answer, specs)] == [
        *("pass", "pass", "fail", "pass")
    ]
