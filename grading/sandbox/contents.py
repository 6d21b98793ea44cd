"""What lies in a file that goes into a sandbox: text, or bytes as they are."""

from __future__ import annotations

from typing import TypeAlias

Content: TypeAlias = str | bytes


def as_bytes(content: Content) -> bytes:
    """Half surrogates go through, so that what a learner typed arrives as it is."""
    return content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")


def as_text(content: Content) -> str:
    return content if isinstance(content, str) else content.decode("utf-8", "replace")
