"""Where rubric authors work. One module per page."""

from __future__ import annotations

from rubrics.admin import assessments, items, policies, programmes, rubric_pages

__all__ = ["assessments", "items", "policies", "programmes", "rubric_pages"]
