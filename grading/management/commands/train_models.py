from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from grading import registry
from grading.scoring.base import NotEnoughEvidence
from rubrics.models import Assessment, Item


class Command(BaseCommand):
    help = "Trains a candidate model for every criterion of an assessment's text items."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("assessment", help="code of the assessment; its newest version is used")
        parser.add_argument("--tenant", default="default")
        parser.add_argument(
            "--approve-as",
            metavar="USERNAME",
            help="approve the candidates in the name of this member of staff",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        assessment = (
            Assessment.objects.filter(
                programme__tenant=options["tenant"], code=options["assessment"]
            )
            .order_by("-version")
            .first()
        )
        if assessment is None:
            raise CommandError(f"There is no assessment “{options['assessment']}”.")
        items = assessment.items.filter(kind__in=(Item.Kind.SHORT_TEXT, Item.Kind.ESSAY))
        for item in items.select_related("rubric", "assessment__programme"):
            self._train(item, options["approve_as"])

    def _train(self, item: Item, approver: str | None) -> None:
        for criterion in item.rubric.criteria.all():
            name = f"{item.code} / {criterion.code}"
            try:
                candidate = registry.train_candidate(item, criterion)
            except NotEnoughEvidence as reason:
                self.stdout.write(f"{name}: no model. {reason}")
                continue
            if approver:
                registry.approve(candidate, get_user_model().objects.get(username=approver))
            promise = (
                f"settles from {candidate.promised_from:.0%} on"
                if candidate.promised_from is not None
                else "no error bound can be promised, people settle"
            )
            self.stdout.write(f"{name}: {candidate.version} ({candidate.state}); {promise}.")
