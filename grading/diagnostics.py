"""Step 2: an item's checks over what the learner wrote, on request and at hand-in.

Each result is stored as it lands, so that the page shows it while the others still run.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rq.timeouts import BaseTimeoutException

from grading import companions, leases
from grading.diagrams.checks import run_diagram_checks
from grading.errors import NotAccepted
from grading.files.paths import Refused
from grading.models import CheckResult, Response, Run
from grading.precheck.base import Answer, CheckOutcome, CheckSpec
from grading.precheck.run import OnResult, run_checks
from grading.sandbox import Limits
from rubrics.models import Check, Item

logger = logging.getLogger(__name__)

MOST_FAILURES = 3
SEEDS = 2**31
LAST_LINE = 1_000_000
ENDED = (Run.State.DONE, Run.State.FAILED)
UNFINISHED = (Run.State.QUEUED, Run.State.RUNNING)


def request(response: Response) -> Run:
    """Asks for a run over the saved text. Raises NotAccepted within a limit of the policy."""
    if response.is_empty:
        raise NotAccepted(_("There is nothing to check yet. Write something first."))
    in_flight = _in_flight(response)
    if in_flight is not None:
        if in_flight.sha256 == response.source_digest(response.text):
            return in_flight
        raise NotAccepted(
            _("The check of your earlier text is still running. Press Check again in a moment.")
        )
    _within_policy(response)
    try:
        with transaction.atomic():
            run = _create(response, attempt_seed(response))
    except IntegrityError:  # asked for twice at the same moment: one run serves both
        return response.runs.latest("number")
    _wake(run)
    return run


def _in_flight(response: Response) -> Run | None:
    """The unfinished run, if there is one. One over an older text is given up while it waits;
    when it runs already it keeps its worker, so that pressing Check often takes no more of them.
    """
    waiting = response.runs.filter(state=Run.State.QUEUED)
    waiting.exclude(sha256=response.source_digest(response.text)).update(state=Run.State.SUPERSEDED)
    return response.runs.filter(state__in=UNFINISHED).first()


def finished_runs(response: Response) -> QuerySet[Run]:
    """Runs over exactly the text that the response has now, the newest first; none where the newest
    could not be run, because an earlier one does not speak for it."""
    over_this = response.runs.filter(sha256=response.source_digest(response.text))
    newest = over_this.filter(state__in=ENDED).order_by("-number").first()
    if newest is not None and newest.state == Run.State.FAILED:
        return Run.objects.none()
    return over_this.filter(state=Run.State.DONE).order_by("-number")


def _create(response: Response, seed: int) -> Run:
    last = response.runs.aggregate(last=Max("number"))["last"] or 0
    return Run.objects.create(
        response=response,
        number=last + 1,
        source=response.text,
        sha256=response.source_digest(response.text),
        seed=seed,
        woken_until=timezone.now() + leases.PATIENCE,
    )


def attempt_seed(response: Response) -> int:
    """The same for all checks that a learner runs in one attempt, so that what failed is tried
    again; another one in the next attempt."""
    digest = hashlib.sha256(f"seed/{response.pk}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % SEEDS


def _wake(run: Run) -> None:
    transaction.on_commit(lambda: leases.call("diagnostics", execute, run.pk), robust=True)


@dataclass(frozen=True)
class Allowance:
    """How often checks may still be run, None for no limit, and in how many seconds the next."""

    left: int | None
    seconds: int

    @property
    def words(self) -> str:
        """What the learner should know of it; nothing where there is no limit."""
        said = []
        if self.left == 0:
            said.append(_("You have used all checks of this item. You can still hand in."))
        elif self.left is not None:
            said.append(
                ngettext("%(n)d check left.", "%(n)d checks left.", self.left) % {"n": self.left}
            )
        if self.seconds and self.left != 0:
            opens = _("The next check opens in %(seconds)d seconds.")
            said.append(opens % {"seconds": self.seconds})
        return " ".join(said)


def allowance(response: Response) -> Allowance:
    policy = response.submission.assessment.policy
    left = None
    used = response.runs.exclude(state=Run.State.SUPERSEDED)  # those never ran
    if policy.checks_limit:
        left = max(policy.checks_limit - used.count(), 0)
    last = used.order_by("-number").first()
    if last is None or not policy.cooldown_seconds:
        return Allowance(left, 0)
    opens = last.created_at + timedelta(seconds=policy.cooldown_seconds)
    wait = (opens - timezone.now()).total_seconds()
    return Allowance(left, int(wait) + 1 if wait > 0 else 0)


def ahead(run: Run) -> int:
    """How many runs of others wait before this one; 0 once it runs."""
    if run.state != Run.State.QUEUED:
        return 0
    waiting = Run.objects.filter(state=Run.State.QUEUED, created_at__lt=run.created_at)
    return waiting.count()


def _within_policy(response: Response) -> None:
    found = allowance(response)
    if found.left == 0 or found.seconds:
        raise NotAccepted(found.words)


def execute(pk: str) -> None:
    """The job: runs the checks of one run, unless somebody else does or did."""
    unfinished = Run.objects.filter(pk=pk, state__in=UNFINISHED)
    if not leases.claim(unfinished):
        return
    if _has_killed_workers(pk):
        return
    run = Run.objects.select_related("response__item").get(pk=pk)
    unfinished.update(state=Run.State.RUNNING)
    try:
        done = _run_checks(run)
    except Refused as refused:
        ended = {"state": Run.State.FAILED, "trouble": str(refused), "leased_until": None}
        unfinished.update(**ended)
        return
    except Exception:
        logger.exception("run %s failed", pk)
        _give_back(run)
        return
    if not done:
        unfinished.update(state=Run.State.SUPERSEDED, leased_until=None)
        return
    unfinished.update(state=Run.State.DONE, finished_at=timezone.now(), leased_until=None)


def _run_checks(run: Run) -> bool:
    """False when the answer is no longer what the run was asked for."""
    files = _beside(run)
    if files is None:
        return False
    item = run.response.item
    checks = {check.code: check for check in item.checks.all()}
    judge(
        item,
        run.source,
        lambda outcome: _keep(run, checks[outcome.code], outcome),
        seed=run.seed,
        files=files,
    )
    return True


def _beside(run: Run) -> dict[str, bytes] | None:
    """What lies beside the text of a run; None when that is no longer what the run was asked for.
    Raises Refused and SandboxUnavailable.
    """
    response = run.response
    if response.source_digest(run.source) != run.sha256:
        return None
    companions.unpack(response)
    found = companions.beside(response, run.source)
    run.sha256 = found.digest  # of exactly what is run
    Run.objects.filter(pk=run.pk).update(sha256=run.sha256)
    return found.files


def _has_killed_workers(pk: str) -> bool:
    """A run that is taken up again while it is said to be running has lost its worker: that counts
    as a failure, so that a text which kills workers does not go on killing them."""
    taken_up = Run.objects.filter(pk=pk, state=Run.State.RUNNING)
    taken_up.update(failures=F("failures") + 1)
    ended = {"state": Run.State.FAILED, "leased_until": None, "trouble": _given_up()}
    return bool(taken_up.filter(failures__gte=MOST_FAILURES).update(**ended))


def _given_up() -> str:
    return _("The checks could not be run. A person will look at your code.")


def _give_back(run: Run) -> None:
    failures = run.failures + 1
    given_up = failures >= MOST_FAILURES
    Run.objects.filter(pk=run.pk, state__in=UNFINISHED).update(
        failures=failures,
        leased_until=None,
        woken_until=timezone.now() + leases.pause_after(failures),
        state=Run.State.FAILED if given_up else Run.State.QUEUED,
        trouble=_given_up(),
    )


def judge(
    item: Item,
    source: str,
    on_result: OnResult | None = None,
    *,
    seed: int = 1,
    files: Mapping[str, bytes] | None = None,
) -> list[CheckOutcome]:
    """Runs the item's checks over `source`, programs in the sandbox. Stores nothing.

    `seed` is what generated inputs are drawn with; `files` lie beside the text, by their path.
    """
    specs = [spec_of(check) for check in item.checks.select_related("criterion")]
    if item.kind == Item.Kind.DIAGRAM:
        return run_diagram_checks(source, specs, on_result)
    # The queue's own clock must not be taken for a check that crashed.
    give_way = (BaseTimeoutException,)
    answer = answer_of(item, source, seed, files)
    outcomes = run_checks(answer, specs, on_result, give_way=give_way)
    for outcome in outcomes:
        if outcome.status == "error":  # who runs the tool reads why; learners read that it is ours
            logger.error(
                "check %s of %s could not be run: %s", outcome.code, item, outcome.detail[:300]
            )
    return outcomes


def answer_of(
    item: Item, source: str, seed: int = 1, files: Mapping[str, bytes] | None = None
) -> Answer:
    return Answer(
        source=source,
        filename=item.filename,
        prelude=item.prelude,
        limits=Limits(cpu_seconds=item.cpu_seconds, memory_mb=item.memory_mb),
        language=item.language,
        flags=tuple(item.flags),
        files=files or {},
        reference=item.reference,
        seed=seed,
    )


def spec_of(check: Check) -> CheckSpec:
    return CheckSpec(
        code=check.code,
        kind=check.kind,
        title=check.title,
        criterion=check.criterion.code if check.criterion else None,
        weight=check.weight,
        call=check.call,
        expected=check.expected,
        compare=check.compare,
        checker=check.checker,
        output_file=check.output_file,
        tolerance=check.tolerance,
        stdin=check.stdin,
        arguments=tuple(check.arguments),
        rules=check.rules,
        complexity=check.complexity,
        require=tuple(check.require),
        forbid=tuple(check.forbid),
        generator=check.generator,
        fault=check.fault,
        runner=check.runner,
        files=check.files,
        tests=check.tests,
        hint=check.hint,
        show_expected=check.show_expected,
    )


def _keep(run: Run, check: Check, outcome: CheckOutcome) -> None:
    """Stores a result as it lands; one of an earlier, interrupted try is replaced."""
    found = {
        "status": outcome.status,
        "summary": storable(outcome.summary),
        "input": storable(outcome.input),
        "got": storable(outcome.got),
        "expected": storable(outcome.expected),
        "line": outcome.line if outcome.line and outcome.line <= LAST_LINE else None,
        "hint": outcome.hint,
        "detail": storable(outcome.detail),
        "seconds": outcome.seconds,
        "share": outcome.earned,
        "trust": outcome.trust,
        "flags": list(outcome.flags),
    }
    CheckResult.objects.bulk_create(
        [CheckResult(run=run, check_definition=check, **found)],
        update_conflicts=True,
        unique_fields=["run", "check_definition"],
        update_fields=list(found),
    )
    # Whoever lands results is alive.
    Run.objects.filter(pk=run.pk, state__in=UNFINISHED).update(
        leased_until=timezone.now() + leases.LEASE
    )


def storable(text: str | None) -> str:
    """Text as PostgreSQL can hold it: programs print NULs and half surrogates."""
    clean = (text or "").replace("\x00", "\N{SYMBOL FOR NULL}")
    return clean.encode("utf-8", "replace").decode("utf-8")


def final_run(response: Response) -> Run:
    """The run over what was handed in, made after handing in: those that the learner asked for
    do not count. Raises BlockingIOError while another worker is at it.
    """
    finished = response.runs.filter(
        sha256=response.source_digest(response.text),
        state__in=ENDED,
        created_at__gte=response.submission.handed_in_at,
    ).last()
    if finished is not None:
        return finished
    # Not the learner's own: what they have seen must not be what they are marked by.
    run = _in_flight(response) or _create(response, fresh_seed())
    execute(str(run.pk))
    run.refresh_from_db()
    if run.in_flight or run.created_at < (response.submission.handed_in_at or run.created_at):
        raise BlockingIOError("the checks of this response are still running")
    return run


def fresh_seed() -> int:
    return secrets.randbelow(SEEDS)


def keep_run(response: Response, item: Item, outcomes: Iterable[CheckOutcome], seed: int) -> None:
    """Stores what the checks of `item` found as the newest run over what was handed in."""
    run = _create(response, seed)
    checks = {check.code: check for check in item.checks.all()}
    for outcome in outcomes:
        _keep(run, checks[outcome.code], outcome)
    Run.objects.filter(pk=run.pk).update(
        state=Run.State.DONE, finished_at=timezone.now(), leased_until=None
    )


def wake_due() -> int:
    """Wakes runs whose job or worker was lost."""
    return leases.wake(
        Run.objects.filter(state__in=UNFINISHED).order_by("created_at"), "diagnostics", execute
    )
