"""Verdicts that take a program: a pattern, or a checker that the author wrote.

A pattern can take ages on a text that somebody has made for it, so it is tried in a sandbox as
well, where time ends.
"""

from __future__ import annotations

from grading.precheck.author import author_calls, ending
from grading.precheck.base import AuthorMistake, CheckSpec

_PATTERN = """
import re
def check(got, expected, given):
    return re.fullmatch(expected, got.strip("\\n")) is not None
"""
LONGEST = 1 << 20  # bytes or characters that a checker gets


FAILED = "checker-failed"


class Stumbled(Exception):  # noqa: N818 - says what is the case
    """The author's program fell over what the learner's gave; a person has to look."""


def verdict(spec: CheckSpec, got: str | bytes, given: str) -> str | None:
    """None when it passes, else why it does not, in a few words. Raises Stumbled.

    The author's program has `check(got, expected, given)`, which returns True or "" for right,
    False for wrong, or a text that says what is wrong. Raises AuthorMistake.
    """
    if len(got) > LONGEST:
        return "it is too long to be judged"
    source = _PATTERN if spec.compare == "pattern" else spec.checker
    [outcome] = author_calls(source, [f"check({got!r}, {spec.expected!r}, {given!r})"])
    if outcome.status in ("timeout", "cpu", "memory") and spec.compare == "pattern":
        return "it does not have the form that is asked for"
    if outcome.status != "ok" and (outcome.exception is None or outcome.exception.phase == "call"):
        raise Stumbled(ending(outcome))
    if outcome.status != "ok":
        raise AuthorMistake(f"The checker does not work: {ending(outcome)}")
    said = outcome.value
    if said is True or said == "":
        return None
    if said is False:
        return _plain_words(spec)
    if type(said) is str:
        return said
    raise AuthorMistake(f"The checker must return True, False or a text; it returned {said!r}.")


def _plain_words(spec: CheckSpec) -> str:
    if spec.compare == "pattern":
        return "it does not have the form that is asked for"
    return "it is not right"
