"""A worker of its own process that serves what is queued, and may be told where to die.

python -m tests.faults.worker [WHERE]: WHERE is the state after whose step SIGKILL comes, `sent`
(after the LMS took the score, before we have noted it), `cut-off` (the database closes all its
connections before every job), or nothing.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django
import psycopg

NAME = f"worker-{os.getpid()}"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying_after(step: Callable[..., Any]) -> Callable[..., Any]:
    def stepped(*given: Any, **named: Any) -> Any:
        step(*given, **named)
        die()

    return stepped


def cut_off() -> None:
    """The database ends the connections of this process, as it does when it is restarted."""
    with psycopg.connect(os.environ["DATABASE_URL"], application_name="restart") as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
            [NAME],
        )


def after_a_cut(execute: Callable[..., None]) -> Callable[..., None]:
    def executed(*given: Any, **named: Any) -> None:
        cut_off()
        execute(*given, **named)

    return executed


def main(where: str) -> None:
    os.environ["PGAPPNAME"] = NAME
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    import django_rq

    from config.queues import Worker
    from grading import pipeline
    from lti_tool import services

    if where == "sent":
        services.send = dying_after(services.send)
    elif where == "cut-off":
        Worker.execute_job = after_a_cut(Worker.execute_job)  # type: ignore[method-assign]
    elif where:
        pipeline.STEPS[where] = dying_after(pipeline.STEPS[where])
    queues = [django_rq.get_queue(name) for name in ("diagnostics", "default")]
    Worker(queues, connection=queues[0].connection).work(burst=True, logging_level="WARNING")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
