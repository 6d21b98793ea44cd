"""A worker of its own process that serves what is queued, and may be told where to die.

python -m tests.faults.worker [WHERE]: WHERE is the state after whose step SIGKILL comes, `sent`
(after the LMS took the score, before we have noted it), or nothing.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying_after(step: Callable[..., Any]) -> Callable[..., Any]:
    def stepped(*given: Any, **named: Any) -> Any:
        step(*given, **named)
        die()

    return stepped


def main(where: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    import django_rq

    from config.queues import Worker
    from grading import pipeline
    from lti_tool import ags

    if where == "sent":
        ags.post_score = dying_after(ags.post_score)
    elif where:
        pipeline.STEPS[where] = dying_after(pipeline.STEPS[where])
    queues = [django_rq.get_queue(name) for name in ("diagnostics", "default")]
    Worker(queues, connection=queues[0].connection).work(burst=True, logging_level="WARNING")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
