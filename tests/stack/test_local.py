"""The embedded servers: shared, adopted, kept, and refused with one clear line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from stack import accounts, state
from stack.errors import StackError
from stack.local import services
from stack.postgres import Postgres, explain
from stack.state import CHECKOUT, State, free_port
from stack.valkey import Valkey

FILLED = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEY", "ADMIN_PASSWORD")


@pytest.fixture(scope="module")
def shared_root() -> Iterator[Path]:
    """A state folder where the account of the servers can reach it; initdb runs once."""
    root = Path("/tmp") / f"cograde-stack-{os.getpid()}"
    yield root
    for server in (Valkey(State(root)), Postgres(State(root))):
        server.stop()
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def local(shared_root: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """The state folder, in an environment that names no servers and no secrets."""
    for name in FILLED:
        monkeypatch.delenv(name, raising=False)
    return State(shared_root)


class User:
    """A process that uses the servers of a state folder."""

    def __init__(self, root: Path) -> None:
        environment = {k: v for k, v in os.environ.items() if k not in FILLED}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.stack.stand_in", "use_services", str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
            env=environment,
        )

    def urls(self) -> list[str]:
        """Wait until the servers run; where they are."""
        assert self.process.stdout
        line: str = self.process.stdout.readline()
        return line.split()

    def leave(self) -> None:
        """Leave in order."""
        self.process.communicate(timeout=30)

    def die(self) -> None:
        """Leave as a crash does."""
        self.process.kill()
        self.process.communicate(timeout=30)


def running(local: State) -> list[bool]:
    return [server.running() is not None for server in (Postgres(local), Valkey(local))]


def test_the_servers_run_inside_the_block_and_stop_after_it(local: State) -> None:
    with services(local) as environment:
        with psycopg.connect(environment["DATABASE_URL"]) as connection:
            row = connection.execute(
                "SELECT current_user, usesuper, current_setting('server_encoding') "
                "FROM pg_user WHERE usename = current_user"
            ).fetchone()
        assert row == ("cograde", False, "UTF8")
        with redis.Redis.from_url(environment["REDIS_URL"]) as client:
            assert client.config_get("appendonly") == {"appendonly": "yes"}
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert os.environ["DATABASE_URL"] == environment["DATABASE_URL"]
    assert running(local) == [False, False]
    assert "DATABASE_URL" not in os.environ


def test_data_ports_and_secrets_are_kept(local: State) -> None:
    with services(local) as first, psycopg.connect(first["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('here')")
    with services(local) as second, psycopg.connect(second["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT word FROM kept").fetchone()
    assert row == ("here",)
    assert first == second


def test_secrets_are_for_their_owner_only(local: State) -> None:
    with services(local):
        pass
    private = [local.root / "secrets.json", local.root / "valkey" / "valkey.conf"]
    assert [path.stat().st_mode & 0o777 for path in private] == [0o600, 0o600]
    assert (local.root / "postgres").stat().st_mode & 0o777 == 0o700


def test_nobody_enters_without_the_password(local: State) -> None:
    with services(local) as environment:
        url = urlsplit(environment["DATABASE_URL"])
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgres://cograde:wrong@127.0.0.1:{url.port}/cograde")
        port = urlsplit(environment["REDIS_URL"]).port
        once = Retry(NoBackoff(), 0)
        with (
            redis.Redis(port=port or 0, retry=once) as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()


def test_the_last_user_stops_the_servers(local: State) -> None:
    first, second = User(local.root), User(local.root)
    assert first.urls() == second.urls()
    first.leave()
    assert running(local) == [True, True]
    second.leave()
    assert running(local) == [False, False]


def test_a_killed_user_does_not_count_and_its_servers_are_adopted(local: State) -> None:
    user = User(local.root)
    urls = user.urls()
    before = Postgres(local).running()
    user.die()
    assert running(local) == [True, True]
    with services(local) as environment:
        assert [environment["DATABASE_URL"], environment["REDIS_URL"]] == urls
        after = Postgres(local).running()
        assert before
        assert after
        assert after.pid == before.pid
    assert running(local) == [False, False]


def test_killed_servers_start_again_with_what_they_had(local: State) -> None:
    with services(local) as environment:
        with redis.Redis.from_url(environment["REDIS_URL"]) as client:
            client.set("kept", "here")
            time.sleep(1.1)  # Valkey writes its file to disk every second
        for server in (Postgres(local), Valkey(local)):
            process = server.running()
            assert process
            process.send_signal(signal.SIGKILL)
            process.wait(10)
    with services(local) as environment, redis.Redis.from_url(environment["REDIS_URL"]) as client:
        assert client.get("kept") == b"here"


def test_a_pid_file_that_names_a_stranger_is_not_believed(local: State) -> None:
    with services(local):
        pass
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        pid_file = local.root / "postgres" / "data" / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{pid_file.parent}\n0\n5432\n", encoding="ascii")
        with services(local):
            assert running(local) == [True, True]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_taken_port_is_given_up_for_another(local: State) -> None:
    with services(local) as before:
        pass
    with socket.socket() as postgres, socket.socket() as valkey:
        for listener, name in ((postgres, "DATABASE_URL"), (valkey, "REDIS_URL")):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", urlsplit(before[name]).port))
            listener.listen()
        with services(local) as after:
            assert urlsplit(after["DATABASE_URL"]).port != urlsplit(before["DATABASE_URL"]).port
            assert urlsplit(after["REDIS_URL"]).port != urlsplit(before["REDIS_URL"]).port


def test_urls_that_are_set_are_used_and_nothing_is_started(
    local: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/db")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere/0")
    monkeypatch.setenv("SECRET_KEY", "given")
    with services(local) as environment:
        assert running(local) == [False, False]
        assert os.environ["DATABASE_URL"] == "postgres://elsewhere/db"
        assert os.environ["SECRET_KEY"] == "given"
        assert not {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"} & set(environment)
        assert "ENCRYPTION_KEY" in environment
    assert os.environ["SECRET_KEY"] == "given"


def test_only_the_server_that_is_not_named_is_started(
    local: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/db")
    with services(local):
        assert running(local) == [False, True]


def test_lost_secrets_are_said_in_one_line(local: State) -> None:
    with services(local):
        pass
    secrets = local.root / "secrets.json"
    kept = secrets.read_text(encoding="utf-8")
    try:
        secrets.write_text(json.dumps({"postgres_superuser_password": "other"}), encoding="utf-8")
        with (
            pytest.raises(StackError, match="does not open the database") as refusal,
            services(local),
        ):
            pass
        assert "\n" not in str(refusal.value)
        secrets.write_text("{", encoding="utf-8")
        with pytest.raises(StackError, match="is damaged"), services(local):
            pass
    finally:
        secrets.write_text(kept, encoding="utf-8")
    assert running(local) == [False, False]


def test_data_of_another_version_is_refused_and_untouched(local: State) -> None:
    with services(local):
        pass
    version = local.root / "postgres" / "data" / "PG_VERSION"
    try:
        version.write_text("17\n", encoding="ascii")
        with pytest.raises(StackError, match="written by PostgreSQL 17"), services(local):
            pass
    finally:
        version.write_text("18\n", encoding="ascii")


def test_a_full_disk_is_said_before_anything_is_written(
    tmp_path: Path, local: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "MEGABYTES_NEEDED", 10**9)
    with pytest.raises(StackError, match="nearly full"), services(State(tmp_path / "state")):
        pass
    assert not (tmp_path / "state" / "postgres").exists()


def test_postgres_words_for_a_full_disk_are_translated() -> None:
    words = 'FATAL:  could not write to file "pg_wal/xlogtemp.1": No space left on device'
    assert explain(words, Path("log")).startswith("The disk is full")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as another user")
def test_root_s_servers_run_as_nobody_in_particular(local: State) -> None:
    with services(local):
        for server in (Postgres(local), Valkey(local)):
            process = server.running()
            assert process
            assert process.uids().effective != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a home that others cannot enter")
def test_a_checkout_under_a_private_home_works_and_keeps_its_modes(
    local: State,
) -> None:
    home = Path("/tmp") / f"cograde-private-{os.getpid()}"
    home.mkdir(mode=0o700)
    private = State(home / "checkout" / ".local")
    try:
        with services(private) as environment:
            with psycopg.connect(environment["DATABASE_URL"]) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
            process = Postgres(private).running()
            assert process
            assert process.uids().effective != 0
            assert capabilities(process) == 1 << 2  # CAP_DAC_READ_SEARCH and no other
        assert home.stat().st_mode & 0o777 == 0o700
        assert home.stat().st_uid == 0
    finally:
        shutil.rmtree(home)


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's servers run as that user")
def test_root_s_servers_run_as_the_owner_of_their_data(tmp_path: Path) -> None:
    folder = Path("/tmp") / f"cograde-owned-{os.getpid()}"
    folder.mkdir()
    try:
        os.chown(folder, 12345, 12345)
        account = accounts.for_server(folder, Path("/bin/cat"))
        assert (account.uid, account.gid) == (12345, 12345)
    finally:
        folder.rmdir()


def capabilities(process: psutil.Process) -> int:
    for line in Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("CapPrm:"):
            return int(line.split()[1], 16)
    raise AssertionError("the kernel tells no capabilities")


def test_a_port_number_is_free_until_somebody_listens() -> None:
    port = free_port()
    assert state.port_is_free(port)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen()
        assert not state.port_is_free(port)
