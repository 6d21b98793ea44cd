"""The one error of the stack: a line that says what happened and what to type."""

from __future__ import annotations


class StackError(Exception):
    """Something on this machine prevents the stack from running.

    The message is one line for the person at the terminal; no traceback is wanted.
    """
