"""Test sessions that run at once do not meet in a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from stack import slots, valkey
from stack.errors import StackError
from stack.state import State


@pytest.fixture
def local(tmp_path: Path) -> State:
    state = State(tmp_path / "state")
    state.prepare()
    return state


def test_two_sessions_get_two_slots_and_give_them_back(local: State) -> None:
    with slots.slot(local) as first, slots.slot(local) as second:
        assert (first, second) == (0, 1)
    with slots.slot(local) as again:
        assert again == 0


def test_when_all_slots_are_taken_it_is_said(local: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "SLOTS", 1)
    with (
        slots.slot(local),
        pytest.raises(StackError, match="Wait until one has ended"),
        slots.slot(local),
    ):
        pass


def test_database_names_differ_and_passwords_stay() -> None:
    url = "postgres://user:p%40ss@127.0.0.1:5432/cograde"
    assert slots.database_url(url, 3) == "postgres://user:p%40ss@127.0.0.1:5432/cograde_s3"


def test_no_session_and_no_worker_shares_a_valkey_database_or_uses_the_first() -> None:
    used = []
    for number in range(slots.SLOTS):
        session = slots.redis_url("redis://:pw@127.0.0.1:1/0", number, valkey.DATABASES)
        workers = [slots.worker_redis_url(session, f"gw{worker}") for worker in range(7)]
        used += [int(url.rpartition("/")[2]) for url in (session, *workers)]
    assert len(set(used)) == len(used)
    assert min(used) > 0
    assert max(used) < valkey.DATABASES


def test_a_server_with_sixteen_databases_is_enough() -> None:
    for number in range(slots.SLOTS):
        session = slots.redis_url("redis://127.0.0.1:6379/0", number, 16)
        for worker in range(7):
            database = int(slots.worker_redis_url(session, f"gw{worker}").rpartition("/")[2])
            assert 0 < database < 16
