"""What an LMS tells us outside any launch: proven, kept before it is acknowledged, handled once.

Source: LTI Platform Notification Service 1.0; shapes as in Canvas' ``doc/api/pns.md``. A notice
is proven as strictly as a launch, with two differences: nothing has fixed its nonce before, so
the nonce is used up when it comes, and nobody launches, so it is of a deployment that we know and
that is switched on.

LMSs do not send again. So a notice is in the database before the LMS gets its answer, each on its
own, and what cannot be handled now is handled by ``handle_due``. Kinds that belong to rooms above
wait here until those rooms take them (:func:`due`, :func:`claim`, :func:`done`, :func:`put_off`).
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from lti_tool import (
    asset_processor,
    backing_off,
    messages,
    platform_keys,
    registrations,
    state,
    validation,
)
from lti_tool.messages import CLAIM, Claims
from lti_tool.models import Context, Deployment, Notice, NoticeService, Registration
from lti_tool.notice_services import (
    ASSET_SUBMISSION,
    CONTEXT_COPY,
    HELLO_WORLD,
    MOST_TOGETHER,
)
from lti_tool.refusals import LaunchRefused
from lti_tool.validation import Expected

# Of a whole request; a single notice is bounded as an id_token is.
MOST_BYTES = 2 * 1024 * 1024
MOST_ORIGINS = 50
LONGEST_LINE = 50
# Whoever handles a notice for longer is taken for dead.
LEASE = timedelta(minutes=2)
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=6)
MOST_ATTEMPTS = 12
KEPT = timedelta(days=90)
AT_ONCE = 200
logger = logging.getLogger(__name__)


class NoticeRefused(Exception):  # noqa: N818 - said as in "launch refused"
    """A notice that is not taken. ``code`` and ``cause`` are for whoever looks after the LMS."""

    def __init__(self, code: str, cause: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.cause = cause
        self.status = status


@dataclass(frozen=True)
class Taken:
    """What became of one notice of a request: ``new`` is its key when it was kept just now, and
    ``refused`` says why it was not; neither for a repetition."""

    new: int | None = None
    refused: NoticeRefused | None = None


# Taking them


def receive(kind: str, body: bytes) -> list[Taken]:
    """What became of each notice in the body of a request, in their order.

    ``kind`` is the one for which the address is. A notice that is refused takes no other with it.
    Raises :class:`NoticeRefused` for a body that is none.
    """
    return [_take(kind, token) for token in _tokens(body)]


def _tokens(body: bytes) -> list[str]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NoticeRefused("request-malformed", "The body is not JSON.") from error
    listed = found.get("notices") if isinstance(found, dict) else None
    if not isinstance(listed, list) or not listed:
        raise NoticeRefused("request-malformed", "The body holds no list of notices.")
    if len(listed) > MOST_TOGETHER:
        cause = f"At most {MOST_TOGETHER} notices are taken together, as our handler says."
        raise NoticeRefused("request-malformed", cause)
    tokens = [entry.get("jwt") if isinstance(entry, dict) else None for entry in listed]
    return [token if isinstance(token, str) else "" for token in tokens]


def _take(kind: str, token: str) -> Taken:
    try:
        deployment, claims = _proven(token)
        return Taken(new=_keep(deployment, kind, claims))
    except LaunchRefused as refused:
        status = 400 if refused.status == 400 else 401
        if refused.code == "keys-unreachable":
            # Not the notice's fault: an LMS that does send again may do so.
            status = 503
        return _refuse(kind, NoticeRefused(refused.code, refused.for_admin, status))
    except NoticeRefused as refused:
        return _refuse(kind, refused)


def _refuse(kind: str, refused: NoticeRefused) -> Taken:
    logger.warning("notice refused kind=%s code=%s", kind, refused.code)
    return Taken(refused=refused)


def _proven(token: str) -> tuple[Deployment, Claims]:
    """The deployment that a notice is for and what it says. Raises :class:`LaunchRefused`."""
    registration = _registration(validation.unproven(token))
    claims = _signed_claims(registration, token)
    if claims.get(CLAIM + "version") != "1.3.0":
        raise LaunchRefused("version")
    return _deployment(registration, claims), claims


def _registration(claims: Claims) -> Registration:
    """Whose notice it claims to be: schools share issuers, so our client id decides."""
    issuer = messages.identifier(claims, "iss", "issuer")
    audience = claims.get("aud")
    only = audience[0] if isinstance(audience, list) and len(audience) == 1 else audience
    client_id = messages.identifier({"client": claims.get("azp", only)}, "client", "audience")
    found = registrations.of_login(issuer, client_id)
    if not found:
        raise LaunchRefused("registration-unknown")
    if not found[0].active:
        raise LaunchRefused("registration-inactive")
    return found[0]


def _signed_claims(registration: Registration, token: str) -> Claims:
    # No login has fixed anything else.
    expected = Expected(registration.issuer, registration.client_id, "", "")
    return platform_keys.vouched(
        registration, lambda keys: validation.proven(token, expected, keys, time.time())
    )


def _deployment(registration: Registration, claims: Claims) -> Deployment:
    named = messages.identifier(claims, CLAIM + "deployment_id", "deployment-missing")
    found = Deployment.objects.filter(registration=registration, deployment_id=named).first()
    if found is None:
        raise LaunchRefused("deployment-unknown")
    if not found.active:
        raise LaunchRefused("deployment-inactive")
    found.registration = registration
    return found


def _keep(deployment: Deployment, kind: str, claims: Claims) -> int | None:
    """The key of the new row; None for a notice that we have already."""
    notice_id = _notice_id(claims, kind)
    nonce = messages.identifier(claims, "nonce", "nonce-missing")
    facts = _FACTS[kind](claims)
    with transaction.atomic():
        notice, new = Notice.objects.get_or_create(
            deployment=deployment,
            notice_id=notice_id,
            defaults={"kind": kind, "claims": facts, "due_at": timezone.now()},
        )
        if not new and notice.kind != kind:
            raise NoticeRefused("notice-id", "Another kind of notice had this id before.", 401)
        if new:
            _use_up(deployment.registration, nonce)
    return notice.pk if new else None


def _notice_id(claims: Claims, kind: str) -> str:
    found = claims.get(CLAIM + "notice")
    if not isinstance(found, dict):
        raise NoticeRefused("notice", "The claim notice (id, timestamp and type) is missing.")
    if found.get("type") != kind:
        raise NoticeRefused("notice-kind", f"This address takes notices of type {kind} only.")
    try:
        return messages.identifier(found, "id", "claim-malformed")
    except LaunchRefused as refused:
        cause = "The claim notice has no id (a text of 1 to 255 characters)."
        raise NoticeRefused("notice", cause) from refused


def _use_up(registration: Registration, nonce: str) -> None:
    """Kept with the states of launches, which are remembered for longer than a token holds."""
    try:
        state.use_up(f"notice {registration.pk} {nonce}")
    except LaunchRefused as refused:
        raise NoticeRefused("nonce-used", "The nonce was used before.", 401) from refused


# What is kept of each kind


def _copied_facts(claims: Claims) -> dict[str, Any]:
    """Source: LtiContextCopyNotice, a course as in a launch and the ids that it came from."""
    course = messages.course(claims)
    if course is None:
        raise LaunchRefused("context")
    origins = messages.texts(claims.get(CLAIM + "origin_contexts"), "claim-malformed")
    return {
        "course": {"id": course.id, "title": course.title, "label": course.label},
        "origins": list(origins[:MOST_ORIGINS]),
    }


def _nothing(_claims: Claims) -> dict[str, Any]:
    return {}


_FACTS: Mapping[str, Callable[[Claims], dict[str, Any]]] = {
    CONTEXT_COPY: _copied_facts,
    HELLO_WORLD: _nothing,
    ASSET_SUBMISSION: asset_processor.facts,
}


# Handling


def handle(pk: int) -> None:
    """Handle one notice of a kind that is this room's; what fails is tried again later."""
    notice = claim(pk, list(_HANDLERS))
    if notice is None:
        return
    try:
        with transaction.atomic():
            _HANDLERS[notice.kind](notice)
            done(notice)
    except Exception:
        logger.exception("notice %s could not be handled", pk)
        put_off(notice, "It could not be handled.")


def handle_due() -> int:
    """Handle what is due and forget what was handled long ago; returns how many were due."""
    keys = list(due(*_HANDLERS).values_list("pk", flat=True)[:AT_ONCE])
    for key in keys:
        handle(key)
    _forget()
    return len(keys)


def due(*kinds: str) -> QuerySet[Notice]:
    """Notices of these kinds that wait to be handled, the oldest first."""
    return Notice.objects.filter(kind__in=kinds, due_at__lte=timezone.now()).order_by(
        "received_at", "pk"
    )


def claim(pk: int, kinds: list[str], lease: timedelta = LEASE) -> Notice | None:
    """The notice ``pk`` for the caller alone, until ``lease`` is over; None when it is not due."""
    until = timezone.now() + lease
    if not due(*kinds).filter(pk=pk).order_by().update(due_at=until):
        return None
    rows = Notice.objects.select_related("deployment__registration")
    return rows.filter(pk=pk, due_at=until).first()


def done(notice: Notice) -> bool:
    """Nothing is left to do, and nothing of what it said is kept; False when somebody else has
    the notice in hand by now. In the caller's transaction."""
    mine = Notice.objects.filter(pk=notice.pk, due_at=notice.due_at)
    return mine.update(due_at=None, claims={}, problem="") == 1


def put_off(notice: Notice, problem: str, wait: timedelta | None = None) -> bool:
    """Try again after ``wait``, or after a pause that grows with every failure; False when there
    were too many, and the notice is given up."""
    mine = Notice.objects.filter(pk=notice.pk, due_at=notice.due_at)
    now = timezone.now()
    if wait is not None:
        mine.update(due_at=now + wait, problem=problem)
        return True
    given_up = notice.attempts + 1 >= MOST_ATTEMPTS
    later = None if given_up else now + backoff(notice.attempts)
    mine.update(due_at=later, attempts=F("attempts") + 1, problem=problem)
    return not given_up


def backoff(attempts: int) -> timedelta:
    """How long to wait after ``attempts`` earlier failures: tripling from ten seconds."""
    first, longest = FIRST_WAIT.total_seconds(), LONGEST_WAIT.total_seconds()
    return timedelta(seconds=backing_off.backoff(attempts, 0.0, first=first, longest=longest))


def _copied(notice: Notice) -> None:
    """Where a new course came from. The row is made even before anybody opens it: of a copy that
    is copied in turn, only this tells."""
    course = notice.claims["course"]
    context, _created = Context.objects.get_or_create(
        deployment=notice.deployment,
        lti_id=course["id"],
        of_link=False,
        defaults={"title": course["title"], "label": course["label"]},
    )
    if context.copied_from_id is not None:
        # Canvas says so of every import into a course, too; what it began as stays.
        return
    source = _source(context, notice.claims["origins"])
    if source is not None and not _descends(source, context):
        Context.objects.filter(pk=context.pk).update(copied_from=source)


def _source(context: Context, origins: list[str]) -> Context | None:
    """The first of the origins that we know, in the deployment of the copy rather than another."""
    rows = Context.objects.filter(
        deployment__registration=context.deployment.registration, lti_id__in=origins, of_link=False
    ).exclude(pk=context.pk)
    here = context.deployment_id
    known = {row.lti_id: row for row in sorted(rows, key=lambda row: row.deployment_id == here)}
    return next((known[lti_id] for lti_id in origins if lti_id in known), None)


def _descends(course: Context, origin: Context) -> bool:
    """Whether ``course`` came from ``origin``: two that import each other make no circle."""
    at: Context | None = course
    for _step in range(LONGEST_LINE):
        if at is None:
            return False
        if at.pk == origin.pk:
            return True
        at = at.copied_from
    return True


def _greeted(notice: Notice) -> None:
    at: datetime = notice.received_at
    NoticeService.objects.filter(deployment=notice.deployment).update(greeted_at=at)


_HANDLERS: Mapping[str, Callable[[Notice], None]] = {CONTEXT_COPY: _copied, HELLO_WORLD: _greeted}


def _forget() -> None:
    old = Notice.objects.filter(due_at=None, received_at__lt=timezone.now() - KEPT)
    keys = list(old.values_list("pk", flat=True)[:AT_ONCE])
    if keys:
        Notice.objects.filter(pk__in=keys).delete()
