"""Launches per second, server side: the tool against a bare Django project on pylti1p3.

    python -m bench.launch [--rounds 5] [--learners 500] [--profile]

A launch is a login initiation and the launch POST that answers it. Every server is one gunicorn
process with four threads on the same machine, the same PostgreSQL and the same Valkey; they are
measured in turns of 100 learners, in an order that changes, by the same client over eight kept
connections. In each round 500 new learners open one of 10 links for the first time and then once
more, an hour later by the tool's own records, from the same browser. Signing is the LMS's work
and lies between the timed parts.

first, again  launches per second of learners who come for the first time and of those who return
mix           one in five comes for the first time, four return
server ms     processor time of the server's process per launch, the two halves together, mixed
client        the busiest that the client ever was; far below 100 % it holds nobody up

The baseline is pylti1p3 with `set_public_key_caching` (see bench/_bare_pylti1p3.py) and, for the
record, without. It keeps a launch in its cache; the tool writes people, rights and links down in
the database and opens a session. That each launch took place is looked up afterwards.

FIGURE is the median over the rounds of the ratio of the mixes, against the baseline with key
caching. `--profile` says instead where the time of our side goes, in one process without a
server: SQL statements per half, and time by function.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import _launch_profile, _learners, _servers
from bench._learners import Batch, Learner, Platform, Request
from stack.state import State, free_port
from stack.supervisor import Program, Supervisor

AIM = 2.0
THREADS = 4
SHARE_OF_FIRST = 0.2
WARM_UP = 40
BLOCK = 100  # learners whom one server gets before it is the next one's turn
LOOK_AT_EVERY = 20  # launch that is opened afterwards
SECONDS_TO_START = 60


@dataclass
class Visits:
    """What the visits of one kind in one round took, in seconds; ``server`` is processor time."""

    count: int = 0
    login: float = 0.0
    launch: float = 0.0
    server: float = 0.0

    @property
    def each(self) -> float:
        """Wall seconds per launch, the two halves together."""
        return (self.login + self.launch) / self.count


@dataclass
class Side:
    """One server, its place, and what was measured by round; ``took_place`` proves one launch."""

    name: str
    environment: dict[str, str]
    port: int
    command: list[str]
    took_place: Callable[[Side, Learner, str], bool]
    first: list[Visits] = field(default_factory=list)
    again: list[Visits] = field(default_factory=list)
    people: int = 0
    launches: int = 0
    pid: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def program(self) -> Program:
        return Program(f"bench-{self.name}", self.command, self.environment, f"{self.url}/health/")

    def mixed(self, value: Callable[[Visits], float]) -> list[float]:
        """By round a value per launch, when SHARE_OF_FIRST of all come for the first time."""
        return [
            SHARE_OF_FIRST * value(first) + (1 - SHARE_OF_FIRST) * value(again)
            for first, again in zip(self.first, self.again, strict=True)
        ]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench.launch")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--learners", type=int, default=500)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args(arguments)
    _servers.say_if_busy()
    with ExitStack() as stack:
        places = stack.enter_context(_servers.places("cograde", "caching", "fetching"))
        platform = Platform(f"http://127.0.0.1:{free_port()}/keys.json")
        keys = Program(
            "bench-keys",
            [sys.executable, "-m", "bench._key_set", _port_of(platform.url), platform.key_set()],
            places["caching"],
            platform.keys_url,
        )
        ours = _ours(platform, places["cograde"])
        if options.profile:
            stack.enter_context(Supervisor([keys], State().logs)).wait_until_ready(SECONDS_TO_START)
            return _launch_profile.run(platform, ours.environment, ours.url, options.learners)
        sides = [
            ours,
            _bare(platform, "caching", places["caching"]),
            _bare(platform, "fetching", places["fetching"]),
        ]
        supervisor = Supervisor([keys, *(side.program for side in sides)], State().logs)
        stack.enter_context(supervisor).wait_until_ready(SECONDS_TO_START)
        for running, side in zip(supervisor.running[1:], sides, strict=True):
            side.pid = running.process.pid if running.process else 0
        busiest = measure(platform, sides, options.rounds, options.learners)
        return report(sides, busiest)


def _port_of(url: str) -> str:
    return url.rpartition(":")[2]


def _ours(platform: Platform, place: dict[str, str]) -> Side:
    port = free_port()
    environment = _servers.product(place, port)
    known = platform.registration()
    flags = {
        "--issuer": "issuer",
        "--client-id": "client_id",
        "--auth-login-url": "auth_login_url",
        "--token-url": "token_url",
        "--jwks-url": "jwks_url",
        "--deployment-id": "deployment_id",
    }
    words = [f"{flag}={known[name]}" for flag, name in flags.items()]
    _servers.run(environment, "manage.py", "register_platform", *words)
    command = _servers.gunicorn("config.wsgi", port, THREADS)
    return Side("cograde", environment, port, command, _opens_activity)


def _bare(platform: Platform, name: str, place: dict[str, str]) -> Side:
    port = free_port()
    environment = {**place, "KEY_CACHING": "1" if name == "caching" else "0"}
    known = platform.registration()
    module = "bench._bare_pylti1p3"
    _servers.run(environment, "-m", module, entered=json.dumps(known))
    command = _servers.gunicorn(f"{module}:application", port, THREADS)
    return Side(f"pylti1p3-{name}", environment, port, command, _is_remembered)


def measure(platform: Platform, sides: list[Side], rounds: int, count: int) -> float:
    """Fill in what was measured; the busiest that the client was, as a share of one core."""
    for side in sides:
        people = _learners.learners(0, WARM_UP)
        check(side, people, _learners.batch(platform, side.url, people))
        side.people += WARM_UP
    refuses_replay(platform, sides)
    busiest = 0.0
    for number in range(rounds):
        for side in sides:
            side.first.append(Visits())
            side.again.append(Visits())
        for start in range(0, count, BLOCK):
            turn = (number + start // BLOCK) % len(sides)
            for side in [*sides[turn:], *sides[:turn]]:
                first = WARM_UP + number * count + start
                people = _learners.learners(first, min(BLOCK, count - start))
                side.people += len(people)
                for visits in (side.first[-1], side.again[-1]):
                    busiest = max(busiest, _visit(platform, side, people, visits))
                    if side is sides[0]:
                        _servers.let_an_hour_pass(side.environment)
    return busiest


def _visit(platform: Platform, side: Side, people: list[Learner], visits: Visits) -> float:
    """Let everybody in once; the share of a core that the client needed for it."""
    server = _servers.processor_seconds(side.pid)
    own, all_own = time.thread_time(), time.process_time()
    done = _learners.batch(platform, side.url, people)
    # Signing happens on this thread, sending on others: only the latter is in timed parts.
    sending = (time.process_time() - all_own) - (time.thread_time() - own)
    visits.count += len(people)
    visits.login += done.login_seconds
    visits.launch += done.launch_seconds
    visits.server += _servers.processor_seconds(side.pid) - server
    check(side, people, done)
    return sending / done.seconds


def check(side: Side, people: list[Learner], done: Batch) -> None:
    """RuntimeError unless every launch was answered with a redirect, and some are looked into."""
    for answer in done.answers:
        if answer.status != 302:
            raise RuntimeError(f"{side.name}: a launch got {answer.status}: {answer.body[:500]!r}")
    for one, answer in list(zip(people, done.answers, strict=True))[::LOOK_AT_EVERY]:
        if not side.took_place(side, one, answer.location):
            raise RuntimeError(f"{side.name}: the launch of {one.sub} left nothing behind")
    side.launches += len(people)


def _opens_activity(side: Side, one: Learner, location: str) -> bool:
    """The learner's page answers the session, and nobody without it."""
    asked = [
        Request("GET", location, cookie=one.cookie),
        Request("GET", location),
    ]
    known, unknown = _learners.exchange(side.url, asked)[0]
    # No assessment has been chosen for these links, which only somebody signed in is told (409).
    return known.status in (200, 302, 409) and unknown.status in (401, 403, 404)


def _is_remembered(side: Side, one: Learner, location: str) -> bool:
    (answer,), _ = _learners.exchange(side.url, [Request("GET", location, cookie=one.cookie)])
    return answer.status == 200 and one.sub.encode() in answer.body


def refuses_replay(platform: Platform, sides: list[Side]) -> None:
    """Say what becomes of a message that is sent twice; RuntimeError when ours takes it."""
    said = []
    for side in sides:
        (one,) = people = _learners.learners(0, 1)
        done = _learners.batch(platform, side.url, people)
        side.launches += 1
        again = Request("POST", "/lti/launch/", done.forms[0], one.cookie)
        (answer,), _ = _learners.exchange(side.url, [again])
        said.append(f"{side.name} {answer.status}")
        if side.name == "cograde" and answer.status == 302:
            raise RuntimeError("a message was accepted twice")
    print(f"the same message once more: {', '.join(said)}")


def report(sides: list[Side], busiest: float) -> int:
    ours, caching, fetching = sides
    left = _servers.rows(ours.environment, "SELECT count(*) FROM lti_tool_membership")[0][0]
    print(
        f"{ours.launches} launches by {ours.people} people on each side; "
        f"{left} memberships stand in our database"
    )
    if left != ours.people:
        raise RuntimeError(f"{ours.people} people launched and {left} memberships were kept")
    print(f"\n{'':20} first/s  again/s    mix/s   login %  server ms")
    for side in sides:
        login = [
            login / each for login, each in zip(side.mixed(_login), side.mixed(_each), strict=True)
        ]
        print(
            f"{side.name:20} {1 / _median(map(_each, side.first)):7.1f}  "
            f"{1 / _median(map(_each, side.again)):7.1f}  {1 / _median(side.mixed(_each)):7.1f}  "
            f"{_median(login):7.0%}  {_median(side.mixed(_server)) * 1e3:9.2f}"
        )
    print(f"the client used at most {busiest:.0%} of a core")
    for other in (fetching, caching):
        found = ratios(ours, other)
        work = _median(other.mixed(_server)) / _median(ours.mixed(_server))
        print(
            f"{ours.name} / {other.name}: {_median(found):.2f} "
            f"(rounds {', '.join(f'{ratio:.2f}' for ratio in found)}), "
            f"by processor time of the servers {work:.2f}"
        )
    figure = _median(ratios(ours, caching))
    reached = figure >= AIM
    print(f"launch: {figure:.2f} (aim {AIM:.2f}) {'ok' if reached else 'short'}")
    return 0 if reached else 1


def ratios(ours: Side, other: Side) -> list[float]:
    """By round our launches per second over the other's."""
    pairs = zip(ours.mixed(_each), other.mixed(_each), strict=True)
    return [theirs / our for our, theirs in pairs]


def _each(visits: Visits) -> float:
    return visits.each


def _login(visits: Visits) -> float:
    return visits.login / visits.count


def _server(visits: Visits) -> float:
    return visits.server / visits.count


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
