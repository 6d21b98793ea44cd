from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rubrics.interchange.importing import import_assessment
from rubrics.interchange.problems import FileProblem, UnreadableError
from rubrics.interchange.yaml_tree import MAX_BYTES


class Command(BaseCommand):
    help = "Take in an assessment file (docs/assessment-file.md), whole or not at all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--publish", action="store_true", help="publish it with its rubrics and policy"
        )
        parser.add_argument("--tenant", default="default", help="the organisation")

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from None
        try:
            imported = import_assessment(raw, tenant=options["tenant"], publish=options["publish"])
        except UnreadableError as error:
            found = _listed(path, error.problems)
            raise CommandError(f"Nothing was imported. Put this right:\n{found}") from None
        for line in imported.done:
            self.stdout.write(line)
        if not imported.changed:
            assessment = imported.assessment
            self.stdout.write(
                f"Nothing has changed: assessment “{assessment.code}”"
                f" version {assessment.version} says the same."
            )
        if imported.open_points:
            found = _listed(path, imported.open_points)
            self.stdout.write(f"Before it can be published:\n{found}")


def _listed(path: Path, problems: list[FileProblem]) -> str:
    return "\n".join(f"  {path.name}, {problem}" for problem in problems)
