from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Wakes what is due: stalled submissions, outgoing scores, expired launches."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=2.0, help="seconds between rounds")
        parser.add_argument("--once", action="store_true", help="one round, then stop")

    def handle(self, *_args: Any, every: float, once: bool, **_options: Any) -> None:
        stop = threading.Event()
        if not once:
            for name in (signal.SIGTERM, signal.SIGINT):
                signal.signal(name, lambda *_: stop.set())
        while not stop.is_set():
            run_round()
            if once:
                return
            stop.wait(every)


def run_round() -> None:
    for dotted in settings.PERIODIC:
        close_old_connections()
        try:
            import_string(dotted)()
        except Exception:  # one room's trouble must not stop the others' work
            logger.exception("periodic work failed: %s", dotted)
