"""Whether a reviewer waits longer when more waits for reviewers.

    python -m bench.review_queue [--few 10000] [--many 1000000]

A course of its own, in a database of its own, has first few and then many open responses. Measured
is the press on Next: the claim, and the page of the response with its rubric, by a client inside
the process. FIGURE is the time with many over the time with few.

The page without the response must weigh less than 150 kB, else the line says `short` as well.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import _servers

ROOT = Path(__file__).resolve().parent.parent
AIM = 1.2
LARGEST_PAGE = 150_000
TIMES = 40


def inside(few: int, many: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    from bench import _open_work

    print(json.dumps(_open_work.measure(few, many, TIMES)))


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", default=10_000, type=int)
    parser.add_argument("--many", default=1_000_000, type=int)
    parser.add_argument("--inside", action="store_true")
    chosen = parser.parse_args(arguments)
    if chosen.inside:
        inside(chosen.few, chosen.many)
        return 0
    _servers.say_if_busy()
    with _servers.places("review_queue") as places:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "bench.review_queue", "--inside"),
                *("--few", str(chosen.few), "--many", str(chosen.many)),
            ],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env=_servers.product(places["review_queue"], 0),
            cwd=ROOT,
        )
    found = json.loads(done.stdout.splitlines()[-1])
    ratio = found["many"] / found["few"]
    print(
        f"claim and render: {found['few']:.1f} ms with {chosen.few} open,"
        f" {found['many']:.1f} ms with {found['open']:.0f};"
        f" the page weighs {found['size'] / 1000:.0f} kB"
    )
    print(
        f"save to the next screen, fetched before: {found['saved']:.1f} ms of server time (aim 100)"
    )
    reached = ratio <= AIM and found["size"] < LARGEST_PAGE
    print(f"review_queue: {ratio:.2f} (aim {AIM:.2f}) {'ok' if reached else 'short'}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
