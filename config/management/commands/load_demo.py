from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand

from config import demo
from grading.models import PastAnswer, ScoringModel
from lti_tool.models import Registration
from rubrics.models import Assessment

SAMPLE = settings.BASE_DIR / "samples" / "python_associate"
CODE = "python-associate"


class Command(BaseCommand):
    help = "Loads the sample programme and connects the practice LMS; does nothing twice."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self._staff()
        self._platform()
        if not Assessment.objects.filter(code=CODE, published_at__isnull=False).exists():
            call_command("import_assessment", str(SAMPLE / "assessment.yaml"), publish=True)
        if not PastAnswer.objects.filter(assessment_code=CODE).exists():
            for path in sorted((SAMPLE / "past_answers").glob("*.yaml")):
                call_command("import_past_answers", path)
        if not ScoringModel.objects.exists():
            call_command("train_models", CODE, approve_as="admin")
        registration = Registration.objects.get(client_id="cograde-demo", issuer=_lms())
        handed_in = demo.hand_in_earlier(registration, CODE, SAMPLE / "learners.yaml")
        if handed_in:
            self.stdout.write(f"{handed_in} learners handed in before you came.")

    def _staff(self) -> None:
        users = get_user_model().objects
        if not users.filter(username="admin").exists():
            users.create_superuser("admin", password=os.environ["ADMIN_PASSWORD"])

    def _platform(self) -> None:
        lms = _lms()
        call_command(
            "register_platform",
            name="Practice LMS",
            issuer=lms,
            client_id="cograde-demo",
            auth_login_url=f"{lms}/lti/authorize",
            token_url=f"{lms}/lti/token",
            jwks_url=f"{lms}/lti/jwks.json",
            deployment_id="1",
        )


def _lms() -> str:
    return os.environ.get("PRACTICE_LMS_URL", "http://localhost:8001")
