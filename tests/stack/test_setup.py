"""Getting a checkout ready: installed once, and told in words when it cannot be."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stack import setup
from stack.errors import StackError
from stack.state import State


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout with requirements; what would be run is only noted in `runs.txt`."""
    requirements = tmp_path / "requirements"
    requirements.mkdir()
    for name in ("demo", "development"):
        (requirements / f"{name}.txt").write_text(f"{name} 1", encoding="ascii")
    venv = tmp_path / ".venv"
    monkeypatch.setattr(setup, "VENV", venv)
    monkeypatch.setattr(setup, "PYTHON", venv / "bin" / "python")
    monkeypatch.setattr(setup, "STAMP", venv / "cograde-packages.txt")
    monkeypatch.setattr(setup, "REQUIREMENTS", requirements)
    monkeypatch.setattr(setup, "State", lambda: State(tmp_path / ".local"))

    def note(command: list[str], _log: Path, _failure: str) -> None:
        with (tmp_path / "runs.txt").open("a", encoding="utf-8") as notes:
            notes.write(" ".join(command) + "\n")
        setup.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        setup.PYTHON.unlink(missing_ok=True)
        setup.PYTHON.symlink_to(sys.executable)

    monkeypatch.setattr(setup, "_run", note)
    return tmp_path


def runs(checkout: Path) -> list[str]:
    notes = checkout / "runs.txt"
    lines = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
    notes.unlink(missing_ok=True)
    return lines


def test_packages_are_installed_once_with_hashes_and_from_no_named_host(checkout: Path) -> None:
    setup.packages("demo")
    made, installed = runs(checkout)
    assert " -m venv " in made
    assert "--require-hashes --no-deps" in installed
    assert "://" not in installed
    setup.packages("demo")
    assert runs(checkout) == []


def test_a_demo_after_a_test_changes_nothing(checkout: Path) -> None:
    setup.packages("development")
    runs(checkout)
    setup.packages("demo")
    assert runs(checkout) == []


def test_a_test_after_a_demo_adds_its_packages_to_the_same_environment(checkout: Path) -> None:
    setup.packages("demo")
    runs(checkout)
    setup.packages("development")
    (only,) = runs(checkout)
    assert only.endswith("development.txt")


def test_new_pins_are_installed(checkout: Path) -> None:
    setup.packages("demo")
    runs(checkout)
    (checkout / "requirements" / "demo.txt").write_text("demo 2", encoding="ascii")
    setup.packages("demo")
    (only,) = runs(checkout)
    assert only.endswith("demo.txt")


def test_an_interrupted_installation_is_taken_up_again(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.packages("demo")
    runs(checkout)
    (checkout / "requirements" / "demo.txt").write_text("demo 2", encoding="ascii")

    def interrupt(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(setup, "_run", interrupt)
        setup.packages("demo")
    (checkout / "requirements" / "demo.txt").write_text("demo 1", encoding="ascii")
    setup.packages("demo")
    assert len(runs(checkout)) == 1


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Path) -> None:
    setup.packages("demo")
    runs(checkout)
    setup.PYTHON.unlink()
    setup.PYTHON.symlink_to(checkout / "no-such-python")
    setup.packages("demo")
    assert [" -m venv " in line for line in runs(checkout)] == [True, False]


def test_a_python_without_venv_says_what_to_type(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "ensurepip" else found(name)
    )
    with pytest.raises(StackError, match=r"Type: sudo apt-get install python3-venv$"):
        setup.packages("demo")


def test_an_old_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "OLDEST_PYTHON", (99, 0))
    with pytest.raises(StackError, match=r"Python 99\.0 or later is needed"):
        setup.require_python()


Script = Callable[[str, str], None]


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """A machine whose PATH holds the scripts that the returned function writes, and no more."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(setup, "State", lambda: State(tmp_path / ".local"))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(setup, "_loads", lambda _library: True)

    def write(name: str, script: str) -> None:
        path = programs / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
        path.chmod(0o755)

    write("env", 'shift; exec "$@"')
    return write


def test_package_lists_are_fetched_only_when_an_installation_failed(
    bare_machine: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    calls, fetched = tmp_path / "calls", tmp_path / "fetched"
    bare_machine(
        "apt-get",
        f'echo "$@" >> {calls}\n[ "$1" = update ] && : > {fetched}\n[ -e {fetched} ]',
    )
    setup.system_packages(browser=False)
    install = "install --yes --no-install-recommends bubblewrap"
    assert calls.read_text(encoding="ascii").splitlines() == [install, "update", install]


def test_nothing_is_run_when_nothing_is_missing(bare_machine: Script) -> None:
    bare_machine("bwrap", "exit 0")
    bare_machine("chromium", "exit 0")
    setup.system_packages(browser=True)


def test_tests_get_a_browser(
    bare_machine: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    bare_machine("bwrap", "exit 0")
    bare_machine("apt-get", f'echo "$@" > {tmp_path}/calls')
    setup.system_packages(browser=True)
    assert " chromium " in (tmp_path / "calls").read_text(encoding="ascii")


def test_an_ordinary_user_without_sudo_is_told_what_to_type(
    bare_machine: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    bare_machine("apt-get", "exit 0")
    with pytest.raises(StackError, match=r"Type as root: apt-get install bubblewrap$"):
        setup.system_packages(browser=False)


def test_a_refused_sudo_is_told_with_the_reason(
    bare_machine: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    bare_machine("apt-get", "exit 0")
    bare_machine("sudo", "echo 'sudo: a password is required'; exit 1")
    with pytest.raises(StackError) as refusal:
        setup.system_packages(browser=False)
    assert "Type: sudo apt-get install bubblewrap." in str(refusal.value)
    assert "a password is required" in str(refusal.value)


def test_another_package_manager_is_left_to_its_owner(bare_machine: Script) -> None:
    with pytest.raises(StackError, match="Missing on this machine: bubblewrap"):
        setup.system_packages(browser=False)
