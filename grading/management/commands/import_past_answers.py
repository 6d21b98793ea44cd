from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from grading import past_answers


class Command(BaseCommand):
    help = "Reads past answers with their human marks, to train models on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--tenant", default="default")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            item, count = past_answers.import_file(options["file"], options["tenant"])
        except past_answers.NotReadable as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(f"{count} past answers to “{item.title}”.")
