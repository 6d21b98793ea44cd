"""The work behind the Makefile's verbs: `python3 -m stack VERB`.

Each verb first makes the virtual environment complete, under the system's Python, and then goes
on in the same process under the environment's.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import NoReturn

from stack import setup
from stack.errors import StackError
from stack.progress import DEMO_STEPS, Progress
from stack.state import CHECKOUT, State

BEGAN = "COGRADE_BEGAN"


def main(arguments: list[str]) -> int:
    """Run one verb; its exit status."""
    verb, *rest = arguments or ["help"]
    os.chdir(CHECKOUT)
    try:
        if BEGAN not in os.environ:
            return _prepare(verb, rest)
        return _work(verb, rest, float(os.environ.pop(BEGAN)))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _prepare(verb: str, rest: list[str]) -> int:
    """Make the environment complete and go on in it; returns only when nothing is left to do."""
    began = time.time()
    setup.require_python()
    if verb == "demo-reset" and not State().root.exists():
        print("There is no local data.")
        return 0
    progress = Progress(DEMO_STEPS if verb == "demo" else 2, quiet=verb not in ("demo", "test"))
    with progress.step("System packages"):
        if verb in ("demo", "test"):
            setup.system_packages(browser=verb == "test")
    with progress.step("Python packages"):
        setup.packages("demo" if verb in ("demo", "demo-reset") else "development")
    os.environ[BEGAN] = str(began)
    return _become(setup.PYTHON, ["-m", "stack", verb, *rest])


def _work(verb: str, rest: list[str], began: float) -> int:
    from stack import benches, demo, gates  # they need the environment's packages

    if verb == "demo":
        demo.run(began)
    elif verb == "demo-reset":
        demo.reset()
    elif verb == "check":
        return min(gates.check(), 1)
    elif verb == "test":
        return gates.test(rest)
    elif verb == "bench":
        return min(benches.run(rest), 1)
    elif verb == "run":
        return _become(setup.VENV / "bin" / rest[0], rest[1:])
    else:
        raise StackError(f"`{verb}` is no verb of the stack. Type `make help`.")
    return 0


def _become(program: Path, arguments: list[str]) -> NoReturn:
    os.execv(program, [str(program), *arguments])  # noqa: S606 - a list, no shell


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
