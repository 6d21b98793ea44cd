"""What benchmarks of running processes share: databases of their own, ports, commands."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
import redis

from stack import databases, slots
from stack.local import services
from stack.state import State

ROOT = Path(__file__).resolve().parent.parent
# The embedded Valkey has more; any other server has at least so many.
FEWEST_VALKEY_DATABASES = 16
BUSY_SHARE = 0.4


@contextmanager
def places(*names: str) -> Iterator[dict[str, dict[str, str]]]:
    """By name an environment whose DATABASE_URL and REDIS_URL nobody else uses.

    The servers are those of the environment or the embedded ones. The databases are empty at
    first and dropped at the end.
    """
    with ExitStack() as stack:
        state = State()
        stack.enter_context(services(state))
        number = stack.enter_context(slots.slot(state))
        first = _first_queue(number)
        found = {}
        for place, name in enumerate(names):
            database = stack.enter_context(_database(f"bench_{number}_{name}"))
            found[name] = {
                **os.environ,
                "DATABASE_URL": database,
                "REDIS_URL": _queue(first, place),
                "PYTHONPATH": str(ROOT),
                "PYTHONUNBUFFERED": "1",
                "PYTHONWARNINGS": "ignore",
            }
        yield found


def say_if_busy() -> None:
    """A word when others keep this machine busy: waiting for them would be in the figures."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > cores * BUSY_SHARE:
        print(f"this machine is busy (load {load:.1f} on {cores} cores): not figures to keep")


def product(place: dict[str, str], port: int) -> dict[str, str]:
    """The environment of the tool on that port of 127.0.0.1, with its tables made."""
    environment = {
        **place,
        "BASE_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "127.0.0.1",
        "INSECURE_PLATFORMS": "1",
        "LOG_LEVEL": "ERROR",
    }
    run(environment, "manage.py", "migrate", "--verbosity=0")
    if not (ROOT / "staticfiles" / "staticfiles.json").exists():
        run(environment, "manage.py", "collectstatic", "--noinput", "--verbosity=0")
    return environment


def run(environment: dict[str, str], *words: str, entered: str = "") -> str:
    """What `python WORDS` prints. Raises RuntimeError with its output when it fails."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        input=entered,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def gunicorn(application: str, port: int, threads: int) -> list[str]:
    """A server of one process on 127.0.0.1."""
    bind = f"--bind=127.0.0.1:{port}"
    quiet = ["--no-control-socket", "--log-level=warning"]
    workers = ["--workers=1", f"--threads={threads}", "--worker-class=gthread"]
    return [sys.executable, "-m", "gunicorn", application, bind, *workers, *quiet]


def processor_seconds(pid: int) -> float:
    """Processor time of a process and all below it so far."""
    parent = psutil.Process(pid)
    times = [one.cpu_times() for one in (parent, *parent.children(recursive=True))]
    return float(sum(time.user + time.system for time in times))


def rows(environment: dict[str, str], query: str) -> list[tuple[object, ...]]:
    """The rows of a query in the place's database."""
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        return connection.execute(query.encode()).fetchall()


def let_an_hour_pass(environment: dict[str, str]) -> None:
    """Who comes again comes later: what the tool noted as seen just now was seen an hour ago."""
    tables = "SELECT table_name FROM information_schema.columns WHERE column_name = 'seen_at'"
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        for (table,) in connection.execute(tables.encode()).fetchall():
            statement = (
                f"UPDATE {table} SET seen_at = seen_at - interval '1 hour' "
                "WHERE seen_at > now() - interval '10 minutes'"
            )
            connection.execute(statement.encode())


@contextmanager
def _database(name: str) -> Iterator[str]:
    parts = urlsplit(os.environ["DATABASE_URL"])
    server = urlunsplit(parts._replace(path="/postgres"))

    with psycopg.connect(server, autocommit=True) as connection:
        databases.drop(connection, name)
        connection.execute(f"CREATE DATABASE {name}".encode())
    try:
        yield urlunsplit(parts._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            databases.drop(connection, name)


def _first_queue(number: int) -> str:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        try:
            databases = int(client.config_get("databases")["databases"])
        except redis.RedisError:
            databases = FEWEST_VALKEY_DATABASES
    return slots.redis_url(os.environ["REDIS_URL"], number, databases)


def _queue(first: str, place: int) -> str:
    parts = urlsplit(first)
    url = urlunsplit(parts._replace(path=f"/{int(parts.path.lstrip('/')) + place}"))
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url
