"""Assignment and Grade Services 2.0: scores, results and gradebook columns on the wire.

Every function here but those that only build or read texts speaks to the LMS at once and must not
be called inside a transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from pylti1p3.grade import Grade
from pylti1p3.lineitem import LineItem

from lti_tool import services
from lti_tool.models import OutgoingScore, Registration
from lti_tool.quirks import CANVAS_SUBMISSION, Quirks
from lti_tool.services import with_path, with_query
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

RESULTS_PER_PAGE = 500
# Moodle cannot be asked for pages, and answers with everything at once.
COLUMN_BYTES = 32 * 1024 * 1024
# No gradebook shows such points; what is larger could not be kept.
ABSURD = 10**7
CAUSES: Mapping[int, str] = {
    403: "The LMS does not let us write a grade for this learner.",
    404: "The LMS no longer has this gradebook column or this learner.",
    409: "The LMS already holds a newer grade.",
    422: "The LMS does not grade this person in this course.",
}


@dataclass(frozen=True)
class Result:
    """A grade as the gradebook shows it; None where it shows none.

    ``maximum`` is 1 when the LMS leaves it out (AGS 2.0 section 3.3.4).
    """

    user_id: str
    score: Decimal | None
    maximum: Decimal
    comment: str


def score_body(score: OutgoingScore, profile: Quirks) -> bytes:
    """A score as the LMS takes it (AGS 2.0 section 3.4), in the manner of its product."""
    grade = (
        Grade()
        .set_timestamp(_moment(score.timestamp or timezone.now()))
        .set_submitted_at(_moment(score.submitted_at))
        # Moodle 4.5 erases grade and comment for any other progress, and answers 200.
        .set_activity_progress("Completed")
        .set_grading_progress("FullyGraded")
        .set_user_id(score.person.sub)
        .set_score_given(float(score.score))
        .set_score_maximum(float(score.maximum))
        # Always, even when empty: some LMSs erase a comment that is left out.
        .set_comment(score.comment.replace("\n", profile.line_breaks))
    )
    if score.started_at is not None:
        grade.set_started_at(_moment(score.started_at))
    if profile.canvas_submission:
        again = score.sent_submitted_at == score.submitted_at
        grade.set_extra_claims({CANVAS_SUBMISSION: {"new_submission": not again}})
    return grade.get_value().encode()


def _moment(moment: datetime) -> str:
    """ISO 8601 with sub-seconds, as AGS 2.0 section 3.4.7 asks."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def scores_url(line_item_url: str) -> str:
    return with_path(line_item_url, "scores")


def result_url(line_item_url: str, user_id: str) -> str:
    """Where one learner's result is read (AGS 2.0 section 3.3.6)."""
    return with_query(with_path(line_item_url, "results"), {"user_id": user_id})


def results_url(line_item_url: str, profile: Quirks) -> str:
    """Where the first page of all results is read."""
    limit = {"limit": str(RESULTS_PER_PAGE)} if profile.results_limit else {}
    return with_query(with_path(line_item_url, "results"), limit)


def results_of(answer: Answer) -> list[Result]:
    """The results of one page; what is none is left out."""
    found = answer.json()
    if not isinstance(found, list):
        raise TransportError("The LMS sent no list of grades.", permanent=False)
    read = (_result(entry) for entry in found if isinstance(entry, dict))
    return [result for result in read if result is not None]


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
    for answer in services.pages(registration, scopes, scope, url, LINE_ITEMS_TYPE):
        found = answer.json()
        for entry in found if isinstance(found, list) else ():
            yield _column(entry)


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
    services.call(registration, offered, LINE_ITEMS, "DELETE", url, causes=CAUSES)


def _store(
    registration: Registration, offered: Iterable[str], method: str, url: str, column: LineItem
) -> LineItem:
    kinds = {"Content-Type": LINE_ITEM_TYPE, "Accept": LINE_ITEM_TYPE}
    body = column.get_value().encode()
    answer = services.call(registration, offered, LINE_ITEMS, method, url, kinds, body)
    return _column(answer.json())


def _column(found: Any) -> LineItem:
    return LineItem(found if isinstance(found, dict) else {})  # type: ignore[arg-type]


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
    return number if number.is_finite() and abs(number) < ABSURD else None
