"""The supervisor: it restarts what ends, says so, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from stack.errors import StackError
from stack.state import CHECKOUT, free_port
from stack.supervisor import Program, Supervisor, responds

STAND_IN = [sys.executable, "-m", "tests.stack.stand_in"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(CHECKOUT)}


def program(role: str, argument: object, answers_at: str | None = None) -> Program:
    return Program(role, [*STAND_IN, role, str(argument)], ENVIRONMENT, answers_at)


def sleeper() -> Program:
    return Program("sleeper", ["sh", "-c", "sleep 600 & sleep 600"], ENVIRONMENT)


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def watch_until(supervisor: Supervisor, condition: Callable[[], bool]) -> None:
    def looked() -> bool:
        supervisor.look()
        return condition()

    until(looked, seconds=30)


def gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def test_it_waits_until_a_program_answers(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    one = program("answer", url.rsplit(":", 1)[1].rstrip("/"), url)
    with Supervisor([one], tmp_path) as supervisor:
        supervisor.wait_until_ready(20)
        assert responds(url)
    assert not responds(url)


def test_a_program_that_ends_is_started_again_and_that_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    with Supervisor([sleeper()], tmp_path, said.append) as supervisor:
        first = supervisor.running[0].process
        assert first
        os.kill(first.pid, signal.SIGKILL)
        watch_until(supervisor, lambda: supervisor.running[0].process not in (None, first))
        assert said == ["sleeper ended (signal 9); starting it again in 0.5 s"]


def test_a_program_that_keeps_ending_shows_its_last_words_once(tmp_path: Path) -> None:
    said: list[str] = []
    notes = tmp_path / "notes"
    with Supervisor([program("note_start", notes)], tmp_path, said.append) as supervisor:
        watch_until(supervisor, lambda: supervisor.running[0].ends >= 4)
    assert notes.read_text(encoding="ascii").count("started") == 4
    assert [line.split("; ")[1] for line in said if "ended" in line] == [
        f"starting it again in {seconds} s" for seconds in ("0.5", "1", "2", "4")
    ]
    assert sum("the cupboard is bare" in line for line in said) == 1


def test_a_program_that_never_answers_is_named_with_its_log(tmp_path: Path) -> None:
    one = program("note_start", tmp_path / "notes", "http://127.0.0.1:1/")
    with (
        Supervisor([one], tmp_path, lambda _line: None) as supervisor,
        pytest.raises(StackError, match="the cupboard is bare"),
    ):
        supervisor.wait_until_ready(30)


def test_leaving_stops_the_whole_process_group(tmp_path: Path) -> None:
    with Supervisor([sleeper()], tmp_path) as supervisor:
        process = supervisor.running[0].process
        assert process
        until(lambda: len(psutil.Process(process.pid).children()) == 2)
        pids = [process.pid, *(child.pid for child in psutil.Process(process.pid).children())]
    until(lambda: all(gone(pid) for pid in pids), seconds=2)


def test_a_program_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    with Supervisor([program("ignore_term", ready)], tmp_path) as supervisor:
        process = supervisor.running[0].process
        until(ready.exists)
        supervisor.stop(seconds=0.2)
    assert process
    assert process.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="needs PR_SET_PDEATHSIG")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_orphan_is_left_when_the_supervisor_goes(tmp_path: Path, number: int) -> None:
    supervisor = subprocess.Popen(
        [*STAND_IN, "supervise", str(tmp_path)], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
    assert supervisor.stdout
    child = int(supervisor.stdout.readline())
    assert not gone(child)
    supervisor.send_signal(number)
    supervisor.communicate(timeout=10)
    until(lambda: gone(child))


def test_a_long_log_is_turned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stack.supervisor.LOG_BYTES", 10)
    (tmp_path / "sleeper.log").write_text("twenty bytes of words", encoding="ascii")
    with Supervisor([sleeper()], tmp_path):
        assert (tmp_path / "sleeper.log").stat().st_size == 0
    assert (tmp_path / "sleeper.log.1").exists()
