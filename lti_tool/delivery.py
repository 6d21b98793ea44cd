"""Takes grades to one LMS at a time and reads back what its gradebook shows.

One worker has an LMS in hand (``lti_tool.delivery_lease``); ``lti_tool.errands`` speaks to it. A
grade's timestamp is fixed in the database before it goes out, so that a repetition after an unclear
answer is recognised by the LMS (409) and then looked up instead of sent again.
"""

from __future__ import annotations

import logging
import random
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.utils import timezone

from lti_tool import ags, backing_off, columns, outbox, quirks, read_back, services
from lti_tool.ags import Result
from lti_tool.delivery_lease import DeliveryLease
from lti_tool.errands import Errands
from lti_tool.models import LineItem, OutgoingScore, Registration
from lti_tool.models import whole_second as floor
from lti_tool.services import ConflictError
from lti_tool.transport import Answer, TransportError

State = OutgoingScore.State

# Then the worker lets others' jobs pass and comes back.
TURN_SECONDS = 5.0
AT_ONCE_FROM_DATABASE = 200
# So few grades of a column are read one by one, more as a whole.
FEW = 3
READ_REFUSED_AGAIN = timedelta(hours=6)
READ_COLUMN_EVERY = timedelta(seconds=15)
READING_SECONDS = 5 * 60.0
LOOK_EVERY_SECONDS = 2.0
SHORT_PAUSE_SECONDS = 3.0
FIRST_WAIT_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 2 * 24 * 3600.0
backoff = partial(backing_off.backoff, first=FIRST_WAIT_SECONDS, longest=LONGEST_WAIT_SECONDS)
logger = logging.getLogger(__name__)


def deliver(registration_pk: int) -> None:
    """Everything that is due for one LMS; nothing when another worker has it in hand.

    Safe to call at any time and from several workers.
    """
    cache.delete(outbox.waiting_key(registration_pk))
    while True:
        lease = DeliveryLease.take(registration_pk)
        if lease is None:
            return
        turn = _Turn(lease)
        try:
            turn.run()
        finally:
            turn.end()
        if turn.idle or turn.errands.paused or not _due_scores(lease.registration).exists():
            return
        if turn.over:
            outbox.wake(registration_pk)
            return


def _due_scores(registration: Registration) -> QuerySet[OutgoingScore]:
    return OutgoingScore.objects.filter(
        outbox.IN_USE, person__registration=registration, run_after__lte=timezone.now()
    )


class _Turn:
    """One worker's turn with one LMS."""

    def __init__(self, lease: DeliveryLease) -> None:
        self.lease = lease
        self.registration = registration = lease.registration
        self.profile = quirks.of(registration)
        self.errands = Errands(registration, self.profile.at_once, ags.CAUSES)
        self.in_hand: set[int] = set()
        self.columns_in_hand: set[int] = set()
        self.waiting: deque[OutgoingScore] = deque()
        self.read_at: dict[int, datetime] = {}
        self.ends = time.monotonic() + TURN_SECONDS
        self.look_at = time.monotonic() + LOOK_EVERY_SECONDS
        self.columns: dict[int, LineItem | TransportError] = {}
        self.idle = True

    @property
    def over(self) -> bool:
        return self.lease.lost or time.monotonic() > self.ends

    def run(self) -> None:
        """Until nothing is due, the turn is over, or the LMS asks for a long pause."""
        while self._goes_on():
            if self.errands.under_way:
                self.errands.settle()
            else:
                time.sleep(min(self.errands.paused, SHORT_PAUSE_SECONDS))

    def end(self) -> None:
        self.errands.close()
        self.lease.give_back()

    def _goes_on(self) -> bool:
        """Whether there is something to wait for; starts what may be started."""
        if not self.over and not self.errands.paused:
            self._start_some()
        if self.errands.under_way:
            return True
        return not self.over and 0 < self.errands.paused <= SHORT_PAUSE_SECONDS

    # What to do next

    def _start_some(self) -> None:
        if time.monotonic() > self.look_at:
            # However many grades still wait to go out, those that are out are looked at meanwhile.
            self.look_at = time.monotonic() + LOOK_EVERY_SECONDS
            self._start_reading()
        while self.errands.room and (score := self._next_score()) is not None:
            self._guarded(score, self._begin)
            if self.over or self.errands.paused:
                return
        if self.errands.room:
            self._start_reading()

    def _next_score(self) -> OutgoingScore | None:
        if not self.waiting:
            due = (
                _due_scores(self.registration)
                .filter(state=State.QUEUED)
                .exclude(pk__in=self.in_hand)
                .select_related("person", "line_item__resource_link__context__deployment")
                .order_by("run_after")[:AT_ONCE_FROM_DATABASE]
            )
            self.waiting.extend(due)
        return self.waiting.popleft() if self.waiting else None

    def _guarded(self, score: OutgoingScore, step: Callable[[OutgoingScore], None]) -> None:
        """A step that may fail before anything was asked of the LMS."""
        self.in_hand.add(score.pk)
        try:
            step(score)
        except TransportError as error:
            self._failed(score, error)

    def _begin(self, score: OutgoingScore) -> None:
        if not score.line_item.url:
            score.line_item = self._found(score.line_item)
        if score.result_score is not None and not score.overwrite and self._may_read(score):
            self._ask_result(score, lambda found: self._send_unless_changed(score, found))
        else:
            self._send(score)

    def _found(self, column: LineItem) -> LineItem:
        """A column that was only wanted; looked for once in a turn, however many grades wait."""
        known = self.columns.get(column.pk)
        if known is None:
            column.resource_link.context.deployment.registration = self.registration
            try:
                known = columns.found(column)
            except TransportError as error:
                known = error
            self.columns[column.pk] = known
        if isinstance(known, TransportError):
            raise known
        return known

    def _may_read(self, score: OutgoingScore) -> bool:
        return ags.RESULTS in score.line_item.scopes

    # Sending

    def _send_unless_changed(self, score: OutgoingScore, found: Result | None) -> None:
        """What somebody has changed in the LMS meanwhile is not overwritten behind their back."""
        if read_back.changed_since(score, found) and not read_back.agrees(score, found):
            self._settle(score, read_back.overridden(found))
        else:
            self._send(score)

    def _send(self, score: OutgoingScore) -> None:
        if not self._stamp(score):
            return
        url = ags.scores_url(score.line_item.url)
        body = ags.score_body(score, self.profile)
        kind = {"Content-Type": ags.SCORE_TYPE}

        def work(token: str) -> Answer:
            return services.send("POST", url, token, kind, body)

        self._call(score.line_item, ags.SCORE, work, lambda got: self._sent(score, got))

    def _stamp(self, score: OutgoingScore) -> bool:
        """Fix the timestamp of this change; False when it must wait for the next whole second.

        A timestamp is never in the future, because an LMS would refuse every score until then,
        and always later than the one before.
        """
        if score.timestamp_sequence == score.sequence:
            return True
        moment = floor(timezone.now())
        if score.timestamp is not None and moment <= score.timestamp:
            self._settle(score, {"run_after": score.timestamp + timedelta(seconds=1)})
            return False
        unchanged = OutgoingScore.objects.filter(pk=score.pk, sequence=score.sequence)
        offer = {"offered_score": score.score, "offered_maximum": score.maximum}
        if not unchanged.update(timestamp=moment, timestamp_sequence=score.sequence, **offer):
            self.in_hand.discard(score.pk)
            return False
        score.timestamp, score.timestamp_sequence = moment, score.sequence
        return True

    def _sent(self, score: OutgoingScore, got: Answer | TransportError) -> None:
        if isinstance(got, ConflictError):
            self._conflict(score, got)
        elif isinstance(got, TransportError):
            self._failed(score, got)
        else:
            now = timezone.now()
            taken = {
                "sent_at": now,
                "sent_sequence": score.sequence,
                "sent_submitted_at": score.submitted_at,
                "overwrite": False,
            }
            OutgoingScore.objects.filter(pk=score.pk).update(**taken)
            self._settle(
                score,
                {
                    "state": State.SENT,
                    "cause": "",
                    "attempts": 0,
                    "checks": 0,
                    "run_after": now if self._may_read(score) else None,
                },
            )

    def _conflict(self, score: OutgoingScore, conflict: ConflictError) -> None:
        """The LMS has this timestamp or a later one: ours arrived before, or something else did."""
        if self._may_read(score):
            self._ask_result(score, lambda found: self._after_conflict(score, conflict, found))
        else:
            self._after_conflict(score, conflict, None)

    def _after_conflict(
        self, score: OutgoingScore, conflict: ConflictError, found: Result | None
    ) -> None:
        if read_back.agrees(score, found):
            taken = {"sent_at": timezone.now(), "sent_sequence": score.sequence}
            self._settle(score, {**taken, "overwrite": False, **read_back.confirmed(found)})
            return
        # The next attempt takes a later timestamp.
        OutgoingScore.objects.filter(pk=score.pk).update(timestamp_sequence=0)
        self._failed(score, conflict)

    # Reading back

    def _start_reading(self) -> None:
        now = timezone.now()
        sent = _due_scores(self.registration).filter(state=State.SENT).exclude(pk__in=self.in_hand)
        due = Q(read_due_at__lte=now) | Q(pk__in=sent.values("line_item"))
        ours = Q(
            resource_link__context__deployment__registration=self.registration,
            resource_link__context__deployment__active=True,
        )
        reading = LineItem.objects.filter(due, ours).exclude(pk__in=self.columns_in_hand)
        for column in reading.select_related("resource_link")[: self.errands.room]:
            waiting = list(sent.filter(line_item=column).select_related("person")[: FEW + 1])
            asked = column.read_due_at is not None and column.read_due_at <= now
            if ags.RESULTS not in column.scopes:
                self._cannot_read(column)
            elif asked or (len(waiting) > FEW and self._may_read_column(column)):
                self._read_column(column)
            elif len(waiting) <= FEW:
                for score in waiting:
                    score.line_item = column
                    self._guarded(score, self._look)

    def _cannot_read(self, column: LineItem) -> None:
        read_back.noted(column, timezone.now())
        column.scores.filter(state=State.SENT).update(run_after=None)

    def _may_read_column(self, column: LineItem) -> bool:
        """While many grades are on their way, a column is read now and then, not after each."""
        last = self.read_at.get(column.pk) or column.read_at
        if last is None or last < timezone.now() - READ_COLUMN_EVERY:
            return True
        queued = _due_scores(self.registration).filter(line_item=column, state=State.QUEUED)
        return not queued.exists() and not self.in_hand

    def _look(self, score: OutgoingScore) -> None:
        self._ask_result(
            score,
            lambda found: self._settle(
                score, read_back.after_sending(score, found, self.profile.keeps_overrides)
            ),
        )

    def _ask_result(self, score: OutgoingScore, done: Callable[[Result | None], None]) -> None:
        """What the gradebook shows for one learner; a failure counts as one of the score."""
        user = score.person.sub
        url = ags.result_url(score.line_item.url, user)

        def work(token: str) -> Answer:
            return services.send("GET", url, token, {"Accept": ags.RESULTS_TYPE})

        def read(got: Answer | TransportError) -> None:
            try:
                if isinstance(got, TransportError):
                    raise got
                # Some LMSs ignore the filter.
                shown = {result.user_id: result for result in ags.results_of(got)}
            except TransportError as error:
                self._failed(score, error)
            else:
                done(shown.get(user))

        self._call(score.line_item, ags.RESULTS, work, read)

    def _read_column(self, column: LineItem) -> None:
        asked_at = timezone.now()
        self.read_at[column.pk] = asked_at
        self.columns_in_hand.add(column.pk)
        url = ags.results_url(column.url, self.profile)

        def work(token: str) -> list[Answer]:
            return _all_pages(url, token)

        def done(got: list[Answer] | TransportError) -> None:
            self.columns_in_hand.discard(column.pk)
            self._column_read(column, asked_at, got)

        self._call(column, ags.RESULTS, work, done)

    def _column_read(
        self, column: LineItem, asked_at: datetime, got: list[Answer] | TransportError
    ) -> None:
        try:
            if isinstance(got, TransportError):
                raise got
            shown = {result.user_id: result for answer in got for result in ags.results_of(answer)}
        except TransportError as error:
            self._column_unread(column, error)
            return
        for score, change in read_back.outcomes(
            column, shown, asked_at, self.profile.keeps_overrides
        ):
            self._settle(score, change)
        read_back.noted(column, asked_at)

    def _column_unread(self, column: LineItem, error: TransportError) -> None:
        """Its grades stay as they are known; those that wait for a look are looked at later."""
        logger.warning("column %s could not be read: HTTP %s", column.pk, error.status)
        self.errands.pause(error.retry_after)
        wait = backoff(column.read_failures + 3, random.random())  # noqa: S311 - guards nothing
        if error.permanent:
            wait = READ_REFUSED_AGAIN.total_seconds()
        later = timezone.now() + timedelta(seconds=wait)
        LineItem.objects.filter(pk=column.pk).update(
            read_due_at=later,
            read_failures=column.read_failures + 1,
            read_problem=error.cause,
        )
        column.scores.filter(state=State.SENT, run_after__isnull=False).update(
            run_after=None if error.permanent else later, cause=error.cause
        )

    def _call(
        self, column: LineItem, scope: str, work: Callable[[str], Any], done: Callable[[Any], None]
    ) -> None:
        self.idle = False
        self.errands.start(tuple(column.scopes), scope, work, done)

    # Outcomes

    def _failed(self, score: OutgoingScore, error: TransportError) -> None:
        logger.warning("score %s: HTTP %s, attempt %s", score.pk, error.status, score.attempts + 1)
        if error.permanent:
            # Sent it was; that we cannot look does not make it refused.
            known = {} if score.state == State.SENT else {"state": State.REFUSED}
            self._settle(score, {**known, "run_after": None, "cause": error.cause})
            return
        seconds = backoff(score.attempts, random.random())  # noqa: S311 - guards nothing
        if error.retry_after is not None:
            seconds = error.retry_after + random.random()  # noqa: S311
            self.errands.pause(error.retry_after)
        after = timezone.now() + timedelta(seconds=seconds)
        self._settle(
            score, {"attempts": score.attempts + 1, "run_after": after, "cause": error.cause}
        )

    def _settle(self, score: OutgoingScore, outcome: dict[str, Any]) -> None:
        """Write the outcome, unless the row has changed since it was sent: then it stays due."""
        self.in_hand.discard(score.pk)
        self.idle = False
        if not self.lease.lost:
            OutgoingScore.objects.filter(pk=score.pk, sequence=score.sequence).update(**outcome)


def _all_pages(url: str, token: str) -> list[Answer]:
    """Every page of a container of results; the last one is the unsuccessful one, if any."""
    found: list[Answer] = []
    ends = time.monotonic() + READING_SECONDS
    following: str | None = url
    while following is not None:
        if len(found) >= services.MOST_PAGES:
            raise TransportError("The LMS sent more pages than we read.", permanent=False)
        if time.monotonic() > ends:
            raise TransportError("The LMS took too long to list the grades.", permanent=False)
        kind = {"Accept": ags.RESULTS_TYPE}
        answer = services.send("GET", following, token, kind, limit=ags.COLUMN_BYTES)
        found.append(answer)
        following = services.linked(answer, "next", url) if answer.ok else None
    return found
