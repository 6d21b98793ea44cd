"""`manage.py check --tag sandbox` as an operator reads it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.core import checks

from grading.checks import packages_within_reach, sandbox_contains
from grading.sandbox import SandboxUnavailable, bubblewrap, probe
from grading.sandbox.outcome import Outcome
from grading.sandbox.session import Session
from rubrics.languages import base


def asked(monkeypatch: pytest.MonkeyPatch) -> Sequence[checks.CheckMessage]:
    monkeypatch.setattr(sys, "argv", ["manage.py", "check", "--tag", "sandbox"])
    return sandbox_contains()


def test_other_commands_start_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["manage.py", "migrate"])
    assert sandbox_contains() == []


def test_every_containment_is_tried_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    found = asked(monkeypatch)
    assert not [message for message in found if message.level >= checks.ERROR]
    said = [message.msg for message in found]
    assert all(f"holds: {trial.what}" in said for trial in probe.TRIALS)
    assert "holds: no sandbox outlives its worker" in said
    assert "runs programs in Python" in said


def test_what_is_not_contained_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wall that has fallen must show: here every call ends well, whatever it did."""
    monkeypatch.setattr(Session, "call", lambda _session, _call: Outcome("ok", False))
    errors = {message.msg for message in asked(monkeypatch) if message.level >= checks.ERROR}
    for trial in probe.TRIALS:
        assert any(trial.what in words for words in errors), trial.what


def test_no_sandbox_at_all_is_one_error_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise SandboxUnavailable("bubblewrap is not installed.", "Install it.")

    monkeypatch.setattr(bubblewrap, "executable", none)
    errors = [message for message in asked(monkeypatch) if message.level >= checks.ERROR]
    assert [(error.msg, error.hint) for error in errors] == [
        ("bubblewrap is not installed.", "Install it.")
    ]


def test_a_language_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "PATH", "/nowhere")
    words = [message.msg for message in asked(monkeypatch) if message.id == "grading.W002"]
    assert "no programs in Java: there is no javac, java" in words


def test_packages_that_programs_cannot_see_are_said_before_every_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "prefix", "/usr")
    assert packages_within_reach() == []
    monkeypatch.setattr(sys, "prefix", "/tmp/clone/.venv")
    [warning] = packages_within_reach()
    assert "/tmp is in the way" in warning.msg
    assert "Move the checkout" in str(warning.hint)


def test_a_closed_folder_on_the_way_to_the_packages_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Path, "is_relative_to", lambda _self, _other: False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    (tmp_path / "shut" / ".venv").mkdir(parents=True)
    monkeypatch.setattr(Path, "parents", property(lambda _self: [tmp_path / "shut"]))
    (tmp_path / "shut").chmod(0o700)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "shut" / ".venv"))
    [warning] = packages_within_reach()
    assert f"{tmp_path}/shut is in the way" in warning.msg
    (tmp_path / "shut").chmod(0o711)
    assert packages_within_reach() == []
