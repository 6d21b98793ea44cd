"""Step 2, beside the checks: what of an answer stands in an earlier one of somebody else.

Each answer is compared with all before it, of every course and every version of the item, when it
is handed in. What many have (the usual way to write it) counts for nothing; the question's own
code neither. The cost does not grow with the number of answers: of a mark that many have only so
many holders are read as show that it is common.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from grading.models import Fingerprint, FingerprintMark, Match, Response
from grading.similarity import TEXT, Print, fingerprint, share
from rubrics.languages import language
from rubrics.models import Item

# Shorter answers look alike by nature.
FEWEST_GRAMS = 25
LARGEST_COMPARED = 100_000  # bytes of one file
LONGEST_COMPARED = 200_000  # characters of an answer
CANDIDATES = 20
# A mark is common when more than a quarter of the answers have it, or so many.
COMMON_SHARE = 0.25
COMMON_LEAST, COMMON_MOST = 3, 100


@dataclass(frozen=True)
class Thresholds:
    """From which share of the earlier answer, and how many rare marks, a match is kept, and from
    which share a person must look."""

    kept: float
    flagged: float
    marks: int


OF_CODE = Thresholds(kept=0.6, flagged=0.8, marks=3)
OF_TEXT = Thresholds(kept=0.12, flagged=0.25, marks=5)

_SIZE = "SELECT count(*) FROM grading_fingerprint WHERE task = %s"
_HOLDERS = """
SELECT other, count(*) AS shared
FROM unnest(%(marks)s::integer[]) AS mine(mark)
CROSS JOIN LATERAL (
  SELECT array_agg(fingerprint_id) AS holders, count(*) AS held
  FROM (
    SELECT fingerprint_id FROM grading_fingerprintmark AS known
    WHERE known.task = %(task)s AND known.mark = mine.mark
    LIMIT %(common)s + 2
  ) AS few
) AS found
CROSS JOIN LATERAL unnest(found.holders) AS other
WHERE found.held <= %(common)s + 1 AND other <> %(own)s
GROUP BY other
ORDER BY shared DESC
LIMIT %(most)s
"""


def look(response: Response) -> list[Match]:
    """Keep the fingerprint of a response and what it matches; may be done again at any time."""
    compared_as = language_of(response.item)
    text = compared_text(response)
    if compared_as is None or not text.strip():
        return []
    item = response.item
    found = fingerprint(text, compared_as, (item.starter, item.prelude))
    if len(found.grams) < FEWEST_GRAMS:
        return []
    with transaction.atomic():
        own = _keep(response, found)
    limits = OF_TEXT if compared_as == TEXT else OF_CODE
    matches = list(_matches(own, found, limits))
    Match.objects.bulk_create(
        matches,
        update_conflicts=True,
        unique_fields=["response", "earlier"],
        update_fields=["share", "marks", "flagged"],
    )
    return matches


def compared_text(response: Response) -> str:
    """The text, and behind it that of the files beside a program which are of its language."""
    item = response.item
    chosen = language(item.language)
    if item.kind != Item.Kind.CODE or not item.takes_files or chosen is None:
        return response.text
    endings = (chosen.extension, *chosen.more_extensions)
    files = response.uploads.filter(size__lte=LARGEST_COMPARED).order_by("name")
    texts = [
        f"\n\n{bytes(kept.content).decode('utf-8', 'replace')}"
        for kept in files
        if kept.name.endswith(endings)
    ]
    return "".join([response.text, *texts])[:LONGEST_COMPARED]


def language_of(item: Item) -> str | None:
    """What an answer to the item is compared as; None when it is not."""
    if item.kind == Item.Kind.CODE:
        return item.language
    return TEXT if item.kind in (Item.Kind.ESSAY, Item.Kind.SHORT_TEXT) else None


def task_of(item: Item) -> int:
    """A number for the item through all versions of its assessment, within its programme."""
    assessment = item.assessment
    programme = assessment.programme
    name = "\x1f".join((programme.tenant, programme.code, assessment.code, item.code))
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def _keep(response: Response, found: Print) -> Fingerprint:
    submission = response.submission
    own, _made = Fingerprint.objects.update_or_create(
        response=response,
        defaults={
            "person_id": submission.person_id,
            "task": task_of(response.item),
            "handed_in_at": submission.handed_in_at or submission.started_at,
            "grams": list(found.grams),
        },
    )
    own.marks.exclude(mark__in=found.marks).delete()
    FingerprintMark.objects.bulk_create(
        [FingerprintMark(task=own.task, mark=mark, fingerprint=own) for mark in found.marks],
        ignore_conflicts=True,
    )
    return own


def _matches(own: Fingerprint, found: Print, limits: Thresholds) -> Iterator[Match]:
    shared = _candidates(own, found)
    others = Fingerprint.objects.filter(pk__in=shared).exclude(person=own.person_id)
    for other in others:
        marks = shared[other.pk]
        earlier, later = _in_order(own, other)
        much = share(earlier.grams, later.grams)
        if marks >= limits.marks and much >= limits.kept:
            yield Match(
                response_id=later.pk,
                earlier_id=earlier.pk,
                share=much,
                marks=marks,
                flagged=much >= limits.flagged,
            )


def _in_order(one: Fingerprint, other: Fingerprint) -> tuple[Fingerprint, Fingerprint]:
    first = (one.handed_in_at, str(one.pk)) < (other.handed_in_at, str(other.pk))
    return (one, other) if first else (other, one)


def _candidates(own: Fingerprint, found: Print) -> Mapping[Any, int]:
    """Answers that share rare marks, and how many."""
    with connection.cursor() as cursor:
        cursor.execute(_SIZE, [own.task])
        common = min(max(COMMON_LEAST, int(cursor.fetchone()[0] * COMMON_SHARE)), COMMON_MOST)
        facts = {
            "marks": sorted(found.marks),
            "task": own.task,
            "own": own.pk,
            "common": common,
            "most": CANDIDATES,
        }
        cursor.execute(_HOLDERS, facts)
        return dict(cursor.fetchall())
