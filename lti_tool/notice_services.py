"""Asking an LMS to tell us things: one handler per kind of notice and deployment.

Source: LTI Platform Notification Service 1.0 (registering notice handlers), with the shapes of
Canvas' ``doc/api/pns.md`` and notice handlers API.

Launches say where an LMS takes our wish and which kinds it has. The wish itself is sent in a job:
at once after the first launch that says so, because a processor of assets may only be attached
once its notices are wanted.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Mapping
from datetime import timedelta
from functools import partial

import django_rq
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from rq import Retry

from lti_tool import backing_off, services, tool_metadata
from lti_tool.messages import NoticesService
from lti_tool.models import Deployment, NoticeService
from lti_tool.transport import TransportError

SCOPE = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
CONTEXT_COPY = "LtiContextCopyNotice"
HELLO_WORLD = "LtiHelloWorldNotice"
ASSET_SUBMISSION = "LtiAssetProcessorSubmissionNotice"
# The last part of the address at which we take each kind.
ADDRESSES: Mapping[str, str] = {
    "context-copy": CONTEXT_COPY,
    "hello-world": HELLO_WORLD,
    "asset-submission": ASSET_SUBMISSION,
}
# Notices that an LMS may send together.
MOST_TOGETHER = 100
# Three calls, each at most once repeated with a new token.
LEASE = timedelta(minutes=5)
# Within this long after it was called a job may still come.
WOKEN = timedelta(minutes=1)
FIRST_WAIT_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 24 * 3600.0
_CAUSES = {400: "The LMS does not take our address for its notices."}
backoff = partial(backing_off.backoff, first=FIRST_WAIT_SECONDS, longest=LONGEST_WAIT_SECONDS)
logger = logging.getLogger(__name__)


def note(deployment: Deployment, offered: NoticesService) -> None:
    """What a launch says about the notices of an LMS; nothing is written when it is known."""
    said = {
        "url": offered.url,
        "scopes": list(offered.scopes),
        "offered": list(offered.offered),
    }
    service, created = NoticeService.objects.get_or_create(deployment=deployment, defaults=said)
    if not created and all(getattr(service, name) == value for name, value in said.items()):
        return
    # Another address is another service, which knows nothing of our wishes.
    kept = service.subscribed if service.url == offered.url else []
    for name, value in said.items():
        setattr(service, name, value)
    service.subscribed = [kind for kind in kept if kind in service.offered]
    service.attempts, service.problem = 0, ""
    service.due_at = timezone.now() + WOKEN if wanted(service) else None
    service.save(update_fields=[*said, "subscribed", "attempts", "problem", "due_at"])
    if service.due_at is not None:
        # Robust: when the queue is down, the scheduler comes back to it.
        transaction.on_commit(partial(wake, service.pk), robust=True)


def wanted(service: NoticeService) -> list[str]:
    """The kinds that this LMS offers, that we handle, and for which we have yet to ask."""
    if SCOPE not in service.scopes:
        return []
    new = set(service.offered) - set(service.subscribed)
    return [kind for kind in ADDRESSES.values() if kind in new]


def subscribe_due(limit: int = 50) -> int:
    """Enqueue the asking wherever it is due, at most ``limit`` times; returns how often."""
    now = timezone.now()
    due = NoticeService.objects.filter(_unleased(), due_at__lte=now)
    # Where something is switched off the wish waits until it is switched on again.
    on = due.filter(deployment__active=True, deployment__registration__active=True)
    count = 0
    for key in list(on.values_list("pk", flat=True)[:limit]):
        # Due again soon, should the job get lost.
        if due.filter(pk=key).update(due_at=now + WOKEN):
            wake(key)
            count += 1
    return count


def wake(pk: int) -> None:
    """A job for the service ``pk``."""
    django_rq.get_queue("default").enqueue(
        subscribe, pk, job_timeout=int(LEASE.total_seconds()), retry=Retry(max=3)
    )


def subscribe(pk: int) -> None:
    """Ask for every kind that is wanted, unless another job has done so or is at it.

    What the LMS refuses is asked for again, less and less often; the others count.
    """
    service = _claim(pk)
    if service is None:
        return
    taken: list[str] = []
    refused: list[TransportError] = []
    for kind in wanted(service):
        try:
            _ask(service, kind)
        except TransportError as error:
            logger.warning(
                "%s of deployment %s: HTTP %s", kind, service.deployment_id, error.status
            )
            refused.append(error)
        else:
            taken.append(kind)
    _settle(service, taken, refused)


def hurry(deployment: Deployment) -> None:
    """Ask at once where the job of the launch has not come yet; speaks to the LMS.

    An LMS may attach a processor only once its notices are wanted. Must not be called inside a
    transaction.
    """
    service = NoticeService.objects.filter(deployment=deployment).first()
    if service is not None and wanted(service):
        subscribe(service.pk)


def handler_url(kind: str) -> str:
    """Where an LMS shall send notices of ``kind``."""
    address = next(part for part, named in ADDRESSES.items() if named == kind)
    return tool_metadata.absolute("lti_tool:notices", address)


def _ask(service: NoticeService, kind: str) -> None:
    body = {
        "notice_type": kind,
        "handler": handler_url(kind),
        "max_batch_size": MOST_TOGETHER,
    }
    services.call(
        service.deployment.registration,
        service.scopes,
        SCOPE,
        "PUT",
        service.url,
        {"Content-Type": "application/json", "Accept": "application/json"},
        json.dumps(body).encode(),
        causes=_CAUSES,
    )


def _unleased() -> Q:
    return Q(leased_until=None) | Q(leased_until__lt=timezone.now())


def _claim(pk: int) -> NoticeService | None:
    """The service with a lease, None when there is nothing to do or somebody else does it."""
    now = timezone.now()
    until = now + LEASE
    due = NoticeService.objects.filter(_unleased(), pk=pk, due_at__lte=now + WOKEN)
    if not due.update(leased_until=until):
        return None
    leased = NoticeService.objects.select_related("deployment__registration").filter(
        pk=pk, leased_until=until
    )
    service = leased.first()
    if service and service.deployment.active and service.deployment.registration.active:
        return service
    leased.update(leased_until=None)
    return None


def _settle(service: NoticeService, taken: list[str], refused: list[TransportError]) -> None:
    """Write what became of it, unless a launch has named another address meanwhile."""
    with transaction.atomic():
        current = NoticeService.objects.select_for_update().get(pk=service.pk)
        if current.leased_until != service.leased_until:
            return
        current.leased_until = None
        if current.url == service.url:
            current.subscribed = sorted({*current.subscribed, *taken} & set(current.offered))
            current.attempts = current.attempts + 1 if refused else 0
            current.problem = refused[-1].cause if refused else ""
        current.due_at = timezone.now() + _wait(current, refused) if wanted(current) else None
        current.save()


def _wait(service: NoticeService, refused: list[TransportError]) -> timedelta:
    if not refused:
        return timedelta()
    wait = backoff(service.attempts - 1, random.random())  # noqa: S311 - guards nothing
    if all(error.permanent for error in refused):
        wait = LONGEST_WAIT_SECONDS
    return timedelta(seconds=max(wait, *(error.retry_after or 0.0 for error in refused)))
