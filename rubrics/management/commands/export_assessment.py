from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rubrics.interchange.exporting import export_assessment
from rubrics.models import Assessment


class Command(BaseCommand):
    help = "Write an assessment as a file to standard output (docs/assessment-file.md)."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # Django's own --version, which tells Django's version, gives way to ours.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="code of the assessment")
        parser.add_argument(
            "--version",
            dest="number",
            type=int,
            help="left out: the newest published version, or the newest draft",
        )
        parser.add_argument("--tenant", default="default", help="the organisation")
        parser.add_argument("--programme", help="its code, when two have such an assessment")

    def handle(self, *_args: Any, **options: Any) -> None:
        assessment = _chosen(
            options["tenant"], options["programme"], options["code"], options["number"]
        )
        self.stdout.write(export_assessment(assessment), ending="")


def _chosen(tenant: str, programme: str | None, code: str, version: int | None) -> Assessment:
    found = Assessment.objects.filter(programme__tenant=tenant, code=code)
    if programme is not None:
        found = found.filter(programme__code=programme)
    if version is not None:
        found = found.filter(version=version)
    programmes = sorted(set(found.values_list("programme__code", flat=True)))
    if not programmes:
        known = Assessment.objects.filter(programme__tenant=tenant).values_list("code", flat=True)
        there = ", ".join(sorted(set(known))) or "none"
        raise CommandError(f"There is no such assessment. In tenant “{tenant}” there are: {there}")
    if len(programmes) > 1:
        names = ", ".join(programmes)
        raise CommandError(f"Several programmes have such an assessment; add --programme: {names}")
    newest = found.order_by("-version")
    return newest.filter(published_at__isnull=False).first() or newest[0]
