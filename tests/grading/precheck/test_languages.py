"""Programs in every language that this machine has, through the real sandbox."""

from __future__ import annotations

import pytest

from grading.precheck import Answer, CheckOutcome, CheckSpec, run_checks
from grading.sandbox import Limits
from rubrics.languages import PYTHON, Language, base, languages

LIMITS = Limits(cpu_seconds=1, memory_mb=64, output_kb=8)
DOUBLES = {
    "python": "print(int(input()) * 2)\n",
    "c": '#include <stdio.h>\nint main(void) { int n; scanf("%d", &n); printf("%d\\n", n * 2); }\n',
    "cpp": "#include <iostream>\n"
    "int main() { int n; std::cin >> n; std::cout << n * 2 << '\\n'; }\n",
    "java": "public class Main {\n  public static void main(String[] words) {\n"
    "    System.out.println(2 * new java.util.Scanner(System.in).nextInt());\n  }\n}\n",
    "javascript": 'console.log(2 * require("fs").readFileSync(0, "utf8"));\n',
    "shell": "read n\necho $((n * 2))\n",
}
FOREIGN = [code for code in DOUBLES if code != PYTHON.code]


def told(code: str, source: str, *specs: CheckSpec, **answer: object) -> list[CheckOutcome]:
    language = languages()[code]
    if language.missing:
        pytest.skip(f"this machine has no {', '.join(language.missing)}")
    given = Answer(
        source,
        filename=language.default_filename,
        language=code,
        limits=LIMITS,
        **answer,  # type: ignore[arg-type]
    )
    return run_checks(given, specs or (CheckSpec("io", "io", stdin="21\n", expected="42\n"),))


def summary(code: str, source: str) -> str:
    [outcome] = told(code, source)
    assert outcome.status == "fail", outcome
    return outcome.summary


@pytest.mark.parametrize("code", DOUBLES)
def test_a_right_program_passes_and_a_wrong_one_is_told_what_it_printed(code: str) -> None:
    right, wrong = told(
        code,
        DOUBLES[code],
        CheckSpec("right", "io", stdin="21\n", expected="42\n"),
        CheckSpec("wrong", "io", stdin="4\n", expected="9\n"),
    )
    assert right.status == "pass", right
    assert (wrong.status, wrong.got.strip()) == ("fail", "8")
    assert wrong.summary == "Your program printed something else: line 1 is “8” instead of “9”."


@pytest.mark.parametrize(
    ("code", "source", "line", "words"),
    [
        ("c", "#include <stdio.h>\nint main(void) {\n  return x;\n}\n", 3, "‘x’ undeclared"),
        ("cpp", "int main() {\n  lost();\n}\n", 2, "‘lost’ was not declared"),
        ("java", "public class Main {\n  int x = ;\n}\n", 2, "illegal start of expression"),
    ],
)
def test_what_does_not_compile_points_at_the_line(
    code: str, source: str, line: int, words: str
) -> None:
    first, second = told(
        code, source, CheckSpec("one", "io", expected="1"), CheckSpec("two", "io", expected="2")
    )
    assert first.status == second.status == "fail"
    assert first.summary.startswith("Your program does not compile: ")
    assert words in first.summary
    assert first.line == second.line == line


@pytest.mark.parametrize(
    ("code", "source", "line"),
    [
        ("java", "public class Main {\n  public static void main(String[] a) {\n"
         "    System.out.println(1 / (a.length));\n  }\n}\n", 3),
        ("javascript", "const here = 1;\nthrow new Error('lost');\n", 2),
    ],
)  # fmt: skip
def test_what_fails_while_it_runs_points_at_the_line(code: str, source: str, line: int) -> None:
    [outcome] = told(code, source)
    assert (outcome.status, outcome.line) == ("fail", line)


def test_a_crash_is_told_in_words() -> None:
    source = "int main(void) { int *p = 0; *p = 1; return 0; }\n"
    assert "memory that is not its own" in summary("c", source)
    assert "aborted itself" in summary("c", "#include <stdlib.h>\nint main(void) { abort(); }\n")


@pytest.mark.parametrize(
    ("code", "source"),
    [
        ("c", "int main(void) { for (;;); }\n"),
        ("java", "public class Main { public static void main(String[] a) { for (;;); } }\n"),
        ("javascript", "for (;;);\n"),
        ("shell", "while :; do :; done\n"),
    ],
)
def test_what_never_ends_is_ended(code: str, source: str) -> None:
    assert "did not finish within" in summary(code, source)


@pytest.mark.parametrize(
    ("code", "source"),
    [
        ("cpp", "#include <vector>\nint main() { std::vector<int> v; for (;;) v.push_back(1); }\n"),
        ("java", "import java.util.*;\npublic class Main { public static void main(String[] a) {"
         " List<byte[]> l = new ArrayList<>(); for (;;) l.add(new byte[1 << 20]); } }\n"),
        ("javascript", "const l = []; for (;;) l.push(new Array(1e5).fill(1));\n"),
    ],
)  # fmt: skip
def test_too_much_memory_is_said(code: str, source: str) -> None:
    assert summary(code, source) == "Your program used more than 64 MB."


def test_too_much_output_is_said() -> None:
    source = '#include <stdio.h>\nint main(void) { for (;;) puts("x"); }\n'
    assert summary("c", source) == "Your program printed more than 8 KB."


def test_a_flood_of_warnings_is_no_crash_of_ours() -> None:
    """A compiler that prints megabytes refuses the program; the next check is served."""
    source = "#include <stdio.h>\n" + "int f() { return g(); }\n" * 4000
    assert "does not compile" in summary("c", source)


def test_the_flags_of_the_author_count() -> None:
    source = '#include <stdio.h>\nint main(void) { int unused; puts("42"); return 0; }\n'
    [fine] = told("c", source)
    assert fine.status == "pass"
    [strict] = told("c", source, flags=("-Wall", "-Werror"))
    assert "unused variable" in strict.summary


def test_files_beside_the_program_can_be_read() -> None:
    source = "cat table.txt\n"
    [outcome] = told(
        "shell", source, CheckSpec("c", "io", expected="a b"), files={"table.txt": "a b\n"}
    )
    assert outcome.status == "pass"


def test_one_run_leaves_nothing_for_the_next() -> None:
    source = "test -e trace && echo seen || echo clean\ntouch trace\n"
    specs = [CheckSpec(f"run-{n}", "io", expected="clean\n") for n in range(2)]
    assert [outcome.status for outcome in told("shell", source, *specs)] == ["pass", "pass"]


@pytest.mark.parametrize("kind", ["call", "construct", "ruff", "generated", "catches"])
def test_checks_of_python_are_no_checks_of_other_languages(kind: str) -> None:
    [outcome] = told("shell", "echo 1\n", CheckSpec("c", kind, call="f()", expected="1"))
    assert outcome.status == "error"
    assert outcome.detail == f"Checks of kind {kind} are for Python programs only."


def test_a_language_that_the_machine_has_not_is_no_fault_of_the_learner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(base, "PATH", "/nowhere")
    answer = Answer(DOUBLES["c"], filename="solution.c", language="c", limits=LIMITS)
    [outcome] = run_checks(answer, [CheckSpec("c", "io", expected="1")])
    assert outcome.status == "error"
    assert outcome.detail.startswith("This machine cannot run C: it has no gcc, as, ld.")


def test_an_unknown_language_is_no_fault_of_the_learner() -> None:
    answer = Answer("x", filename="a.cob", language="cobol")
    [outcome] = run_checks(answer, [CheckSpec("c", "io", expected="1")])
    assert outcome.status == "error"
    assert "cobol" in outcome.detail


@pytest.mark.parametrize("language", languages().values(), ids=lambda each: each.code)
def test_a_language_is_described_completely(language: Language) -> None:
    assert language.name
    assert language.extension.startswith(".")
    assert bool(language.compiled) == bool(language.artefact)
    assert language.run[0] in language.programs or language.run[0].startswith("./")
