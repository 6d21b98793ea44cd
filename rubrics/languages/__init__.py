"""The languages in which learners may write programs, one file each; data, without Django.

To add one: write a file like those here, with a `LANGUAGE`, and name it in `registry.py`; or give
one by a package of yours in the entry point group `cograde.languages`. Nothing else knows which
languages there are.
"""

from __future__ import annotations

from rubrics.languages.base import Language
from rubrics.languages.registry import PYTHON, language, languages

__all__ = ["PYTHON", "Language", "language", "languages"]
