#!/usr/bin/env python
"""Django's commands. Without DATABASE_URL they run with the embedded servers of `stack`."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import AbstractContextManager, nullcontext

from stack.errors import StackError


def main() -> None:
    """Run one command, with the embedded servers where no database is named."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        with _surroundings():
            from django.core.management import execute_from_command_line

            execute_from_command_line(sys.argv)
    except StackError as error:
        sys.exit(str(error))


def _surroundings() -> AbstractContextManager[object]:
    if os.environ.get("DATABASE_URL"):
        return nullcontext()
    from stack.local import services

    # A stopped command leaves the servers in order, as an interrupted one does.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    return services()


if __name__ == "__main__":
    main()
