"""Paths that may lie in a sandbox."""

from __future__ import annotations

import os
import re

# Java names classes in classes with a dollar sign, and letters may be those of any language.
_PATH = re.compile(r"(?:\w[\w.+$-]{0,99}/){0,8}\w[\w.+$-]{0,99}")


def is_plain_path(path: str) -> bool:
    """A relative path without dots in front, of plain letters, at most eight folders deep."""
    return _PATH.fullmatch(path) is not None and os.path.normpath(path) == path
