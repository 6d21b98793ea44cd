"""A suite check: tests that the author brings from another tool, run beside the learner's code.

Such a suite judges in the process that it judges, or where that process can write; so its report
can be forged, and its verdict is `guarded`: policy says what it may settle. Signs of interference
become flags. Doctests and Otter's notebooks are read as examples instead (`examples`), and are
judged outside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from grading.precheck.base import Answer, AuthorMistake, CheckOutcome, CheckSpec, Runner
from grading.precheck.examples import EXAMPLES, run_examples
from grading.precheck.suites import RUNNERS, Report, SuiteUnreadable, Test
from grading.precheck.suites.base import Runner as SuiteRunner
from grading.precheck.suites.runners import package_folders
from grading.precheck.wording import broken, clean, not_a_result
from grading.sandbox import (
    SYSTEM_LINKS,
    Commands,
    Content,
    Interior,
    Limits,
    Outcome,
    Session,
    as_bytes,
)
from rubrics.languages import language

SECONDS = 30.0
COVERS = "covers-tests"
# A package of the learner's could call itself a plugin.
_ENVIRONMENT = (("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1"),)
OWN_MB = 128  # what a test tool takes for itself
_AUTOGRADER = ("/tmp/autograder", "/autograder")  # noqa: S108 - inside the sandbox


class SuiteCheck:
    """See `base.Kind`."""

    needs_program = False
    python_only = False

    def call(self, spec: CheckSpec) -> str | None:
        """None: it runs by itself."""
        del spec
        return None

    def work(self, spec: CheckSpec, answer: Answer, session: Runner) -> Outcome | CheckOutcome:
        """Run the suite in a sandbox of its own and read its report."""
        if spec.runner in EXAMPLES:
            if not isinstance(session, Session):
                raise AuthorMistake(f"{spec.runner} is for Python programs only.")
            return run_examples(spec, answer, session)
        runner = RUNNERS.get(spec.runner)
        if runner is None:
            raise AuthorMistake(f"There is no runner {spec.runner!r}.")
        try:
            files, covering = _side_by_side(runner, spec, answer)
            words = runner.words(spec.files, spec.arguments)
            folders = package_folders() if runner.python else ()
        except SuiteUnreadable as error:
            raise AuthorMistake(str(error)) from None
        limits = _limits(answer)
        outcome, kept = _run(answer, limits, files, words, runner.keep, folders)
        told = _verdict(spec, replace(answer, limits=limits), runner, outcome, kept)
        return replace(told, flags=(*told.flags, COVERS)) if covering else told

    def judge(self, spec: CheckSpec, answer: Answer, outcome: Outcome) -> CheckOutcome:
        """Of examples over a file that is no Python."""
        if outcome.exception is None:
            return broken(spec, f"unexpected outcome {outcome.status}")
        return not_a_result(spec, answer, outcome, "")


def _verdict(
    spec: CheckSpec,
    answer: Answer,
    runner: SuiteRunner,
    outcome: Outcome,
    kept: Mapping[str, bytes],
) -> CheckOutcome:
    if outcome.status not in ("ok", "exit"):
        return _ended_early(spec, answer, outcome)
    try:
        return _told(spec, runner.read(outcome, kept), outcome)
    except SuiteUnreadable as error:
        return _unreadable(spec, str(error), outcome)


def _side_by_side(
    runner: SuiteRunner, spec: CheckSpec, answer: Answer
) -> tuple[dict[str, Content], bool]:
    """The author's files and the learner's, and whether some of these would have taken the place of
    the tests or of their report: such are left out.
    """
    none: dict[str, str] = {}
    author = runner.files(spec.files, none)
    kept = [path.casefold() for path in (*author, runner.keep)]
    learner = runner.files(none, answer.all_files)
    own = {path: content for path, content in learner.items() if path not in author}
    covering = {path for path in own if _covers(path.casefold(), kept)}
    files = {path: content for path, content in own.items() if path not in covering}
    return {**files, **author}, bool(covering)


def _covers(path: str, kept: Sequence[str]) -> bool:
    return any(
        path == each or path.startswith(f"{each}/") or each.startswith(f"{path}/") for each in kept
    )


def _limits(answer: Answer) -> Limits:
    """Of the whole suite: it makes as many calls as many checks."""
    chosen = language(answer.language)
    return replace(
        answer.limits,
        memory_mb=min(answer.limits.memory_mb + OWN_MB + (chosen.own_mb if chosen else 0), 4096),
        processes=max(answer.limits.processes, 64),
        disk_mb=max(answer.limits.disk_mb, 64),
        cpu_seconds=min(answer.limits.cpu_seconds * 10, 20),
        wall_seconds=0,
    )


def _run(
    answer: Answer,
    limits: Limits,
    files: dict[str, Content],
    words: Sequence[str],
    keep: str,
    packages: tuple[str, ...],
) -> tuple[Outcome, dict[str, bytes]]:
    chosen = language(answer.language)
    folders = ("/usr", *(chosen.folders if chosen else ()), *packages)
    with Commands(
        {name: as_bytes(content) for name, content in files.items()},
        Interior("commands", folders, (*SYSTEM_LINKS, _AUTOGRADER), _ENVIRONMENT),
        limits,
        address_space=chosen is None or chosen.address_space,
        overall_seconds=SECONDS,
    ) as commands:
        ended = commands.run(words, keep=keep)
    return ended.outcome, dict(ended.files)


def _ended_early(spec: CheckSpec, answer: Answer, outcome: Outcome) -> CheckOutcome:
    """The learner's code can write hidden tests to standard error before it goes."""
    found = not_a_result(spec, answer, outcome, "")
    detail = found.detail if spec.show_expected else ""
    return replace(found, detail=detail, trust="guarded", flags=("early-exit",))


def _told(spec: CheckSpec, report: Report, outcome: Outcome) -> CheckOutcome:
    # Skipped is not passed: the learner's code could have skipped it.
    wrong = [test for test in report.tests if test.verdict != "pass"]
    flags = [*report.flags, *_count_flags(spec, report.tests)]
    passed = bool(report.tests) and not wrong and "result-count" not in flags
    count = len(report.tests)
    summary = f"All {count} tests pass." if count != 1 else "The test passes."
    if not report.tests:
        summary = "The suite reported no test."
    elif wrong:
        summary = f"{len(wrong)} of {count} tests do not pass. First: {_sentence(spec, wrong[0])}"
    elif not passed:
        summary = f"{count} tests were reported, and {spec.tests} were expected."
    return CheckOutcome(
        code=spec.code,
        status="pass" if passed else "fail",
        summary=clean(summary),
        hint="" if passed else spec.hint,
        detail=_detail(spec, report),
        seconds=outcome.seconds,
        # What stands in a report of the wrong length earns nothing before a person has looked.
        share=1.0 if passed else 0.0 if "result-count" in flags else report.share,
        trust="guarded",
        flags=tuple(flags),
    )


def _sentence(spec: CheckSpec, test: Test) -> str:
    name = _named(spec, test)
    return f"{name}: {test.message}" if test.message and spec.show_expected else name


def _detail(spec: CheckSpec, report: Report) -> str:
    """Every test and how it ended. The learner's code can write the report, and carry hidden tests
    out in names, in verdicts and in their number: so where they are hidden there is none."""
    if not spec.show_expected:
        return ""
    return clean("\n".join(f"{test.verdict}: {test.name}" for test in report.tests), 8000)


def _named(spec: CheckSpec, test: Test) -> str:
    """Of hidden tests, no names but those of functions in the author's files."""
    if spec.show_expected:
        return test.name
    own = test.name.rpartition(".")[2].partition("[")[0]
    known = own.isidentifier() and any(f"def {own}(" in text for text in spec.files.values())
    return own if known else "a test"


def _count_flags(spec: CheckSpec, tests: Sequence[Test]) -> list[str]:
    """More or fewer results than tests, or one test twice, is how a forged report shows."""
    twice = any(count > 1 for count in Counter(test.name for test in tests).values())
    wrong_count = spec.tests > 0 and len(tests) != spec.tests
    return ["result-count"] if twice or wrong_count else []


def _unreadable(spec: CheckSpec, why: str, outcome: Outcome) -> CheckOutcome:
    """A report that is missing is no pass, and a person sees why."""
    return CheckOutcome(
        code=spec.code,
        status="fail",
        summary="The tests gave no result that can be read"
        + (f": {why}." if spec.show_expected else "."),
        hint=spec.hint,
        detail=clean(outcome.stderr or outcome.stdout, 4000) if spec.show_expected else "",
        seconds=outcome.seconds,
        trust="guarded",
        flags=("early-exit",),
    )
