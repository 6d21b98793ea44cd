from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import URLValidator
from django.db import transaction

from lti_tool import tool_metadata
from lti_tool.models import Deployment, Registration

URLS = ("auth_login_url", "token_url", "jwks_url")


class Command(BaseCommand):
    help = "Connect an LMS; run again with the same issuer and client id to change it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--issuer", required=True, help="also called platform id")
        parser.add_argument("--client-id", required=True)
        parser.add_argument("--auth-login-url", required=True, help="authentication request URL")
        parser.add_argument("--token-url", required=True, help="access token URL")
        parser.add_argument("--jwks-url", required=True, help="public keyset URL")
        parser.add_argument("--deployment-id", action="append", required=True)
        parser.add_argument("--name", default="")
        parser.add_argument("--tenant", default="default")
        parser.add_argument("--audience", default="", help="only when not the token URL")

    @transaction.atomic
    def handle(self, *_arguments: Any, **options: Any) -> None:
        _check_urls(options)
        values = {name: options[name] for name in (*URLS, "tenant", "audience")}
        registration, created = Registration.objects.update_or_create(
            issuer=options["issuer"],
            client_id=options["client_id"],
            defaults={**values, "active": True, "name": options["name"] or options["issuer"]},
        )
        for deployment_id in options["deployment_id"]:
            Deployment.objects.update_or_create(
                registration=registration,
                deployment_id=deployment_id,
                defaults={"active": True},
            )
        done = "Connected" if created else "Updated"
        self.stdout.write(f"{done} {registration.name}. Give these addresses to the LMS:")
        for label, url in tool_metadata.our_urls():
            self.stdout.write(f"  {label:<28} {url}")


def _check_urls(options: dict[str, Any]) -> None:
    schemes = ["https", "http"] if settings.INSECURE_PLATFORMS else ["https"]
    check = URLValidator(schemes=schemes)
    for name in URLS:
        try:
            check(options[name])
        except ValidationError as error:
            flag = "--" + name.replace("_", "-")
            raise CommandError(f"{flag} must be an https address.") from error
