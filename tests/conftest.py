"""Every test session has the embedded servers, unless DATABASE_URL and REDIS_URL name others.

This runs before Django reads its settings. So pytest must not be told the settings module by its
configuration or its environment: it would read them before this file.
"""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import django
import hypothesis
import pytest
import redis
from django.conf import settings
from django.db import connection

from stack import slots, valkey
from stack.errors import StackError
from stack.local import services
from stack.state import State

if TYPE_CHECKING:
    from tests.world import World

session = ExitStack()


def _enter() -> None:
    """Join the servers, take a slot and point the environment at the slot's databases."""
    # A session that is told to end leaves the servers in order, as an interrupted one does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    embedded = not os.environ.get("REDIS_URL")
    state = State()
    session.enter_context(services(state))
    number = session.enter_context(slots.slot(state))
    os.environ["DATABASE_URL"] = slots.database_url(os.environ["DATABASE_URL"], number)
    os.environ["REDIS_URL"] = slots.redis_url(
        os.environ["REDIS_URL"], number, valkey.DATABASES if embedded else 16
    )
    os.environ.setdefault("MEDIA_ROOT", str(state.root / "slots" / str(number) / "media"))
    # Tests kill processes of ours, never the database server: no need to wait for its disk.
    os.environ.setdefault("PGOPTIONS", "-c synchronous_commit=off")
    os.environ["COGRADE_TEST_SLOT"] = str(number)


def _enter_worker() -> None:
    """A worker of pytest-xdist inherits its session's environment, with a Valkey of its own."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        os.environ["REDIS_URL"] = slots.worker_redis_url(os.environ["REDIS_URL"], worker)


if settings.configured:
    raise pytest.UsageError(
        "DJANGO_SETTINGS_MODULE is set, and must not be: tests set it. Unset it."
    )

try:
    if "COGRADE_TEST_SLOT" not in os.environ:
        _enter()
    _enter_worker()
except StackError as error:
    raise pytest.UsageError(str(error)) from error

with redis.Redis.from_url(os.environ["REDIS_URL"]) as _client:
    _client.flushdb()  # what a session in this slot left behind; never database 0

# Workers inherit this environment, so the module's name stays in it only until it is read.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Pages name files as they are called in the sources; the manifest is made by collectstatic.
settings.STORAGES = {
    **settings.STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
settings.WHITENOISE_AUTOREFRESH = True
settings.WHITENOISE_USE_FINDERS = True
django.setup()
del os.environ["DJANGO_SETTINGS_MODULE"]


# How long one example takes says more about the machine than about the code.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys last: their browser keeps an event loop, beside which other tests cannot run."""
    items.sort(key=lambda item: "tests/journeys/" in item.path.as_posix())


def pytest_unconfigure() -> None:
    """Leave the servers; the last to leave stops them."""
    session.close()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The record refuses TRUNCATE, which is how tests that commit clean up behind themselves.

    Only the two statement triggers are off here, and tests/audit shows that they work.
    """
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_no_truncate")
        cursor.execute("ALTER TABLE audit_chain DISABLE TRIGGER audit_chain_no_truncate")


@pytest.fixture(autouse=True)
def registrations_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test changes rows behind the back of this process; the few seconds have their own tests."""
    from lti_tool import registrations

    monkeypatch.setattr(registrations, "KEPT_SECONDS", 0.0)


@pytest.fixture
def here(db: None) -> World:
    """A course with people and a published assessment."""
    from tests.world import world

    return world()
