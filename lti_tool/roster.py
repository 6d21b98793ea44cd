"""When the LMS's list of a course's people is read, and what may be concluded from it.

A launch tells of one person; the list tells of everybody, of those too who never opened anything
and of those who are gone. Nothing is concluded from half a list: it is read to its end first and
then written. People whom a list does not name lose their rights only when it is a list of the
whole course, when every entry of it made sense, when it names anybody at all, and when they stood
on an earlier one: administrators and test users open courses in which no LMS lists them. Whoever
launched after the reading began is left as that launch says.

A reading is leased, and ``read_due`` finds every course that is due whether or not a job for it
survived.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import django_rq
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from rq import Retry

from lti_tool import backing_off, enrolment, groups, nrps
from lti_tool.messages import FROM_LTI_1P1
from lti_tool.models import Context, Registration, ResourceLink
from lti_tool.nrps import Listing
from lti_tool.transport import TransportError

READ_EVERY = timedelta(days=1)
# LMSs may forget to tell a change; the whole list mends it.
WHOLE_EVERY = timedelta(days=7)
ASLEEP_AFTER = timedelta(days=30)
ASKED_AGAIN_AFTER = timedelta(minutes=1)
# Longer than a reading with a second look can last (nrps.READING_SECONDS twice).
LEASE = timedelta(minutes=25)
# Shorter than every wait after a failure, by which a job tells that it comes too late.
WOKEN = timedelta(minutes=2)
FIRST_WAIT_SECONDS = 5 * 60.0
# Spreads the courses of one LMS, which are often opened for the first time in the same hour.
SPREAD_SECONDS = 3600.0
backoff = partial(backing_off.backoff, first=FIRST_WAIT_SECONDS, longest=READ_EVERY.total_seconds())
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reading:
    """A list with what it may be used for: ``whole`` lets absence from it count."""

    listing: Listing
    whole: bool
    began: datetime


# When


def read_due(limit: int = 50) -> int:
    """Enqueue readings that are due, at most ``limit``; returns how many.

    Courses of one LMS are read one after the other, so that one which answers slowly never keeps
    all workers from their work. Courses that nobody has opened for 30 days are left in peace
    until somebody does.
    """
    now = timezone.now()
    _let_sleep(now)
    due = Context.objects.filter(_unleased(now), roster_due_at__lte=now)
    woken = Q(roster_due_at__gt=now, roster_due_at__lte=now + WOKEN)
    in_hand = Context.objects.filter(woken | Q(roster_leased_until__gte=now))
    turn = (
        due.exclude(deployment__registration__in=in_hand.values("deployment__registration"))
        .order_by("deployment__registration", "roster_due_at")
        .distinct("deployment__registration")
    )
    count = 0
    for key in list(turn.values_list("pk", flat=True)[:limit]):
        # Due again soon, should the job get lost.
        if due.filter(pk=key).update(roster_due_at=now + WOKEN):
            wake(key)
            count += 1
    return count


def ask(context: Context) -> bool:
    """Have the list read now; False when it was asked for within the last minute or is being read.

    May be called inside a transaction.
    """
    now = timezone.now()
    rested = Q(roster_tried_at=None) | Q(roster_tried_at__lt=now - ASKED_AGAIN_AFTER)
    asked = Context.objects.filter(_unleased(now), rested, pk=context.pk).exclude(roster_url="")
    if not asked.update(roster_due_at=now + WOKEN, roster_tried_at=now):
        return False
    # Robust: when the queue is down, the scheduler comes back to it.
    transaction.on_commit(partial(wake, context.pk), robust=True)
    return True


def wake(pk: int) -> None:
    """A job for the course ``pk``."""
    django_rq.get_queue("default").enqueue(
        read_course, pk, job_timeout=int(LEASE.total_seconds()), retry=Retry(max=3)
    )


def read_course(pk: int) -> None:
    """Read the list of the course ``pk``, unless another job has done so or is at it."""
    context = _claim(Q(pk=pk, roster_due_at__lte=timezone.now() + WOKEN))
    if context is not None:
        _read(context)


def _let_sleep(now: datetime) -> None:
    opened = ResourceLink.objects.filter(context=OuterRef("pk"), seen_at__gte=now - ASLEEP_AFTER)
    off = Q(deployment__active=False) | Q(deployment__registration__active=False)
    Context.objects.filter(_unleased(now), roster_due_at__lte=now).filter(
        ~Exists(opened) | Q(roster_url="") | off
    ).update(roster_due_at=None)


def _unleased(now: datetime) -> Q:
    return Q(roster_leased_until=None) | Q(roster_leased_until__lt=now)


# Reading


def read(context: Context, link: ResourceLink | None = None) -> bool:
    """Read the list and write it down; False when that failed or somebody else is at it.

    With ``link`` only those who can open that link are asked for, and only added. Why a reading
    failed stands in ``roster_problem`` of the stored course. Must not be called inside a
    transaction.
    """
    if link is not None:
        return _add(context, link)
    claimed = _claim(Q(pk=context.pk))
    return claimed is not None and _read(claimed)


def _read(context: Context) -> bool:
    """The same for a course that is leased to us."""
    registration = _registration(context)
    if not (registration.active and context.deployment.active):
        _settle(context, roster_due_at=None)
        return False
    if registration.paused_until and registration.paused_until > timezone.now():
        _settle(context, roster_due_at=registration.paused_until)
        return False
    try:
        reading = _reading(context)
        departed = _gone(context, reading) if reading.whole else []
    except TransportError as error:
        _failed(context, error)
        return False
    return _write(context, reading, departed)


def _add(context: Context, link: ResourceLink) -> bool:
    registration = _registration(context)
    began = timezone.now()
    try:
        listing = nrps.members(registration, context.roster_url, rlid=link.lti_id)
    except TransportError as error:
        logger.warning("course %s, link %s: HTTP %s", context.pk, link.pk, error.status)
        return False
    people = enrolment.identify(registration, listing.active)
    with transaction.atomic():
        known = enrolment.standing(context)
        missing = {
            sub: member
            for sub, member in listing.active.items()
            if (found := known.get(people[sub])) is None or found.departed_at is not None
        }
        enrolment.enrol(context, missing, people, known, began)
    return True


def _claim(wanted: Q) -> Context | None:
    """The one ``wanted`` course with a lease on its reading, None when it cannot be had."""
    now = timezone.now()
    until = now + LEASE
    # No join here: the database would look at it once only, and two might come through.
    free = Context.objects.filter(_unleased(now), wanted).exclude(roster_url="")
    if not free.update(roster_leased_until=until, roster_tried_at=now):
        return None
    leased = Context.objects.select_related("deployment__registration")
    return leased.filter(wanted, roster_leased_until=until).first()


def _reading(context: Context) -> Reading:
    """What changed since the latest reading where the LMS tells that, else the whole list."""
    began = timezone.now()
    if _changes_do(context, began):
        try:
            since = context.roster_changes_url
            listing = nrps.members(_registration(context), context.roster_url, since=since)
        except TransportError as error:
            if not error.permanent:
                raise
            # The LMS no longer knows what was then: start anew.
            logger.info("course %s: changes not told, HTTP %s", context.pk, error.status)
        else:
            kept = listing.changes_url or context.roster_changes_url
            return Reading(replace(listing, changes_url=kept), whole=False, began=began)
    return Reading(_whole(context), whole=True, began=began)


def _changes_do(context: Context, now: datetime) -> bool:
    """Who is in which group is not told as a change, so courses with groups are read whole."""
    read_at = context.roster_full_at
    fresh = read_at is not None and read_at > now - WHOLE_EVERY
    return fresh and bool(context.roster_changes_url) and not context.groups_url


def _whole(context: Context) -> Listing:
    """The whole list. A course has somebody in it: an empty one is a fault of the LMS."""
    asks_groups = bool(context.groups_url)
    listing = nrps.members(_registration(context), context.roster_url, groups=asks_groups)
    if not listing.active:
        raise TransportError(
            "The LMS sent an empty list of people, so nobody was taken off.", permanent=False
        )
    return listing


def _gone(context: Context, reading: Reading) -> list[int]:
    """The memberships of people who stood on the list before and do so no longer.

    A list in pages can lose somebody at the edge of a page while others are taken off, so nobody
    is gone who stands on a second reading.
    """
    absent = _absent(context, reading.listing, reading.began)
    if absent and reading.listing.pages > 1:
        again = _whole(context)
        if again.skipped:
            return []
        absent = {sub: pk for sub, pk in absent.items() if sub not in again.members}
    return list(absent.values())


def _absent(context: Context, listing: Listing, began: datetime) -> dict[str, int]:
    """Memberships (by ``sub``) that the list does not name and for which that means something."""
    if listing.skipped:
        return {}
    never_listed = Q(listed_at=None, seen_at__gt=began - enrolment.launch_lasts())
    # The LMS has never told us by which id it would list these.
    unnamed = Q(person__anonymous=True) | Q(person__sub__startswith=FROM_LTI_1P1)
    standing = context.memberships.filter(departed_at=None).exclude(never_listed | unnamed)
    return {
        sub: pk
        for sub, pk in standing.values_list("person__sub", "pk")
        if sub not in listing.members
    }


# Writing


def _write(context: Context, reading: Reading, departed: list[int]) -> bool:
    """Write a list down; False when the lease had run out, for then somebody else's is newer."""
    listing = reading.listing
    people = enrolment.identify(_registration(context), listing.active)
    with transaction.atomic():
        if not _settle(context, **_outcome(context, reading)):
            return False
        known = enrolment.standing(context)
        enrolment.enrol(context, listing.active, people, known, reading.began)
        ended = [sub for sub in listing.members if sub not in listing.active]
        by_sub = context.memberships.filter(person__sub__in=ended, departed_at=None)
        departed = [*departed, *by_sub.values_list("pk", flat=True)]
        enrolment.depart(context, departed, reading.began)
    if context.groups_url and reading.whole:
        _read_groups(context, listing)
    return True


def _outcome(context: Context, reading: Reading) -> dict[str, Any]:
    now = timezone.now()
    spread = timedelta(seconds=random.random() * SPREAD_SECONDS)  # noqa: S311 - guards nothing
    return {
        "roster_read_at": reading.began,
        "roster_full_at": reading.began if reading.whole else context.roster_full_at,
        # A change that made no sense is made up for by the whole list.
        "roster_changes_url": "" if reading.listing.skipped else reading.listing.changes_url,
        "roster_due_at": now + READ_EVERY + spread,
        "roster_failures": 0,
        "roster_problem": _complaint(reading),
    }


def _complaint(reading: Reading) -> str:
    match reading.listing.skipped:
        case 0:
            return ""
        case 1:
            unread = "One entry of the LMS's list of people could not be read"
        case skipped:
            unread = f"{skipped} entries of the LMS's list of people could not be read"
    return f"{unread}, so nobody was taken off who is missing from it."


def _read_groups(context: Context, listing: Listing) -> None:
    try:
        groups.read(context, listing.members)
    except TransportError as error:
        logger.warning("course %s: groups not read, HTTP %s", context.pk, error.status)
        cause = f"The groups of the course could not be read. {error.cause}"
        Context.objects.filter(pk=context.pk).update(roster_problem=cause)


# Afterwards


def _failed(context: Context, error: TransportError) -> None:
    logger.warning("course %s: list not read, HTTP %s", context.pk, error.status)
    wait = backoff(context.roster_failures, random.random())  # noqa: S311 - guards nothing
    if error.permanent:
        wait = READ_EVERY.total_seconds()
    _settle(
        context,
        roster_due_at=timezone.now() + timedelta(seconds=max(wait, error.retry_after or 0.0)),
        roster_failures=F("roster_failures") + 1,
        roster_problem=error.cause,
    )


def _settle(context: Context, **outcome: Any) -> bool:
    """End the lease and write the outcome; False when it ran out and belongs to somebody else."""
    mine = Context.objects.filter(pk=context.pk, roster_leased_until=context.roster_leased_until)
    return mine.update(roster_leased_until=None, **outcome) == 1


def _registration(context: Context) -> Registration:
    return context.deployment.registration
