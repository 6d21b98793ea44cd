"""LMS connections in the admin. No private key, no name and no e-mail address is shown here."""

from __future__ import annotations

from lti_tool.admin import connections, grades, invitations, keys, refusals

__all__ = ["connections", "grades", "invitations", "keys", "refusals"]
