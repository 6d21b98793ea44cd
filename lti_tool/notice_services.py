"""Asking an LMS to tell us things: one handler per kind of notice and deployment.

Source: LTI Platform Notification Service 1.0 section 4 (registering notice handlers).
"""

from __future__ import annotations

from lti_tool.messages import NoticesService
from lti_tool.models import Deployment


def note(deployment: Deployment, offered: NoticesService) -> None:
    """What a launch says about the notices of an LMS."""
