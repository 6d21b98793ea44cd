"""The whole product as processes of its own: web server, worker, scheduler, practice LMS.

Nothing is replaced: the journeys see what an installation sees, on a database and a queue that
belong to this test session alone.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
import requests

from stack import databases, slots
from tests.practice_lms.platform import Platform

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


@dataclass
class Product:
    """`tool` is on 127.0.0.1 and the LMS on localhost: to a browser they are different sites."""

    tool: str
    lms: Platform
    environment: dict[str, str]

    def manage(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {' '.join(words)}:\n{done.stdout}\n{done.stderr}")
        return done.stdout


@contextmanager
def running() -> Iterator[Product]:
    port = _free_port()
    tool = f"http://127.0.0.1:{port}"
    with Platform(tool_url=tool) as lms:
        environment = {
            **os.environ,
            "DATABASE_URL": _database(),
            "REDIS_URL": _queue(),
            "BASE_URL": tool,
            "ALLOWED_HOSTS": "127.0.0.1",
            "PRACTICE_LMS_URL": lms.url,
            "ADMIN_PASSWORD": "only-for-this-test-session",
            "REVIEW_UNDO_SECONDS": "15",
        }
        product = Product(tool, lms, environment)
        product.manage("migrate", "--verbosity=0")
        product.manage("collectstatic", "--noinput", "--verbosity=0")
        product.manage("load_demo")
        with _processes(environment, port):
            _wait(f"{tool}/health/")
            yield product


@contextmanager
def _processes(environment: dict[str, str], port: int) -> Iterator[None]:
    manage = [sys.executable, "manage.py"]
    web = [sys.executable, "-m", "gunicorn", "config.wsgi", f"--bind=127.0.0.1:{port}"]
    commands = [
        [*web, "--threads=8", "--no-control-socket", "--log-level=warning"],
        [*manage, "rqworker", "diagnostics", "default", "--worker-class=config.queues.Worker"],
        [*manage, "run_scheduler", "--every=0.5"],
    ]
    log = (ROOT / ".local" / "logs" / f"journeys-{_number()}.log").open("wb")
    started = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        for command in commands
    ]
    try:
        yield
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
        log.close()


def _database() -> str:
    """A fresh database beside the session's own."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = f"journeys_{os.environ['COGRADE_TEST_SLOT']}_{_number()}"
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as server:
        databases.drop(server, name)
        server.execute(f"CREATE DATABASE {name}")
    return urlunsplit(parts._replace(path=f"/{name}"))


def _queue() -> str:
    """One of the last Valkey databases of the session's slot."""
    slot = int(os.environ["COGRADE_TEST_SLOT"])
    parts = urlsplit(os.environ["REDIS_URL"])
    url = urlunsplit(parts._replace(path=f"/{(slot + 1) * slots.WORKERS - _number()}"))
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


def _number() -> int:
    """Each worker of pytest-xdist runs a product of its own."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _wait(address: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            if requests.get(address, timeout=5).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"{address} did not answer; see .local/logs/journeys-*.log")
