"""Calls of one LMS, made side by side.

A handful of threads do nothing but wait for the LMS; everything else, and all that touches the
database, stays in the thread that sent them. One token serves them all, an answer of 401 renews it
once, and a pause that the LMS asks for holds for all of them, and for other workers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from lti_tool import services, tokens
from lti_tool.models import Registration
from lti_tool.transport import Answer, TransportError

# So long a token that was just asked for is not asked for again in the database.
TOKEN_SECONDS = 60.0

Work = Callable[[str], Any]
Done = Callable[[Any], None]


@dataclass
class _Errand:
    scope: str
    offered: tuple[str, ...]
    work: Work
    done: Done
    token: str = ""
    renewed: bool = False


class Errands:
    """``causes`` say in words what the statuses of this service mean."""

    def __init__(self, registration: Registration, at_once: int, causes: Mapping[int, str]) -> None:
        self.registration = registration
        self._at_once = at_once
        self._causes = causes
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="lms")
        self._under_way: dict[Future[Any], _Errand] = {}
        self._tokens: dict[tuple[str, ...], tuple[str, float]] = {}
        self._token_errors: dict[tuple[str, ...], TransportError] = {}

    @property
    def under_way(self) -> bool:
        return bool(self._under_way)

    @property
    def room(self) -> int:
        """How many more may be started now."""
        return self._at_once - len(self._under_way)

    @property
    def paused(self) -> float:
        """Seconds for which the LMS wants to be left alone."""
        until = self.registration.paused_until
        return max((until - timezone.now()).total_seconds(), 0) if until else 0

    def start(self, offered: tuple[str, ...], scope: str, work: Work, done: Done) -> None:
        """``work`` gets a token, speaks to the LMS and returns an :class:`Answer` or a list of
        them; ``done`` gets that, or the :class:`TransportError` that it came to."""
        self._start(_Errand(scope, offered, work, done))

    def settle(self) -> None:
        """Wait a second at most for the next answers, and hand them on."""
        finished, _rest = wait(self._under_way, timeout=1, return_when=FIRST_COMPLETED)
        for future in finished:
            errand = self._under_way.pop(future)
            error = future.exception()
            if error is not None and not isinstance(error, TransportError):
                raise error
            self._answered(errand, error if error is not None else future.result())

    def pause(self, seconds: float | None) -> None:
        """What the LMS asks for holds for other workers too."""
        if not seconds:
            return
        until = timezone.now() + timedelta(seconds=seconds)
        known = self.registration.paused_until
        if known is None or known < until:
            self.registration.paused_until = until
            Registration.objects.filter(pk=self.registration.pk).update(paused_until=until)

    def close(self) -> None:
        self._threads.shutdown(wait=True)

    def _start(self, errand: _Errand) -> None:
        try:
            errand.token = self._token(errand)
        except TransportError as error:
            errand.done(error)
        else:
            self._under_way[self._threads.submit(errand.work, errand.token)] = errand

    def _token(self, errand: _Errand) -> str:
        scopes = tuple(services.granted(errand.offered, errand.scope))
        if scopes in self._token_errors:
            # However many errands wait for it, one request for a token must do.
            raise self._token_errors[scopes]
        token, fresh_until = self._tokens.get(scopes, ("", 0.0))
        if not token or token == errand.token or time.monotonic() > fresh_until:
            try:
                token = tokens.access_token(self.registration, scopes, rejected=errand.token)
            except TransportError as error:
                self._token_errors[scopes] = error
                raise
            self._tokens[scopes] = (token, time.monotonic() + TOKEN_SECONDS)
        return token

    def _answered(self, errand: _Errand, got: Any) -> None:
        answers = [got] if isinstance(got, Answer) else got if isinstance(got, list) else []
        for answer in answers:
            self.pause(answer.pause)
        bad = next((answer for answer in answers if not answer.ok), None)
        if bad is not None and bad.status == 401 and not errand.renewed:
            errand.renewed = True
            self._start(errand)
            return
        if bad is not None:
            got = services.failure(self.registration, bad, self._causes)
        errand.done(got)
