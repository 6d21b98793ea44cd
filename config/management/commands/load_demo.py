from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand

from grading.models import PastAnswer, ScoringModel
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

    def _staff(self) -> None:
        users = get_user_model().objects
        if not users.filter(username="admin").exists():
            users.create_superuser("admin", password=os.environ["ADMIN_PASSWORD"])

    def _platform(self) -> None:
        lms = os.environ.get("PRACTICE_LMS_URL", "http://localhost:8001")
        call_command(
            "register_platform",
            name="Practice LMS",
            issuer=lms,
            client_id="cograde-demo",
            auth_login_url=f"{lms}/lti/authorize",
            token_url=f"{lms}/lti/token",
            jwks_url=f"{lms}/lti/jwks",
            deployment_id="1",
        )
