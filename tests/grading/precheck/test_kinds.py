"""What comes out of generated checks, of learners' own tests, of checkers and of written files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grading.precheck import Answer, CheckOutcome, CheckSpec, run_checks
from grading.sandbox import Limits

LIMITS = Limits(wall_seconds=0.5, cpu_seconds=1, memory_mb=64, output_kb=8)
REFERENCE = "def double(n):\n    if n < 0:\n        raise ValueError(n)\n    return n * 2\n"
GENERATOR = """
def cases(random):
    for _ in range(20):
        yield f'double({random.randint(-3, 99)})'
"""
DRAWN = CheckSpec("drawn", "generated", generator=GENERATOR, hint="Twice.")


def checked(source: str, *specs: CheckSpec, **answer: object) -> list[CheckOutcome]:
    given = Answer(source, **{"limits": LIMITS, **answer})  # type: ignore[arg-type]
    return run_checks(given, specs)


class TestGenerated:
    def told(self, source: str, spec: CheckSpec = DRAWN, **answer: object) -> CheckOutcome:
        [outcome] = checked(source, spec, **{"reference": REFERENCE, **answer})
        return outcome

    def test_the_right_program_passes_every_draw(self) -> None:
        assert all(self.told(REFERENCE, seed=seed).status == "pass" for seed in range(3))

    def test_the_shortest_failing_call_is_told(self) -> None:
        generator = "def cases(random): return ['double(12)', 'double(-1)', 'double(30)']"
        spec = replace(DRAWN, generator=generator)
        outcome = self.told("def double(n):\n    return n + n if n < 20 else 0\n", spec)
        assert (outcome.status, outcome.hint) == ("fail", "Twice.")
        assert (outcome.input, outcome.got) == ("double(-1)", "-2")
        assert outcome.expected == "raises ValueError"
        assert outcome.summary.endswith(" 2 of 3 calls that were drawn for you fail.")

    def test_answers_known_by_heart_fail_with_the_next_seed(self) -> None:
        known = "def double(n):\n    return {%s}[n]\n"
        by_heart = known % ", ".join(f"{n}: {n * 2}" for n in range(30))
        assert self.told(by_heart, seed=7).status == "fail"

    def test_the_seed_decides_what_is_drawn(self) -> None:
        broken = "def double(n):\n    return None\n"
        inputs = [
            {self.told(broken, seed=seed).input for _ in range(2)} for seed in (1, 2, 3, 4, 5)
        ]
        assert all(len(found) == 1 for found in inputs)

    def test_a_program_that_hangs_hangs_once(self) -> None:
        outcome = self.told("def double(n):\n    while True: pass\n")
        assert "did not finish" in outcome.summary
        assert outcome.seconds < 5

    def test_what_is_no_python_is_said_once(self) -> None:
        outcome = self.told("def double(n:\n")
        assert outcome.summary.startswith("Your program is not valid Python")

    @pytest.mark.parametrize(
        ("generator", "words"),
        [
            ("def cases(random): return 3", "The generator does not work"),
            ("def cases(random): return []", "must give 1 to 100 calls"),
            ("def cases(random): return [1]", "calls as short texts"),
            ("def cases(random): 1/0", "The generator does not work"),
            ("x = ", "The generator does not work"),
            ("def cases(random): return ['double(']", "is not an expression"),
            ("def cases(random): return ['lambda: 1']", "cannot be compared"),
        ],
    )
    def test_a_mistake_of_the_author_is_an_error(self, generator: str, words: str) -> None:
        outcome = self.told(REFERENCE, CheckSpec("drawn", "generated", generator=generator))
        assert outcome.status == "error"
        assert words in outcome.detail

    def test_what_is_expected_never_enters_the_learners_sandbox(self) -> None:
        spy = (
            "import gc\ndef double(n):\n"
            "    found = [o for o in gc.get_objects() if 'ValueError(n)' in str(o)[:500]]\n"
            "    return 'reference' in str(found) or n * 2\n"
        )
        outcome = self.told(spy)
        assert "True" not in outcome.got


class TestRaises:
    @pytest.mark.parametrize(
        ("call", "expected", "status"),
        [
            ("double(-1)", "raises ValueError", "pass"),
            ("double(-1)", "raises KeyError", "fail"),
            ("double(1)", "raises ValueError", "fail"),
            ("double(-1)", "2", "fail"),
        ],
    )
    def test_an_exception_can_be_what_is_expected(
        self, call: str, expected: str, status: str
    ) -> None:
        [outcome] = checked(REFERENCE, CheckSpec("c", "call", call=call, expected=expected))
        assert outcome.status == status


class TestCatches:
    FAULTY = "def double(n):\n    return n * 3\n"

    def told(self, tests: str, fault: str = FAULTY, **answer: object) -> CheckOutcome:
        [outcome] = checked(
            tests,
            CheckSpec("c", "catches", fault=fault),
            **{"filename": "test_calc.py", "reference": REFERENCE, **answer},
        )
        return outcome

    @pytest.mark.parametrize(
        "tests",
        [
            "from calc import double\ndef test_it():\n    assert double(2) == 4\n",
            "import unittest, calc\nclass T(unittest.TestCase):\n"
            "    def test_it(self):\n        self.assertEqual(calc.double(2), 4)\n",
        ],
    )
    def test_tests_that_notice_pass(self, tests: str) -> None:
        outcome = self.told(tests)
        assert outcome.status == "pass", outcome
        assert outcome.flags == ()

    @pytest.mark.parametrize(
        ("tests", "words"),
        [
            (
                "from calc import double\ndef test_it():\n    assert double(0) == 0\n",
                "do not notice",
            ),
            ("def test_it():\n    assert False\n", "fail on a correct solution, at your line 2"),
            ("from calc import double\n", "There is no test in your file"),
            ("import sys\nsys.exit()\n", "fail on a correct solution"),
            ("def test_it(:\n", "not valid Python"),
        ],
    )
    def test_tests_that_prove_nothing_fail(self, tests: str, words: str) -> None:
        outcome = self.told(tests)
        assert outcome.status == "fail"
        assert words in outcome.summary

    def test_a_module_that_hangs_is_noticed(self) -> None:
        tests = "from calc import double\ndef test_it():\n    double(1)\n"
        assert self.told(tests, "def double(n):\n    while True: pass\n").status == "pass"

    def test_nothing_carries_the_modules_text_out(self) -> None:
        tests = "def test_it():\n    text = open('calc.py').read()\n"
        tests += "    print(text)\n    raise ValueError(text)\n"
        outcome = self.told(tests)
        assert "raise ValueError" not in outcome.summary + outcome.detail + outcome.got
        assert "return" not in outcome.summary + outcome.detail + outcome.got

    def test_tests_that_look_inside_are_looked_at(self) -> None:
        tests = (
            "import calc\ndef test_it():\n"
            "    assert b'\\x03' not in calc.double.__code__.co_code or calc.double(1) == 2\n"
            "    assert calc.double(1) == 2\n"
        )
        assert self.told(tests).flags == ("tests-look-inside",)

    def test_words_in_comments_are_no_looking(self) -> None:
        tests = (
            "import calc\ndef test_it():\n    # each time\n    assert calc.double(3) == 6, 'open'\n"
        )
        assert self.told(tests).flags == ()


class TestComparisons:
    def told(self, printed: str, expected: str, compare: str, **spec: object) -> CheckOutcome:
        check = CheckSpec("c", "io", expected=expected, compare=compare, **spec)  # type: ignore[arg-type]
        [outcome] = checked(f"print({printed!r}, end='')", check)
        return outcome

    @pytest.mark.parametrize(
        ("printed", "expected", "compare", "passes"),
        [
            ("a \nb\n\n", "a\nb", "", True),
            ("a \nb\n", "a\nb\n", "exact", False),
            ("a\nb\n", "a\nb\n", "exact", True),
            ("a   b\n c", "a b c", "words", True),
            ("a b", "a b c", "words", False),
            ("b\na\n", "a\nb\n", "unordered", True),
            ("b\na\na\n", "a\nb\n", "unordered", False),
            ("total: 42 apples", r"total: \d+ apples", "pattern", True),
            ("total: forty", r"total: \d+ apples", "pattern", False),
            ('{"b": 2, "a": [1.0]}', '{"a": [1], "b": 2}', "json", True),
            ('{"a": [1, 2]}', '{"a": [2, 1]}', "json", False),
            ("{'a': 1}", '{"a": 1}', "json", False),
            ("[" * 100_000, "[]", "json", False),
        ],
    )
    def test_the_author_says_how_output_is_compared(
        self, printed: str, expected: str, compare: str, passes: bool
    ) -> None:
        outcome = self.told(printed, expected, compare)
        assert outcome.status == ("pass" if passes else "fail"), outcome

    @pytest.mark.parametrize(
        ("expected", "passes"), [("[1, 2, 2]", True), ("[1, 2]", False), ("[1, 2, 3]", False)]
    )
    def test_values_in_any_order(self, expected: str, passes: bool) -> None:
        check = CheckSpec("c", "call", call="f()", expected=expected, compare="unordered")
        [outcome] = checked("def f(): return [2, 1, 2]", check)
        assert outcome.status == ("pass" if passes else "fail")

    def test_a_pattern_that_takes_for_ever_is_a_failure_and_not_our_end(self) -> None:
        outcome = self.told("a" * 40 + "b", "(a+)+c", "pattern")
        assert outcome.status in ("fail", "error")

    @pytest.mark.parametrize(
        ("checker", "status", "words"),
        [
            ("def check(got, expected, given): return got == '7'", "pass", ""),
            ("def check(got, expected, given): return False", "fail", "it is not right"),
            ("def check(got, expected, given): return 'too small'", "fail", "too small"),
            ("def check(got, expected, given): return 3", "error", "must return True"),
            ("def check(got, expected, given) = 1", "error", "SyntaxError"),
            ("1/0", "error", "ZeroDivisionError"),
        ],
    )
    def test_the_authors_checker_decides(self, checker: str, status: str, words: str) -> None:
        outcome = self.told("7", "", "checker", checker=checker)
        assert outcome.status == status
        assert words in outcome.summary + outcome.detail

    def test_a_checker_that_stumbles_over_an_answer_calls_a_person(self) -> None:
        outcome = self.told("x", "", "checker", checker="def check(g, e, i): return int(g) == 7")
        assert (outcome.status, outcome.flags) == ("fail", ("checker-failed",))
        assert "could not be judged" in outcome.summary

    def test_output_is_data_to_the_checker(self) -> None:
        hostile = "'); import os; os._exit(0) #\\"
        outcome = self.told(
            hostile, "", "checker", checker=f"def check(g, e, i): return g == {hostile!r}"
        )
        assert outcome.status == "pass"


class TestWrittenFiles:
    CSV = "with open('out.csv', 'w') as f:\n    f.write('a,b\\n1,2\\n')\n"

    def told(self, source: str, **spec: object) -> CheckOutcome:
        check = CheckSpec("c", "io", output_file="out.csv", **spec)  # type: ignore[arg-type]
        [outcome] = checked(source, check)
        return outcome

    def test_a_file_that_the_program_writes_is_judged(self) -> None:
        assert self.told(self.CSV, expected="a,b\n1,2\n").status == "pass"
        outcome = self.told(self.CSV, expected="a,b\n1,3\n")
        assert "line 2 is “1,2” instead of “1,3”" in outcome.summary

    def test_a_checker_gets_its_bytes(self) -> None:
        image = "open('out.csv', 'wb').write(bytes([137, 80, 78, 71]) + bytes(100))\n"
        checker = "def check(got, expected, given): return got[1:4] == b'PNG' and len(got) == 104"
        assert self.told(image, compare="checker", checker=checker).status == "pass"

    @pytest.mark.parametrize(
        "source",
        [
            "pass\n",
            "import os\nos.symlink('/etc/passwd', 'out.csv')\n",
            "import os\nos.mkfifo('out.csv')\n",
            "import os\nos.mkdir('out.csv')\n",
        ],
    )
    def test_what_is_no_plain_file_was_not_written(self, source: str) -> None:
        assert self.told(source, expected="x").summary == "Your program wrote no file out.csv."
