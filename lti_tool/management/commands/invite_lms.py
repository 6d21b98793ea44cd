from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_slug

from lti_tool import invitations


class Command(BaseCommand):
    help = "Make an address with which one LMS connects itself by dynamic registration."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", default="default", type=_slug)
        parser.add_argument("--note", default="", help="who it is for")
        parser.add_argument("--days", default=invitations.DEFAULT_DAYS, type=int, help="valid for")
        parser.add_argument(
            "--approved", action="store_true", help="switch the LMS on as soon as it registers"
        )

    def handle(self, *_arguments: Any, **options: Any) -> None:
        days = options["days"]
        if not 1 <= days <= invitations.MOST_DAYS:
            raise CommandError(f"--days must lie between 1 and {invitations.MOST_DAYS}.")
        invitation, url = invitations.invite(
            tenant=options["tenant"],
            note=options["note"],
            days=days,
            approved=options["approved"],
            by="command",
        )
        self.stdout.write("Give this address to whoever looks after the LMS. It works once.")
        self.stdout.write(f"  {url}")
        self.stdout.write(f"It holds until {invitation.expires_at:%Y-%m-%d %H:%M} UTC.")


def _slug(text: str) -> str:
    validate_slug(text)
    return text
