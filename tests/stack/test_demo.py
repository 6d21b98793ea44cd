"""What `make demo` and `make demo-reset` refuse, and what their processes may see."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from stack import demo, sharing
from stack.errors import StackError
from stack.state import State, free_port
from stack.supervisor import has_ipv6


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """A state folder of its own, on ports that are free."""
    state = State(tmp_path / ".local")
    state.prepare()
    monkeypatch.setattr(demo, "State", lambda: state)
    monkeypatch.setenv("COGRADE_PORT", str(free_port()))
    monkeypatch.setenv("PRACTICE_LMS_PORT", str(free_port()))
    return state


@pytest.mark.parametrize("variable", ["COGRADE_PORT", "PRACTICE_LMS_PORT"])
def test_a_taken_port_is_named_with_the_variable_to_set(
    variable: str, local: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        monkeypatch.setenv(variable, str(port))
        with pytest.raises(StackError, match=f"Port {port} .* taken .* `make demo {variable}="):
            demo.run(0)


def test_the_lms_also_needs_its_port_on_the_other_localhost(
    local: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_ipv6():
        pytest.skip("this machine has no IPv6")
    with socket.socket(socket.AF_INET6) as listener:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(("::1", 0))
        listener.listen()
        monkeypatch.setenv("PRACTICE_LMS_PORT", str(listener.getsockname()[1]))
        with pytest.raises(StackError, match="on ::1 is taken"):
            demo.run(0)


@pytest.mark.parametrize("text", ["eight", "0", "65536", "-1", "80.5"])
def test_a_port_that_is_none_is_refused(
    text: str, local: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COGRADE_PORT", text)
    with pytest.raises(StackError, match=r"COGRADE_PORT is .* must be a number"):
        demo.run(0)


def test_one_port_cannot_serve_both(local: State, monkeypatch: pytest.MonkeyPatch) -> None:
    port = str(free_port())
    monkeypatch.setenv("COGRADE_PORT", port)
    monkeypatch.setenv("PRACTICE_LMS_PORT", port)
    with pytest.raises(StackError, match="two different ports"):
        demo.run(0)


def test_a_second_demo_and_a_reset_are_refused_while_the_first_runs(local: State) -> None:
    with sharing.locked(local.root / "demo.lock"):
        with pytest.raises(StackError, match="already running"):
            demo.run(0)
        with pytest.raises(StackError, match="already running"):
            demo.reset()
    assert local.root.exists()


def test_a_reset_is_refused_while_tests_use_the_servers(local: State) -> None:
    with (
        sharing.share(local, start=lambda: None, stop=lambda: None),
        pytest.raises(StackError, match="are using the local data"),
    ):
        demo.reset()
    assert local.root.exists()


def test_a_reset_removes_the_local_data(local: State) -> None:
    (local.root / "practice_lms.jsonl").write_text("{}", encoding="ascii")
    demo.reset()
    assert not local.root.exists()


def test_the_lms_does_not_see_the_secrets_of_the_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in demo.TOOL_ONLY:
        monkeypatch.setenv(name, "secret")
    programs = {one.name: one for one in demo.programs(demo.Addresses(8000, 8001))}
    assert set(demo.TOOL_ONLY) <= set(programs["tool"].environment)
    assert not set(demo.TOOL_ONLY) & set(programs["practice-lms"].environment)


def test_tool_and_lms_are_on_two_host_names() -> None:
    addresses = demo.Addresses(8000, 8001)
    assert (addresses.tool, addresses.lms) == ("http://127.0.0.1:8000", "http://localhost:8001")
