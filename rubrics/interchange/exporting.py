"""An assessment as a file."""

from __future__ import annotations

from rubrics import rows
from rubrics.interchange import yaml_form
from rubrics.models import Assessment


def export_assessment(assessment: Assessment) -> str:
    """Return the assessment file; importing it into an empty tenant gives an equal assessment."""
    return yaml_form.dump(rows.document(assessment))
