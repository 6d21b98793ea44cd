"""Asking an LMS what of its connection works: keys, clock, tokens, columns, list of people.

Everything here speaks to the LMS and runs in a job; what is found goes into the report at once.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Iterable, Iterator
from email.utils import parsedate_to_datetime
from itertools import islice

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lti_tool import (
    ags,
    asset_processor,
    groups,
    health,
    nrps,
    services,
    tokens,
    tool_metadata,
    transport,
)
from lti_tool.health import BAD, GOOD, UNKNOWN, Step
from lti_tool.models import AccessToken, Context, HealthReport, Registration, ResourceLink
from lti_tool.transport import Answer, TransportError

CLOCK_SECONDS = 60
KEY_BITS = 2048
KEYS_BYTES = 256 * 1024
MOST_COLUMNS = 200
LATEST_LINKS = 20

SERVICES = {
    ags.SCORE: gettext_lazy("send grades"),
    ags.RESULTS: gettext_lazy("read grades back"),
    ags.LINE_ITEMS: gettext_lazy("make columns"),
    ags.LINE_ITEMS_READ: gettext_lazy("list columns"),
    nrps.SCOPE: gettext_lazy("list the people of a course"),
    groups.SCOPE: gettext_lazy("list the groups of a course"),
    tool_metadata.NOTICES: gettext_lazy("be told of copied courses and of hand-ins"),
    asset_processor.READ: gettext_lazy("read what is handed in to assignments in the LMS"),
    asset_processor.REPORT: gettext_lazy("report on what is handed in to assignments in the LMS"),
}
# Tried whether or not a launch has offered them.
USUAL = frozenset({ags.SCORE, ags.RESULTS, ags.LINE_ITEMS, nrps.SCOPE})


def examine(registration_pk: int) -> None:
    """The job: ask the LMS, one step after the other."""
    registration = Registration.objects.get(pk=registration_pk)
    report = HealthReport.objects.get(registration=registration)
    examinations: tuple[Callable[[Registration], Iterable[Step]], ...] = (
        _keys_and_clock,
        _token,
        _columns,
        _roster,
    )
    try:
        for examined in examinations:
            health.put(report, examined(registration))
    finally:
        health.finish(report)


def _keys_and_clock(registration: Registration) -> Iterator[Step]:
    began = time.time()
    try:
        answer = transport.send(
            "GET",
            registration.jwks_url,
            headers={"Accept": "application/json"},
            repeatable=True,
            limit=KEYS_BYTES,
        )
    except TransportError as error:
        yield Step("keys", BAD, error.cause)
        yield Step("clock", UNKNOWN, _("The LMS did not answer, so its clock is not known."))
        return
    yield _keys(answer)
    yield _clock(answer, (began + time.time()) / 2)


def _keys(answer: Answer) -> Step:
    if not answer.ok:
        said = _("The public keyset URL answers with HTTP %(status)s.")
        return Step("keys", BAD, said % {"status": answer.status})
    try:
        found = answer.json()
    except TransportError:
        found = None
    listed = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(listed, list):
        return Step("keys", BAD, _("There is no key set at the public keyset URL."))
    usable = sum(_is_usable(key) for key in listed)
    if not usable:
        return Step(
            "keys", BAD, _("The key set holds no RSA key of 2048 bits or more to check RS256 with.")
        )
    said = ngettext("%(count)d key can be used.", "%(count)d keys can be used.", usable)
    return Step("keys", GOOD, said % {"count": usable})


def _is_usable(key: object) -> bool:
    """Whether a launch could be checked with this key (see ``lti_tool.validation``)."""
    if not isinstance(key, dict) or key.get("kty") != "RSA" or not key.get("kid"):
        return False
    if key.get("use", "sig") != "sig" or key.get("alg", "RS256") != "RS256":
        return False
    try:
        modulus = base64.urlsafe_b64decode(str(key.get("n", "")).encode("ascii") + b"==")
    except (binascii.Error, UnicodeEncodeError):
        return False
    return int.from_bytes(modulus, "big").bit_length() >= KEY_BITS


def _clock(answer: Answer, asked_at: float) -> Step:
    """The Date header is in whole seconds; one that a cache kept says nothing."""
    unknown = Step("clock", UNKNOWN, _("The LMS does not say what time it has."))
    if "Age" in answer.headers:
        return unknown
    try:
        theirs = parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
    except (TypeError, ValueError):
        return unknown
    seconds = round(abs(theirs - asked_at))
    if seconds <= CLOCK_SECONDS:
        return Step("clock", GOOD, _("The clocks agree within a minute."))
    ahead = _("The clock of the LMS is %(seconds)d seconds ahead of ours.")
    behind = _("The clock of the LMS is %(seconds)d seconds behind ours.")
    return Step("clock", BAD, (ahead if theirs > asked_at else behind) % {"seconds": seconds})


def _token(registration: Registration) -> Iterator[Step]:
    """One token per service, newly asked for, so that each is seen to be given today."""
    details: list[str] = []
    missing: list[str] = []
    wrong = False
    offered = _offered(registration)
    for scope in (scope for scope in SERVICES if scope in offered | USUAL):
        try:
            tokens.access_token(registration, [scope], rejected=_kept(registration, scope))
        except TransportError as error:
            details.append(f"{SERVICES[scope]}: {error.cause}")
            missing.append(str(SERVICES[scope]))
            # What the LMS never offered is its own decision, but for grades.
            wrong = wrong or scope in offered or scope == ags.SCORE
        else:
            details.append(_("%(service)s: yes") % {"service": SERVICES[scope]})
    if not missing:
        yield Step("token", GOOD, _("The LMS lets us use its services."), details=details)
        return
    said = _("The LMS does not let us: %(services)s.") % {"services": ", ".join(missing)}
    yield Step("token", BAD if wrong else GOOD, said, details=details)


def _offered(registration: Registration) -> set[str]:
    """The services that the LMS offered in its latest launches."""
    links = _links(registration).order_by("-seen_at")[:LATEST_LINKS]
    offered = {scope for link in links for scope in link.service_scopes}
    if _contexts(registration).exclude(roster_url="").exists():
        offered.add(nrps.SCOPE)
    if _contexts(registration).exclude(groups_url="").exists():
        offered.add(groups.SCOPE)
    return offered


def _kept(registration: Registration, scope: str) -> str:
    row = AccessToken.objects.filter(registration=registration, scopes=scope).first()
    return row.token if row else ""


def _columns(registration: Registration) -> Iterator[Step]:
    link = _links(registration).exclude(line_items_url="").order_by("-seen_at").first()
    if link is None:
        said = _("No course has offered its gradebook yet.")
        yield Step("columns", UNKNOWN, said)
        return
    try:
        listed = ags.line_items(registration, link.line_items_url, link.service_scopes)
        count = sum(1 for _column in islice(listed, MOST_COLUMNS))
    except TransportError as error:
        yield Step("columns", BAD, error.cause)
        return
    said = ngettext(
        "“%(course)s” shows us %(count)d column of its gradebook.",
        "“%(course)s” shows us %(count)d columns of its gradebook.",
        count,
    )
    yield Step("columns", GOOD, said % {"course": link.context, "count": count})


def _roster(registration: Registration) -> Iterator[Step]:
    course = (
        _contexts(registration)
        .exclude(roster_url="")
        .order_by(F("links__seen_at").desc(nulls_last=True))
        .first()
    )
    if course is None:
        yield Step("roster", UNKNOWN, _("No course has offered the list of its people yet."))
        return
    url = services.with_query(course.roster_url, {"limit": "1"})
    kind = {"Accept": nrps.MEDIA_TYPE}
    try:
        answer = services.call(
            registration, [nrps.SCOPE], nrps.SCOPE, "GET", url, kind, limit=nrps.PAGE_BYTES
        )
        found = answer.json()
    except TransportError as error:
        yield Step("roster", BAD, error.cause)
        return
    if not isinstance(found, dict) or not isinstance(found.get("members"), list):
        yield Step("roster", BAD, _("The LMS sent no list of people."))
        return
    said = _("We can read who is in “%(course)s”.") % {"course": course}
    yield Step("roster", GOOD, said)


def _links(registration: Registration) -> QuerySet[ResourceLink]:
    return ResourceLink.objects.select_related("context").filter(
        context__deployment__registration=registration
    )


def _contexts(registration: Registration) -> QuerySet[Context]:
    return Context.objects.filter(deployment__registration=registration)
