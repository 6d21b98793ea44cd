from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from lti_tool import keys


class Command(BaseCommand):
    help = "Make a new signing key; the old ones stay published until nobody needs them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--at-once",
            action="store_true",
            help="the key became known to others: sign with the new one now, forget all others",
        )

    def handle(self, *_arguments: Any, at_once: bool, **_options: Any) -> None:
        key = keys.rotate(at_once=at_once, by="command")
        when = "now" if at_once else "in an hour, when every LMS can have fetched it"
        self.stdout.write(f"New key {key.kid}: signs {when}.")
