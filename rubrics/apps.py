from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RubricsConfig(AppConfig):
    name = "rubrics"
    verbose_name = _("Assessments and rubrics")
    default_auto_field = "django.db.models.BigAutoField"
