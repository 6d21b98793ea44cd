from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyseccomp
import pytest

import grading.sandbox
from grading.sandbox import Limits, Opaque, SandboxUnavailable, Session, bubblewrap, interpreter
from grading.sandbox.probe import probe

QUICK = Limits(wall_seconds=0.4, cpu_seconds=1, memory_mb=64, disk_mb=2, output_kb=8)
PROGRAM = """\
import os, sys, random
seen = []
def remember(x):
    seen.append(x)
    return list(seen)
def draw():
    return random.random()
def fails(x):
    def inner():
        return [][x]
    return inner()
def leave():
    open("left.txt", "w").write("x")
def left():
    return os.path.exists("left.txt")
def say(text):
    print(text)
    print("aside", file=sys.stderr)
    return text
def spin():
    while True: pass
class Thing: pass
"""


@pytest.fixture(scope="module")
def session() -> object:
    with Session({"solution.py": PROGRAM}, QUICK, prelude="given = 5\nimport math\n") as opened:
        yield opened


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("given", 5),
        ("math.pi > 3", True),
        ("[1, (2.5, {'a': {3}}), b'x']", [1, (2.5, {"a": {3}}), b"x"]),
        ("__name__", "solution"),
        ("sorted(os.environ)", ["LANG", "MALLOC_ARENA_MAX", "PATH", "PWD", "PYTHONHASHSEED",
                                "PYTHONIOENCODING", "PYTHONUTF8"]),
        ("sys.argv", ["solution.py"]),
        ("os.getcwd()", "/tmp"),
        ("os.getpid() > 1 and os.getuid()", 1000),
    ],
)  # fmt: skip
def test_a_call_gives_its_value(session: Session, expression: str, value: object) -> None:
    outcome = session.call(expression)
    assert (outcome.status, outcome.value) == ("ok", value), outcome


def test_each_call_has_a_fresh_module_even_in_one_process(session: Session) -> None:
    together = session.calls(["remember(1)", "remember(2)", "draw()", "draw()"])
    one, two, draw, again = [outcome.value for outcome in together]
    assert (one, two) == ([1], [2])
    assert draw == again


def test_a_file_left_behind_is_gone_in_the_next_check(session: Session) -> None:
    assert [outcome.value for outcome in session.calls(["leave()", "left()"])] == [None, False]


def test_a_call_that_dies_does_not_take_the_next_with_it(session: Session) -> None:
    calls = ["1", "os._exit(3)", "2", "spin()", "3", "[].x", "os.abort()", "4"]
    outcomes = list(session.calls(calls))
    assert [outcome.value for outcome in outcomes if outcome.status == "ok"] == [1, 2, 3, 4]
    assert [outcome.status for outcome in outcomes if outcome.status != "ok"] == [
        "exit", "timeout", "exception", "crashed"
    ]  # fmt: skip
    assert outcomes[1].detail == "exit code 3"


def test_an_exception_names_the_learners_line(session: Session) -> None:
    fault = session.call("fails(4)").exception
    assert fault is not None
    assert (fault.type, fault.message) == ("IndexError", "list index out of range")
    assert (fault.line, fault.phase) == (10, "call")
    assert fault.frames == ((11, "fails"), (10, "inner"))


def test_what_is_printed_belongs_to_its_call(session: Session) -> None:
    outcomes = list(session.calls(["say('a')", "say('b')"]))
    assert [outcome.stdout for outcome in outcomes] == ["a\n", "b\n"]
    assert outcomes[1].stderr == "aside\n"


def test_a_foreign_value_is_only_described(session: Session) -> None:
    value = session.call("Thing()").value
    assert isinstance(value, Opaque)
    assert value.type == "Thing"


def test_an_answer_that_nobody_waits_for_is_not_taken_for_the_next(session: Session) -> None:
    answers = session.calls(["1", "2", "3"])
    next(answers)
    answers.close()
    assert session.call("4").value == 4


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("def f(:", "exception"),
        ("while True: pass", "timeout"),
        ("import sys; sys.exit(0)", "exit"),
        ("x = bytearray(10**9)", "memory"),
        ("while True: print('x' * 999)", "output"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "killed"),
    ],
)
def test_how_a_program_ends_is_told(source: str, status: str) -> None:
    with Session({"solution.py": source}, QUICK) as session:
        assert session.call("1").status == status


def test_computing_time_is_told_from_waiting_time() -> None:
    limits = Limits(wall_seconds=30, cpu_seconds=1)
    with Session({"solution.py": "while True: pass"}, limits) as session:
        assert session.call("1").status == "cpu"


def test_a_script_reads_its_input_and_arguments() -> None:
    source = "import sys\nprint(sys.argv[1:], sys.stdin.read()[-4:], __name__)\nsys.exit()\n"
    with Session({"solution.py": source}, QUICK) as session:
        outcome = session.run(["a", "b c"], "x" * 200_000 + "end\n")
    assert (outcome.status, outcome.stdout) == ("ok", "['a', 'b c'] end\n __main__\n")


def test_other_files_lie_beside_the_program() -> None:
    files: dict[str, str | bytes] = {
        "solution.py": (
            "import other, pkg.part\nprint(other.x + pkg.part.y, open('data.txt').read())"
        ),
        "other.py": "x = 1",
        "data.txt": "ä",
        "pkg/part.py": b"y = 2",
    }
    with Session(files, QUICK) as session:
        assert session.run().stdout == "3 ä\n"


@pytest.mark.parametrize("name", ["../x", "/a", "", ".hidden", "a\nb"])
def test_a_file_name_that_is_not_plain_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="paths may hold"):
        Session({"solution.py": "", name: ""})


def test_all_requests_together_have_a_time_limit() -> None:
    source = {"solution.py": "import time"}
    begun = time.monotonic()
    with Session(source, Limits(wall_seconds=5), overall_seconds=0.5) as session:
        outcomes = list(session.calls(["time.sleep(9)"] * 50))
    assert [outcome.status for outcome in outcomes] == ["timeout"] * 50
    assert outcomes[-1].detail == "overall"
    assert time.monotonic() - begun < 2


def test_a_sandbox_that_dies_is_replaced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with Session({"solution.py": ""}, QUICK) as session:
        statuses = []
        for _ in range(3):
            container = session._container
            if container is not None:
                os.kill(container._process.pid, 9)  # type: ignore[union-attr]
            statuses.append(session.call("1").status)
            statuses.append(session.call("1").status)
    assert statuses == ["killed", "ok", "killed", "killed", "killed", "killed"]


@pytest.mark.parametrize(
    ("module", "name", "reason"),
    [
        (shutil, "which", "bubblewrap is not installed"),
        (interpreter, "reachable", "No Python"),
    ],
)
def test_a_machine_that_cannot_contain_code_runs_none(
    monkeypatch: pytest.MonkeyPatch, module: object, name: str, reason: str
) -> None:
    monkeypatch.setattr(module, name, lambda *_args, **_kwargs: None)
    interpreter._first.cache_clear()
    with pytest.raises(SandboxUnavailable, match=reason) as refused:
        Session({"solution.py": ""}).__enter__()
    assert refused.value.remedy


def test_a_sandbox_that_bubblewrap_cannot_make_is_refused_with_its_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(bubblewrap.ENVIRONMENT, "X", "y")
    monkeypatch.setattr(
        bubblewrap, "_interpreter_binds", lambda *_: ["--ro-bind", "/no/such", "/x"]
    )
    with pytest.raises(SandboxUnavailable, match="/no/such"):
        Session({"solution.py": ""}).__enter__()


def test_the_machine_is_probed_and_contains() -> None:
    findings = probe()
    assert not [finding for finding in findings if finding.level == "missing"]
    assert len(findings) >= 20


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv")
def test_an_ordinary_user_has_a_sandbox_too() -> None:
    own = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    if not Path(own).exists():
        pytest.skip("needs the system's own Python of the same version")
    program = (
        "from grading.sandbox.probe import probe\n"
        "print([finding.what for finding in probe() if finding.level == 'missing'])"
    )
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        source = Path(grading.sandbox.__file__).parent
        shutil.copytree(source, f"{folder}/grading/sandbox")
        shutil.copy(pyseccomp.__file__, folder)
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        done = subprocess.run(
            ["setpriv", "--reuid=60500", "--regid=60500", "--clear-groups", own, "-Bc", program],
            env={"PYTHONPATH": folder, "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd="/",
        )
    assert done.stdout.strip() == "[]", done
