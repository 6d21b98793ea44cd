from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from audit import record
from audit.models import Entry

pytestmark = pytest.mark.django_db


def written(count: int = 3) -> uuid.UUID:
    chain = uuid.uuid4()
    for number in range(count):
        record.append(chain, "mark.settled", "reviewer:7f3a", {"number": number, "why": "naïve"})
    return chain


def tamper(sql: str, *args: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE audit_chain DISABLE TRIGGER USER")
        cursor.execute(sql, args)


def test_entries_continue_one_another() -> None:
    first, second, third = Entry.objects.filter(chain=written())
    assert [first.sequence, second.sequence, third.sequence] == [1, 2, 3]
    assert (second.previous, third.previous) == (first.hash, second.hash)
    call_command("verify_audit")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_entry SET actor = 'nobody'",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_chain",
        "UPDATE audit_chain SET length = length - 1",
        "UPDATE audit_chain SET head = ''",
    ],
)
def test_the_database_refuses_to_change_the_record(sql: str) -> None:
    written()
    with (
        pytest.raises(IntegrityError, match="audit"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


@pytest.mark.parametrize("table", ["audit_entry", "audit_chain"])
def test_the_database_refuses_to_empty_the_record(table: str) -> None:
    with (
        pytest.raises(IntegrityError, match="audit"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        # The test database switches these two triggers off, so that it can be emptied.
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("UPDATE audit_entry SET detail = '{}' WHERE chain_id = %s AND sequence = 2", "changed"),
        ("UPDATE audit_entry SET at = at + interval '1 s' WHERE chain_id = %s", "changed"),
        ("DELETE FROM audit_entry WHERE chain_id = %s AND sequence = 1", "missing"),
        ("DELETE FROM audit_entry WHERE chain_id = %s AND sequence = 3", "cut off"),
        ("DELETE FROM audit_entry WHERE chain_id = %s", "cut off"),
    ],
)
def test_verification_finds_tampering_behind_the_triggers(
    sql: str, found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(sql, written())
    with pytest.raises(CommandError, match="tampering"):
        call_command("verify_audit")
    assert found in capsys.readouterr().err


def test_heads_kept_apart_find_a_record_rewritten_whole(tmp_path: Path) -> None:
    chain = written()
    call_command("verify_audit", save_heads=tmp_path / "heads.json")
    tamper("DELETE FROM audit_entry WHERE chain_id = %s", chain)
    tamper("DELETE FROM audit_chain WHERE id = %s", chain)
    call_command("verify_audit")  # a record without the chain is consistent in itself
    with pytest.raises(CommandError, match="tampering"):
        call_command("verify_audit", against=tmp_path / "heads.json")


def test_an_export_is_verified_without_the_database(tmp_path: Path) -> None:
    written()
    export = tmp_path / "audit.jsonl"
    call_command("verify_audit", export=export)
    call_command("verify_audit", file=export)
    lines = export.read_text().splitlines()
    entry = json.loads(lines[1])
    entry["actor"] = "somebody else"
    export.write_text("\n".join([lines[0], json.dumps(entry), *lines[2:]]))
    with pytest.raises(CommandError, match="tampering"):
        call_command("verify_audit", file=export)


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        record.append(uuid.uuid4(), "x", "y", {})
