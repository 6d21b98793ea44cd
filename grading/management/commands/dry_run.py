from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from grading.rehearsal import Rehearsal, rehearse
from rubrics.models import Assessment, Item

NOT_TYPED = (Item.Kind.MATCHING, Item.Kind.ORDERING, Item.Kind.CLOZE, Item.Kind.FILE)


class Command(BaseCommand):
    help = "Runs one file through an item's checks and scoring, and stores nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("assessment", help="code of the assessment")
        parser.add_argument(
            "file",
            type=Path,
            nargs="?",
            help="what a learner would hand in; left out, the item's own reference solution",
        )
        parser.add_argument("--item", required=True, help="code of the item")
        parser.add_argument(
            "--number", type=int, help="version of the assessment; default: the newest"
        )
        parser.add_argument("--tenant", default="default")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        item = _item(options)
        if item.kind in NOT_TYPED:
            raise CommandError(
                f"An answer to “{item.code}” is chosen on its page and not written in a file;"
                " the preview in the administration shows it with what is right."
            )
        text = _text(options["file"], item)
        result = rehearse(item, text)
        if options["json"]:
            self.stdout.write(json.dumps(result.as_document(), indent=2, ensure_ascii=False))
        else:
            self.stdout.write(_in_words(result))


def _text(file: Path | None, item: Item) -> str:
    if file is None:
        if not item.reference.strip():
            raise CommandError(f"“{item.code}” has no reference solution; name a file to try.")
        return item.reference
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise CommandError(f"{file} cannot be read as text: {fault}") from fault


def _item(options: dict[str, Any]) -> Item:
    versions = Assessment.objects.filter(
        programme__tenant=options["tenant"], code=options["assessment"]
    )
    if options["number"]:
        versions = versions.filter(version=options["number"])
    assessment = versions.order_by("-version").first()
    if assessment is None:
        raise CommandError(
            f"There is no assessment “{options['assessment']}”. Import one with "
            "`manage.py import_assessment FILE`, or see the codes in the administration."
        )
    item = assessment.items.filter(code=options["item"]).select_related("rubric").first()
    if item is None:
        codes = ", ".join(assessment.items.values_list("code", flat=True))
        raise CommandError(f"There is no item “{options['item']}” in it; its items: {codes}.")
    return item


def _in_words(result: Rehearsal) -> str:
    lines = [f"{outcome.status:8}{outcome.code}: {outcome.summary}" for outcome in result.checks]
    for mark in result.marks:
        level = "no proposal" if mark.level is None else f"{mark.level.points} points"
        sure = f"{mark.confidence:.0%} sure"
        lines.append(f"{mark.criterion.title}: {level}, {sure}. {mark.rationale}")
    lines.append(f"lane {result.decision.lane.value}: {' '.join(result.decision.reasons)}")
    return "\n".join(lines)
