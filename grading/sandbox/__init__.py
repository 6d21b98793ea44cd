"""Untrusted programs run here and nowhere else. The rest of the house uses these names."""

from __future__ import annotations

from grading.sandbox.contents import Content, as_bytes, as_text
from grading.sandbox.errors import SandboxUnavailable
from grading.sandbox.interior import SYSTEM_LINKS, Interior
from grading.sandbox.limits import Limits
from grading.sandbox.outcome import Fault, Outcome
from grading.sandbox.plain import Opaque, Plain
from grading.sandbox.programs import Commands, Ended
from grading.sandbox.session import Session

__all__ = [
    "SYSTEM_LINKS",
    "Commands",
    "Content",
    "Ended",
    "Fault",
    "Interior",
    "Limits",
    "Opaque",
    "Outcome",
    "Plain",
    "SandboxUnavailable",
    "Session",
    "as_bytes",
    "as_text",
]
