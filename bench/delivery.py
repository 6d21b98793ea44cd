"""Ten thousand scores on their way to two LMSs that are slow, limited and make mistakes.

    python -m bench.delivery [--scores 10000] [--rate 40] [--latency 0.2] [--workers 2]

Two registrations, each with a practice LMS of its own: A has 60 % of the scores in three columns,
B 40 % in two. Every answer of their grade services takes 0.2 s. Beyond `rate` posts of scores a
second an LMS answers 429 with Retry-After 1; besides, of a hundred posts about one is answered
with 500, one with 429 (Retry-After 1), half a one with 504 after the score was taken, a third of
one with 409 without being taken.

The scores are put on their way by `outbox.queue_score` first, two of a hundred of them corrected
at once; then the product's own processes start, as the demo starts them. When a third has
arrived, another three of a hundred are corrected. The clock runs from the first request that an
LMS sees of ours until the last score is accepted.

Checks, by the LMSs' gradebooks and request logs:
lost      cells that do not show the newest score with its comment
doubled   cells into which the same score was accepted twice
tokens    given out for one registration and set of scopes in an hour, beyond one
unheeded  posts begun during a pause that the LMS had asked for (a quarter of a second's notice is
          allowed, and one in a hundred that was on its way)
unsettled rows that our own database does not call confirmed, once all is done

busiest s is the most scores accepted within one second, over rate what was refused for it.

FIGURE is the wall time over the ideal, which is the scores that had to be accepted over the rate,
of the registration that needs longer. Pauses that the LMS asked for are not taken off: its limit
saves up one second's worth meanwhile. Unlike a ratio of two measurements it is held against a
clock, so that a busy machine makes it worse. Any violated check makes the figure `short`. A run
that is not done after four times the ideal is broken off.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import _score_log, _servers
from stack import demo
from stack.state import State, free_port
from stack.supervisor import Program, Supervisor
from tests.practice_lms.platform import Platform

if TYPE_CHECKING:
    from lti_tool.models import OutgoingScore, Person, ResourceLink

AIM = 1.25
SHARES = (("a", 0.6, 3), ("b", 0.4, 2))  # registration, share of the scores, columns
RETRY_AFTER = 1  # whole seconds, as the header wants them
CORRECTED_BEFORE, CORRECTED_DURING = 0.02, 0.03
CORRECT_WHEN_ARRIVED = 1 / 3
BREAK_OFF_AFTER = 4.0  # times the ideal
SHORTEST_PATIENCE = 60.0  # seconds, for short runs
UNHEEDED_SHARE = 0.01
TOGETHER = 100  # scores that are queued in one transaction, as when a class is released
LMS_THREADS = 64
SECONDS_TO_START = 60
CLIENT_ID, DEPLOYMENT_ID, COURSE = "cograde-demo", "1", "bench"
AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
SCOPES = [AGS + name for name in ("lineitem", "result.readonly", "score")]


@dataclass
class Side:
    """One registration. ``wanted`` is the newest score by link and sub."""

    name: str
    lms: Platform
    count: int
    columns: int
    cells: list[tuple[ResourceLink, Person]] = field(default_factory=list)
    wanted: dict[tuple[str, str], tuple[Decimal, str]] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)

    @property
    def learners(self) -> int:
        return self.count // self.columns


@dataclass(frozen=True)
class Options:
    scores: int
    rate: float
    latency: float
    workers: int


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench.delivery")
    parser.add_argument("--scores", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=40.0)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--workers", type=int, default=2)
    options = Options(**vars(parser.parse_args(arguments)))
    _servers.say_if_busy()
    with ExitStack() as stack:
        place = stack.enter_context(_servers.places("delivery"))["delivery"]
        port = free_port()
        environment = _servers.product(place, port)
        _become_tool(environment)
        stack.callback(_let_go)
        sides = [
            Side(name, stack.enter_context(_lms(port)), int(options.scores * share), columns)
            for name, share, columns in SHARES
        ]
        _queue(sides)
        for side in sides:
            side.lms.misbehave_all(list(_rules(options)))
            side.lms.clear_log()
        programs = _programs(environment, port, options.workers)
        with Supervisor(programs, State().logs) as supervisor:
            supervisor.wait_until_ready(SECONDS_TO_START)
            done_after = _deliver(sides, options, supervisor)
            used = _processor_seconds(supervisor)
        for side in sides:
            side.log = side.lms.log()
        _tell_work(used, sum(len(_score_log.accepted(side.log)) for side in sides))
        return _report(sides, options, done_after)


def _lms(port: int) -> Platform:
    return Platform(tool_url=f"http://127.0.0.1:{port}", threads=LMS_THREADS)


def _become_tool(environment: dict[str, str]) -> None:
    """Let this process use the tool's models, on the benchmark's own database."""
    os.environ.update(environment)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    del os.environ["DJANGO_SETTINGS_MODULE"]  # the LMSs have settings of their own


def _let_go() -> None:
    from django.db import connection

    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


def _programs(environment: dict[str, str], port: int, workers: int) -> list[Program]:
    """The tool's processes as the demo has them; only the number of workers is ours."""
    environment = {**environment, "DJANGO_SETTINGS_MODULE": "config.settings"}
    known = {
        one.name: replace(one, environment=environment, name=f"bench-{one.name}")
        for one in demo.programs(demo.Addresses(port, 0))
    }
    crew = [replace(known["worker-1"], name=f"bench-worker-{n + 1}") for n in range(workers)]
    return [known["tool"], *crew, known["scheduler"]]


def _rules(options: Options) -> Iterator[dict[str, Any]]:
    """How both LMSs misbehave; of several rules the first that strikes acts."""
    slow = {"endpoint": "scores", "delay": options.latency}
    yield {"endpoint": "scores", "per_second": options.rate, "retry_after": str(RETRY_AFTER)}
    yield {**slow, "status": 500, "rate": 0.01}
    yield {**slow, "status": 429, "rate": 0.01, "retry_after": str(RETRY_AFTER)}
    yield {**slow, "status": _score_log.LOST_ANSWER, "rate": 0.005, "after": True}
    yield {**slow, "status": 409, "rate": 0.003}
    yield slow
    yield {"endpoint": "results", "delay": options.latency}
    yield {"endpoint": "lineitems", "delay": options.latency}
    yield {"endpoint": "token", "delay": options.latency}


def _queue(sides: list[Side]) -> None:
    begun = time.perf_counter()
    for side in sides:
        _seed(side)
    seeded = time.perf_counter()
    for side in sides:
        _put(side, side.cells, first=1)
    seconds = time.perf_counter() - seeded
    for side in sides:
        _correct(side, CORRECTED_BEFORE, seed=1)
    count = sum(len(side.cells) for side in sides)
    print(
        f"{count} scores queued in {seconds:.1f} s ({count / seconds:.0f} per second), "
        f"after {seeded - begun:.1f} s of preparation",
        flush=True,
    )


def _seed(side: Side) -> None:
    """The course in the LMS and in our database as launches would have left it."""
    from lti_tool.models import Context, Deployment, LineItem, Person, Registration, ResourceLink

    names = [f"column-{number + 1}" for number in range(side.columns)]
    links = [{"id": name, "title": name, "maximum": 100} for name in names]
    course = {"id": COURSE, "learners": side.learners, "links": links}
    found = side.lms.seed([course])
    registration = Registration.objects.create(
        name=f"LMS {side.name}",
        issuer=side.lms.url,
        client_id=CLIENT_ID,
        auth_login_url=f"{side.lms.url}/lti/authorize",
        token_url=f"{side.lms.url}/lti/token",
        jwks_url=f"{side.lms.url}/lti/jwks.json",
    )
    deployment = Deployment.objects.create(registration=registration, deployment_id=DEPLOYMENT_ID)
    context = Context.objects.create(deployment=deployment, lti_id=COURSE, title="Bench")
    subs = [sub for person, sub in found["subs"].items() if person.startswith(f"{COURSE}-")]
    people = Person.objects.bulk_create(Person(registration=registration, sub=sub) for sub in subs)
    for name in names:
        link = ResourceLink.objects.create(context=context, lti_id=name, title=name)
        LineItem.objects.create(resource_link=link, url=found["line_items"][name], scopes=SCOPES)
        side.cells += [(link, person) for person in people]


def _put(side: Side, cells: Sequence[tuple[ResourceLink, Person]], first: int) -> None:
    """Queue a score for every cell; ``first`` tells the scores of one occasion from others."""
    from django.db import transaction

    from lti_tool import outbox

    now = datetime.now(UTC).replace(microsecond=0)
    for start in range(0, len(cells), TOGETHER):
        with transaction.atomic():
            for number, (link, person) in enumerate(cells[start : start + TOGETHER], start=start):
                score = Decimal((first * 37 + number) % 101)
                comment = f"Occasion {first}, note {number}."
                outbox.queue_score(
                    resource_link=link,
                    person=person,
                    score=score,
                    maximum=Decimal(100),
                    comment=comment,
                    submitted_at=now,
                )
                side.wanted[link.lti_id, person.sub] = (score, comment)


def _correct(side: Side, share: float, seed: int) -> None:
    some = random.Random(seed).sample(side.cells, round(len(side.cells) * share))
    _put(side, some, first=seed + 1)


def _deliver(sides: list[Side], options: Options, supervisor: Supervisor) -> float:
    """Wait until our database says that nothing is left to do; seconds, or infinity."""
    from django.db.models import Count

    from lti_tool.models import OutgoingScore

    begun = time.monotonic()
    ideal = max(side.count for side in sides) / options.rate
    ends = begun + max(BREAK_OFF_AFTER * ideal, SHORTEST_PATIENCE)
    told = begun
    corrected = False
    while time.monotonic() < ends:
        time.sleep(0.5)
        supervisor.look()
        rows = OutgoingScore.objects
        arrived = rows.exclude(state=OutgoingScore.State.QUEUED).count()
        if not corrected and arrived >= options.scores * CORRECT_WHEN_ARRIVED:
            corrected = True
            for side in sides:
                _correct(side, CORRECTED_DURING, seed=2)
        if time.monotonic() - told >= 10:
            told = time.monotonic()
            states = dict(rows.values_list("state").annotate(Count("pk")))
            print(f"  after {told - begun:4.0f} s: {states}", flush=True)
        left = rows.filter(run_after__isnull=False).exists() or _unread(rows)
        if corrected and not left:
            return time.monotonic() - begun
    print("  broken off")
    return float("inf")


def _processor_seconds(supervisor: Supervisor) -> dict[str, float]:
    """Processor time of every process of the tool by its name."""
    return {
        one.program.name: _servers.processor_seconds(one.process.pid)
        for one in supervisor.running
        if one.process is not None
    }


def _tell_work(used: dict[str, float], accepted: int) -> None:
    each = [f"{name.removeprefix('bench-')} {seconds:.1f} s" for name, seconds in used.items()]
    workers = sum(seconds for name, seconds in used.items() if "worker" in name)
    print(
        f"processor time: {', '.join(each)}; "
        f"workers {workers / max(accepted, 1) * 1e3:.1f} ms per accepted score"
    )


def _unread(rows: Any) -> bool:
    """Whether a score that went out still waits to be read back."""
    from lti_tool.models import LineItem

    names = {one.name for one in LineItem._meta.get_fields()}
    if "read_due_at" not in names:
        return False
    waiting = rows.filter(state="sent", line_item__read_due_at__isnull=False)
    return bool(waiting.exists())


def _report(sides: list[Side], options: Options, done_after: float) -> int:
    print(
        f"\n{'':4} scores accepted  90 % s  wall s  ideal s  busiest s  over rate  pauses s  "
        "lost  doubled  tokens  unheeded  unsettled"
    )
    figure, sound = 0.0, done_after < float("inf")
    for side in sides:
        accepted = _score_log.accepted(side.log)
        most, seconds = _wall(side, accepted, 0.9), _wall(side, accepted)
        ideal = len({(_score_log.cell(e), _score_log.content(e)) for e in accepted}) / options.rate
        ideal = max(ideal, side.count / options.rate)
        spans = _score_log.pauses(side.log, RETRY_AFTER)
        lost, twice = _lost(side), _score_log.doubled(side.log)
        unheeded = _score_log.unheeded(side.log, RETRY_AFTER)
        tokens = sum(often - 1 for often in _score_log.tokens(side.log).values())
        unsettled = _unsettled(side)
        sent = len(_score_log.scores(side.log))
        print(
            f"{side.name:4} {side.count:6} {len(accepted):8}  {most:6.1f}  {seconds:6.1f}  "
            f"{ideal:7.1f}  "
            f"{_score_log.busiest_second(side.log):9}  {len(_score_log.over_rate(side.log)):9}  "
            f"{sum(end - start for start, end in spans):8.1f}  "
            f"{len(lost):4}  {len(twice):7}  {tokens:6}  {len(unheeded):8}  {len(unsettled):9}"
        )
        sound &= not (lost or twice or tokens or unsettled)
        sound &= len(unheeded) <= UNHEEDED_SHARE * sent
        figure = max(figure, seconds / ideal)
    for side in sides:
        print(f"{side.name}: {_score_log.summary(side.log)}")
        for line in [*_lost(side)[:3], *map(str, list(_score_log.doubled(side.log).items())[:3])]:
            print(f"    {line}")
        for row in _unsettled(side)[:3]:
            print(f"    row {row.pk} is {row.state}: {row.cause or 'no cause'}")
    print(f"all confirmed in our own database after {done_after:.1f} s")
    reached = figure <= AIM and sound
    print(f"delivery: {figure:.2f} (aim {AIM:.2f}) {'ok' if reached else 'short'}")
    return 0 if reached else 1


def _wall(side: Side, accepted: list[_score_log.Entry], share: float = 1.0) -> float:
    """Seconds from the first request of ours until that share of the scores was accepted."""
    if not accepted:
        return float("inf")
    moments = sorted(map(_score_log.ended, accepted))
    last = moments[max(0, math.ceil(len(moments) * share) - 1)]
    return last - min(map(_score_log.began, side.log))


def _lost(side: Side) -> list[str]:
    """What the gradebook shows wrongly, in words."""
    shown = {(cell["link"], cell["sub"]): cell for cell in side.lms.gradebook(COURSE)}
    found = []
    for where, (score, comment) in side.wanted.items():
        cell = shown.get(where)
        if cell is None or cell["points"] is None:
            found.append(f"{where}: no grade")
        elif Decimal(str(cell["points"])) != score or cell["comment"] != comment:
            found.append(f"{where}: {cell['points']} {cell['comment']!r}, not {score} {comment!r}")
    return found


def _unsettled(side: Side) -> list[OutgoingScore]:
    from lti_tool.models import OutgoingScore

    rows = OutgoingScore.objects.exclude(state=OutgoingScore.State.CONFIRMED)
    return list(rows.filter(person__registration__issuer=side.lms.url))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
