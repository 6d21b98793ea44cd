"""Past answers with the marks people gave them: the file form, and storing them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from grading.models import PastAnswer
from rubrics.models import Assessment, Item

FORM = 1
LARGEST_FILE = 20 * 1024 * 1024


class NotReadable(Exception):  # noqa: N818 - says what is the case
    """The file cannot be imported; the message names the entry and what is expected there."""


def import_file(path: Path, tenant: str) -> tuple[Item, int]:
    """Stores the answers of a file, replacing those of the same identifier; all or none."""
    document = _read(path)
    item = _item(document, tenant)
    answers = list(_answers(document, item))
    with transaction.atomic():
        for identifier, text, marks in answers:
            _store(item, identifier, text, marks)
    return item, len(answers)


Mark = tuple[str, str, Decimal]


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise NotReadable(f"{path} is larger than 20 MB; split it.")
        document = yaml.safe_load(path.read_bytes())
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as fault:
        raise NotReadable(f"{path} cannot be read as YAML: {fault}") from fault
    if not isinstance(document, dict) or document.get("cograde_answers") != FORM:
        raise NotReadable(f"{path} must begin with `cograde_answers: {FORM}`.")
    return document


def _item(document: dict[str, Any], tenant: str) -> Item:
    item = (
        Item.objects.filter(
            assessment__in=Assessment.objects.filter(
                programme__tenant=tenant, code=str(document.get("assessment"))
            ),
            code=str(document.get("item")),
        )
        .select_related("assessment__programme", "rubric")
        .order_by("-assessment__version")
        .first()
    )
    if item is None:
        raise NotReadable(
            f"There is no item “{document.get('item')}” in an assessment "
            f"“{document.get('assessment')}”; import the assessment first."
        )
    return item


def _answers(document: dict[str, Any], item: Item) -> Iterator[tuple[str, str, list[Mark]]]:
    criteria = set(item.rubric.criteria.values_list("code", flat=True))
    seen: set[str] = set()
    for place, answer in enumerate(document.get("answers") or (), start=1):
        if not isinstance(answer, dict) or not {"id", "text", "marks"} <= answer.keys():
            raise NotReadable(f"Answer {place}: expected `id`, `text` and `marks`.")
        identifier = str(answer["id"])
        if identifier in seen:
            raise NotReadable(f"Answer {place}: the id “{identifier}” was used before.")
        seen.add(identifier)
        yield identifier, str(answer["text"]).strip(), list(_marks(identifier, answer, criteria))


def _marks(identifier: str, answer: dict[str, Any], criteria: set[str]) -> Iterator[Mark]:
    marks = answer["marks"]
    if not isinstance(marks, dict) or not all(isinstance(given, dict) for given in marks.values()):
        raise NotReadable(f"{identifier}: `marks` must give each rater's points by criterion.")
    for rater, given in marks.items():
        for code, points in given.items():
            if code not in criteria:
                known = ", ".join(sorted(criteria))
                raise NotReadable(f"{identifier}: no criterion “{code}”; there are: {known}.")
            try:
                yield str(rater), code, Decimal(str(points))
            except InvalidOperation as fault:
                raise NotReadable(f"{identifier}: “{points}” is not a number.") from fault


def _store(item: Item, identifier: str, text: str, marks: list[Mark]) -> None:
    answer, _created = PastAnswer.objects.update_or_create(
        programme=item.assessment.programme,
        assessment_code=item.assessment.code,
        item_code=item.code,
        identifier=identifier,
        defaults={"text": text},
    )
    answer.marks.all().delete()
    for rater, code, points in marks:
        answer.marks.create(rater=rater, criterion_code=code, points=points)
