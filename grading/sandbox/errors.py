"""What the sandbox refuses with."""

from __future__ import annotations


class SandboxUnavailable(Exception):  # noqa: N818 - says what it is
    """This machine cannot contain untrusted code now, so none is run.

    `reason` says what is missing, `remedy` what an operator can do. A later try can succeed
    (`permanent` is False): the machine may have been repaired or may have been short of memory.
    """

    permanent = False

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason} {remedy}")
        self.reason = reason
        self.remedy = remedy
