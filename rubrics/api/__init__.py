"""Rubrics and assessments over HTTP, read-only, for staff. `rubrics.api_urls` has the addresses."""
