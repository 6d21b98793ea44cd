from __future__ import annotations

import time

import psycopg
import pytest
from django.db import connection

from config.database.base import check
from lti_tool.models import Registration


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_ended_costs_nobody_an_error() -> None:
    connection.ensure_connection()
    pool = connection.pool  # type: ignore[attr-defined]
    connection.close()
    kept = [pool.getconn() for _ in range(6)]
    ended = {each.info.backend_pid for each in kept}
    for each in kept:
        pool.putconn(each)
    _end_all()
    began = time.monotonic()

    assert Registration.objects.count() == 0
    assert connection.connection.info.backend_pid not in ended
    assert time.monotonic() - began < 3


@pytest.mark.django_db
def test_an_ended_connection_is_seen_without_using_it() -> None:
    with psycopg.connect(_address(), autocommit=True) as one:
        check(one)
        _end_all()
        with pytest.raises(psycopg.OperationalError):
            check(one)


def _end_all() -> None:
    """As a restart of the server does: every connection ends that nobody is using."""
    with psycopg.connect(_address(), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'"
        )


def _address() -> str:
    known = connection.settings_dict
    return psycopg.conninfo.make_conninfo(
        host=known["HOST"],
        port=known["PORT"],
        user=known["USER"],
        password=known["PASSWORD"],
        dbname=known["NAME"],
    )
