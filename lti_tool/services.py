"""Calls of an LMS's services: the right token, one renewal, pages, and what a refusal means.

Every function here speaks to the LMS at once and must not be called inside a transaction.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from lti_tool import frames, quirks, tokens, transport
from lti_tool.models import Registration
from lti_tool.transport import Answer, TransportError

MOST_PAGES = 500
CAUSE_LENGTH = 200
_RETRY_STATUS = frozenset({401, 408, 425, 429})
# A link of that relation; Moodle puts curly quotes around it and &amp; into the address.
_LINK = r"<([^<>]+)>[^<>]*?\brel\s*=\s*[^A-Za-z<>,;]{{0,8}}(?:[a-z-]+ )*{relation}(?![A-Za-z-])"

_GENERAL: Mapping[int, str] = {
    401: "The LMS does not accept our access any more.",
    403: "The LMS does not let this tool do that.",
    404: "The LMS no longer has this.",
    409: "The LMS already holds something newer.",
    429: "The LMS asked us to slow down.",
}


class ConflictError(TransportError):
    """The LMS already holds something with this moment or a later one."""


def call(
    registration: Registration,
    offered: Iterable[str],
    needed: str,
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    *,
    causes: Mapping[int, str] = _GENERAL,
    limit: int = transport.ANSWER_BYTES,
) -> Answer:
    """An answer of success; a token that the LMS no longer takes is renewed once.

    ``offered`` are the scopes that the LMS named, ``needed`` the one that this call is for.
    Raises :class:`TransportError` with the cause in the person's words.
    """
    token = tokens.access_token(registration, scopes := granted(offered, needed))
    answer = send(method, url, token, headers, body, limit=limit)
    if answer.status == 401:
        token = tokens.access_token(registration, scopes, rejected=token)
        answer = send(method, url, token, headers, body, limit=limit)
    if not answer.ok:
        raise failure(registration, answer, causes)
    return answer


def granted(offered: Iterable[str], needed: str) -> list[str]:
    """The scopes to ask a token for: one token serves all that a day's work needs.

    Raises :class:`TransportError` when the LMS does not offer the one that is needed.
    """
    scopes = set(offered)
    if needed not in scopes:
        raise TransportError(
            "The LMS does not let this tool use this part of its services.", permanent=True
        )
    together = scopes & tokens.TOGETHER
    return sorted(together if needed in together else {needed})


def send(
    method: str,
    url: str,
    token: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    *,
    limit: int = transport.ANSWER_BYTES,
) -> Answer:
    """One request with ``token``; touches no database, so it may run in any thread."""
    return transport.send(
        method,
        url,
        headers={**(headers or {}), "Authorization": f"Bearer {token}"},
        body=body,
        repeatable=method == "GET",
        limit=limit,
    )


def pages(
    registration: Registration,
    offered: Iterable[str],
    needed: str,
    url: str,
    accept: str,
    *,
    causes: Mapping[int, str] = _GENERAL,
    limit: int = transport.ANSWER_BYTES,
) -> Iterator[Answer]:
    """Every page of a container, one after the other."""
    scopes = list(offered)
    following: str | None = url
    for _page in range(MOST_PAGES):
        answer = call(
            registration,
            scopes,
            needed,
            "GET",
            following or "",
            {"Accept": accept},
            causes=causes,
            limit=limit,
        )
        yield answer
        following = linked(answer, "next", url)
        if following is None:
            return
    raise TransportError("The LMS sent more pages than we read.", permanent=False)


def linked(answer: Answer, relation: str, url: str) -> str | None:
    """The address that a Link header gives for ``relation``, None when it gives none.

    ``url`` is the address that was called. Raises a permanent :class:`TransportError` when the
    link leads to another site: our token is for this LMS alone.
    """
    pattern = _LINK.format(relation=re.escape(relation))
    found = re.search(pattern, answer.headers.get("Link", ""), re.IGNORECASE)
    if found is None:
        return None
    target = urljoin(url, html.unescape(found[1].strip()))
    if frames.origin(target) != frames.origin(url):
        raise TransportError("The LMS sent us to another site.", permanent=True)
    return target


def with_path(url: str, name: str) -> str:
    """``name`` added to the path of ``url``, before its query (AGS 2.0 sections 3.3 and 3.4)."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}"))


def with_query(url: str, added: Mapping[str, str]) -> str:
    """``added`` in the query of ``url``, in place of what stood there under the same names."""
    parts = urlsplit(url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in added]
    return urlunsplit(parts._replace(query=urlencode([*kept, *added.items()])))


def failure(
    registration: Registration, answer: Answer, causes: Mapping[int, str] = _GENERAL
) -> TransportError:
    """What an unsuccessful answer of a service means; ``causes`` says it for known statuses."""
    said = _said(answer)
    lowered = said.lower()
    stale = answer.status == 409 or (answer.status == 400 and "timestamp" in lowered)
    # Canvas answers 403 when it is asked too often.
    busy = answer.status >= 500 or answer.status in _RETRY_STATUS or "rate limit" in lowered
    kind = ConflictError if stale else TransportError
    return kind(
        _cause(registration, answer, said, {**_GENERAL, **causes}),
        permanent=not (stale or busy),
        status=answer.status,
        retry_after=answer.retry_after,
    )


def _cause(registration: Registration, answer: Answer, said: str, known: Mapping[int, str]) -> str:
    if 300 <= answer.status < 400:
        return "The address of the LMS has changed; its link must be opened once more."
    if answer.status >= 500:
        return f"The LMS has a problem of its own (HTTP {answer.status})."
    general = known.get(answer.status, f"The LMS refused it (HTTP {answer.status}).")
    # Moodle says only "bad request" in the status: the reason phrase is the cause.
    profile = quirks.of(registration)
    for theirs, meaning in profile.meanings:
        if theirs in said.lower():
            return meaning
    # Of other statuses than 400 the reason phrase says no more than the number.
    tells = profile.cause_in_reason and answer.status == 400
    if said and (answer.status not in known or tells):
        return f"The LMS says: {said}"
    return general


def _said(answer: Answer) -> str:
    """The LMS's own words: of the body if it has some, else the reason phrase."""
    try:
        found = json.loads(answer.body[:20_000] or b"null")
    except (ValueError, RecursionError):
        found = None
    # Moodle's reason goes on with what it was sent, in which the word "timestamp" stands.
    said = _words(found) or answer.reason.partition("{")[0]
    return " ".join("".join(sign if sign.isprintable() else " " for sign in said).split())[
        :CAUSE_LENGTH
    ]


def _words(found: Any) -> str:
    if isinstance(found, dict):
        for name in ("message", "error_description", "detail", "reason", "errors", "error"):
            if words := _words(found.get(name)):
                return words
    if isinstance(found, list):
        return "; ".join(words for item in found[:5] if (words := _words(item)))
    return found if isinstance(found, str) else ""
