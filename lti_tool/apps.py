from __future__ import annotations

from django.apps import AppConfig

from lti_tool import cookies


class LtiToolConfig(AppConfig):
    name = "lti_tool"
    verbose_name = "LMS connections"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        cookies.teach_morsel_partitioned()
