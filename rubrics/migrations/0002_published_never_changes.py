"""Triggers: what is published never changes, whoever asks.

A published rubric, policy or assessment refuses UPDATE and DELETE, and none of its parts may be
added, changed or removed. The parts lock their version FOR SHARE, so a part cannot slip in while
the version is being published in another transaction.

There is no trigger on TRUNCATE: it needs the table owner's right, which a running Cograde does
not use, and the test runner empties tables with it between tests.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation

REFUSAL = """
CREATE FUNCTION rubrics_refuse(kind text, code text, version integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% "%" version % is published and never changes; make a new version',
        kind, code, version
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'rubrics_published_never_changes';
END $$;

CREATE FUNCTION rubrics_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published_at IS NOT NULL THEN
        PERFORM rubrics_refuse(TG_ARGV[0], OLD.code, OLD.version);
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION rubrics_check_open_rubric(rubric bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE found_row record;
BEGIN
    SELECT code, version, published_at INTO found_row
        FROM rubrics_rubric WHERE id = rubric FOR SHARE;
    IF found_row.published_at IS NOT NULL THEN
        PERFORM rubrics_refuse('rubric', found_row.code, found_row.version);
    END IF;
END $$;

CREATE FUNCTION rubrics_check_open_assessment(assessment bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE found_row record;
BEGIN
    SELECT code, version, published_at INTO found_row
        FROM rubrics_assessment WHERE id = assessment FOR SHARE;
    IF found_row.published_at IS NOT NULL THEN
        PERFORM rubrics_refuse('assessment', found_row.code, found_row.version);
    END IF;
END $$;
"""

DROP_REFUSAL = """
DROP FUNCTION rubrics_check_open_assessment(bigint);
DROP FUNCTION rubrics_check_open_rubric(bigint);
DROP FUNCTION rubrics_version_guard();
DROP FUNCTION rubrics_refuse(text, text, integer);
"""

# How the version of a part of an item is found; later migrations guard new parts by it.
OF_ITEM = ("assessment", "(SELECT assessment_id FROM rubrics_item WHERE id = ROW.item_id)")

# Part → (which check, how to find its version from a row of it). ROW stands for OLD or NEW.
PARTS = {
    "rubrics_criterion": ("rubric", "ROW.rubric_id"),
    "rubrics_level": (
        "rubric",
        "(SELECT rubric_id FROM rubrics_criterion WHERE id = ROW.criterion_id)",
    ),
    "rubrics_anchor": (
        "rubric",
        "(SELECT c.rubric_id FROM rubrics_criterion c JOIN rubrics_level l"
        " ON l.criterion_id = c.id WHERE l.id = ROW.level_id)",
    ),
    "rubrics_criterion_competencies": (
        "rubric",
        "(SELECT rubric_id FROM rubrics_criterion WHERE id = ROW.criterion_id)",
    ),
    "rubrics_item": ("assessment", "ROW.assessment_id"),
    "rubrics_choice": OF_ITEM,
    "rubrics_check": OF_ITEM,
}


def version_guard(kind: str) -> migrations.RunSQL:
    table = f"rubrics_{kind}"
    return migrations.RunSQL(
        f"CREATE TRIGGER rubrics_published BEFORE UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION rubrics_version_guard('{kind}');",
        f"DROP TRIGGER rubrics_published ON {table};",
    )


def part_guard(table: str, version: str, found_by: str) -> migrations.RunSQL:
    check = f"rubrics_check_open_{version}"
    before, after = found_by.replace("ROW.", "OLD."), found_by.replace("ROW.", "NEW.")
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION {table}_guard() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'INSERT' THEN
                PERFORM {check}({before});
            END IF;
            IF TG_OP = 'DELETE' THEN
                RETURN OLD;
            END IF;
            PERFORM {check}({after});
            RETURN NEW;
        END $$;
        CREATE TRIGGER rubrics_published BEFORE INSERT OR UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_guard();
        """,
        f"DROP TRIGGER rubrics_published ON {table}; DROP FUNCTION {table}_guard();",
    )


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("rubrics", "0001_initial")]

    operations: ClassVar[list[Operation]] = [
        migrations.RunSQL(REFUSAL, DROP_REFUSAL),
        *(version_guard(kind) for kind in ("rubric", "policy", "assessment")),
        *(part_guard(table, *found) for table, found in PARTS.items()),
    ]
