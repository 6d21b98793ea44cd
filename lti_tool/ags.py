"""Assignment and Grade Services 2.0: scores out, results back, gradebook columns.

Every function here speaks to the LMS at once and must not be called inside a transaction.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pylti1p3.grade import Grade
from pylti1p3.lineitem import LineItem

from lti_tool import frames, quirks, tokens, transport
from lti_tool.models import Registration
from lti_tool.transport import Answer, TransportError

SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
SCORE = SCOPE + "score"
RESULTS = SCOPE + "result.readonly"
LINE_ITEMS = SCOPE + "lineitem"
LINE_ITEMS_READ = SCOPE + "lineitem.readonly"

SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"

MOST_PAGES = 200
CAUSE_LENGTH = 200
_RETRY_STATUS = frozenset({401, 408, 425, 429})
# A next link; Moodle puts curly quotes around the relation and &amp; into the address.
_NEXT = re.compile(
    r"<([^<>]+)>[^<>]*?\brel\s*=\s*[^A-Za-z<>,;]{0,8}next(?![A-Za-z-])", re.IGNORECASE
)


class StaleScoreError(TransportError):
    """The LMS already holds a score with this timestamp or a later one."""


@dataclass(frozen=True)
class Result:
    """A grade as the gradebook shows it; None where it shows none.

    ``maximum`` is 1 when the LMS leaves it out (AGS 2.0 section 3.3.4).
    """

    user_id: str
    score: Decimal | None
    maximum: Decimal
    comment: str


def post_score(
    registration: Registration, line_item_url: str, offered: Iterable[str], grade: Grade
) -> None:
    """Send one score. Raises :class:`StaleScoreError` when its timestamp is not later than the
    stored one, else :class:`TransportError` with the cause in the person's words."""
    _call(
        registration,
        offered,
        SCORE,
        "POST",
        with_path(line_item_url, "scores"),
        {"Content-Type": SCORE_TYPE},
        grade.get_value().encode(),
    )


def result(
    registration: Registration, line_item_url: str, offered: Iterable[str], user_id: str
) -> Result | None:
    """What the gradebook shows for one learner; None when it shows nothing at all."""
    url = with_query(with_path(line_item_url, "results"), {"user_id": user_id})
    for found in _pages(registration, offered, RESULTS, url, RESULTS_TYPE):
        read = _result(found)
        # Some LMSs ignore the filter.
        if read is not None and read.user_id == user_id:
            return read
    return None


def results(
    registration: Registration, line_item_url: str, offered: Iterable[str]
) -> Iterator[Result]:
    """Every result of a column, over all pages."""
    url = with_path(line_item_url, "results")
    for found in _pages(registration, offered, RESULTS, url, RESULTS_TYPE):
        read = _result(found)
        if read is not None:
            yield read


def line_items(
    registration: Registration,
    line_items_url: str,
    offered: Iterable[str],
    *,
    resource_link_id: str = "",
) -> Iterator[LineItem]:
    """The columns of a course that are ours, over all pages."""
    query = {"resource_link_id": resource_link_id} if resource_link_id else {}
    scopes = set(offered)
    scope = LINE_ITEMS if LINE_ITEMS in scopes else LINE_ITEMS_READ
    url = with_query(line_items_url, query)
    for found in _pages(registration, scopes, scope, url, LINE_ITEMS_TYPE):
        yield _column(found)


def create_line_item(
    registration: Registration, line_items_url: str, offered: Iterable[str], column: LineItem
) -> LineItem:
    """A new column, as the LMS stored it."""
    return _store(registration, offered, "POST", line_items_url, column)


def update_line_item(
    registration: Registration, offered: Iterable[str], column: LineItem
) -> LineItem:
    """Change the column that ``column`` names by its id."""
    return _store(registration, offered, "PUT", column.get_id() or "", column)


def delete_line_item(registration: Registration, offered: Iterable[str], url: str) -> None:
    _call(registration, offered, LINE_ITEMS, "DELETE", url, {}, None)


def with_path(url: str, name: str) -> str:
    """``name`` added to the path of ``url``, before its query (AGS 2.0 sections 3.3 and 3.4)."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}"))


def with_query(url: str, added: dict[str, str]) -> str:
    parts = urlsplit(url)
    query = [*parse_qsl(parts.query, keep_blank_values=True), *added.items()]
    return urlunsplit(parts._replace(query=urlencode(query)))


def next_page(link: str) -> str | None:
    """The address of the next page in a Link header, None on the last page."""
    found = _NEXT.search(link)
    return html.unescape(found[1].strip()) if found else None


def _store(
    registration: Registration, offered: Iterable[str], method: str, url: str, column: LineItem
) -> LineItem:
    kinds = {"Content-Type": LINE_ITEM_TYPE, "Accept": LINE_ITEM_TYPE}
    body = column.get_value().encode()
    return _column(_call(registration, offered, LINE_ITEMS, method, url, kinds, body).json())


def _column(found: Any) -> LineItem:
    return LineItem(found if isinstance(found, dict) else {})  # type: ignore[arg-type]


def _pages(
    registration: Registration, offered: Iterable[str], scope: str, url: str, kind: str
) -> Iterator[dict[str, Any]]:
    scopes = list(offered)
    home = frames.origin(url)
    following: str | None = url
    for _page in range(MOST_PAGES):
        answer = _call(registration, scopes, scope, "GET", following or "", {"Accept": kind}, None)
        found = answer.json()
        yield from (entry for entry in found if isinstance(entry, dict))
        following = next_page(answer.headers.get("Link", ""))
        if following is None:
            return
        if frames.origin(following) != home:
            # Our token is for this LMS alone.
            raise TransportError("The LMS sent us to another site.", permanent=True)


def _call(
    registration: Registration,
    offered: Iterable[str],
    scope: str,
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes | None,
) -> Answer:
    """An answer of success; a token that the LMS no longer takes is renewed once."""
    scopes = _scopes(offered, scope)
    token = tokens.access_token(registration, scopes)
    answer = _send(method, url, headers, body, token)
    if answer.status == 401:
        token = tokens.access_token(registration, scopes, rejected=token)
        answer = _send(method, url, headers, body, token)
    if not answer.ok:
        raise failure(registration, answer)
    return answer


def _scopes(offered: Iterable[str], needed: str) -> list[str]:
    """One token serves scores and results alike, so that a grade costs no second token."""
    scopes = set(offered)
    if needed not in scopes:
        raise TransportError(
            "The LMS does not let this tool use this part of its grade service.", permanent=True
        )
    usual = scopes & {SCORE, RESULTS}
    return sorted(usual if needed in usual else {needed})


def _send(method: str, url: str, headers: dict[str, str], body: bytes | None, token: str) -> Answer:
    return transport.send(
        method,
        url,
        headers={**headers, "Authorization": f"Bearer {token}"},
        body=body,
        repeatable=method == "GET",
    )


def failure(registration: Registration, answer: Answer) -> TransportError:
    """What an unsuccessful answer of a grade service means."""
    said = _said(answer)
    lowered = said.lower()
    stale = answer.status == 409 or (answer.status == 400 and "timestamp" in lowered)
    # Canvas answers 403 when it is asked too often.
    busy = answer.status >= 500 or answer.status in _RETRY_STATUS or "rate limit" in lowered
    kind = StaleScoreError if stale else TransportError
    return kind(
        _cause(registration, answer, said),
        permanent=not (stale or busy),
        status=answer.status,
        retry_after=answer.retry_after,
    )


def _cause(registration: Registration, answer: Answer, said: str) -> str:
    known = {
        401: "The LMS does not accept our access any more.",
        403: "The LMS does not let us write a grade for this learner.",
        404: "The LMS no longer has this gradebook column or this learner.",
        409: "The LMS already holds a newer grade.",
        422: "The LMS does not grade this person in this course.",
        429: "The LMS asked us to slow down.",
    }
    if 300 <= answer.status < 400:
        return "The address of the LMS has changed; its link must be opened once more."
    if answer.status >= 500:
        return f"The LMS has a problem of its own (HTTP {answer.status})."
    general = known.get(answer.status, f"The LMS refused it (HTTP {answer.status}).")
    # Moodle says only "bad request" in the status: the reason phrase is the cause.
    if said and (answer.status not in known or quirks.of(registration).cause_in_reason):
        return f"The LMS says: {said}"
    return general


def _said(answer: Answer) -> str:
    """The LMS's own words: of the body if it has some, else the reason phrase."""
    try:
        found = json.loads(answer.body[:20_000] or b"null")
    except (ValueError, RecursionError):
        found = None
    said = _words(found) or answer.reason
    return " ".join("".join(sign if sign.isprintable() else " " for sign in said).split())[
        :CAUSE_LENGTH
    ]


def _words(found: object) -> str:
    if isinstance(found, dict):
        for name in ("message", "error_description", "detail", "reason", "errors", "error"):
            if words := _words(found.get(name)):
                return words
    if isinstance(found, list):
        return "; ".join(words for item in found[:5] if (words := _words(item)))
    return found if isinstance(found, str) else ""


def _result(found: dict[str, Any]) -> Result | None:
    user_id = found.get("userId")
    if not isinstance(user_id, str | int):
        return None
    comment = found.get("comment")
    return Result(
        user_id=str(user_id),
        score=_number(found.get("resultScore")),
        maximum=_number(found.get("resultMaximum")) or Decimal(1),
        comment=comment if isinstance(comment, str) else "",
    )


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**8 else None
