"""Assignment and Grade Services 2.0: line items, scores, results."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from practice_lms import addresses, gradebook, paging, submission_review, vocabulary
from practice_lms.bearer import check_accept, check_content_type, json_body, service
from practice_lms.house import house
from practice_lms.moments import moment
from practice_lms.problems import Refused
from practice_lms.rows import Course, Grade, LineItem, Person, ResourceLink, Tool, grade_key

READ = (vocabulary.SCOPE_LINE_ITEM_READ, vocabulary.SCOPE_LINE_ITEM)
WRITE = (vocabulary.SCOPE_LINE_ITEM,)
TEXT_LIMIT = 1000
LARGEST_NUMBER = 1e9


@service("lineitems", GET=READ, POST=WRITE)
def line_items(request: HttpRequest, tool: Tool, course: Course) -> HttpResponse:
    """The container: list the tool's line items of the course, or add one."""
    _check_query(request)
    if request.method == "POST":
        return _line_item_answer(_new_line_item(request, tool, course), status=201)
    check_accept(request, vocabulary.LINE_ITEMS)
    found = [item for item in _own_line_items(tool, course) if _fits(request, item)]
    rows, links = paging.page_of(request, found)
    response = JsonResponse([_described(item) for item in rows], safe=False)
    response["Content-Type"] = vocabulary.LINE_ITEMS
    paging.add_links(response, links, curly=house.manner.curly_links)
    return response


@service("lineitems", GET=READ, PUT=WRITE, DELETE=WRITE)
def line_item(request: HttpRequest, tool: Tool, course: Course, item_id: str) -> HttpResponse:
    """One line item."""
    item = _line_item(request, tool, course, item_id)
    if request.method == "DELETE":
        with house.state.lock:
            for grade in house.state.all(Grade):
                if grade.line_item == item.id:
                    house.state.delete(grade)
            house.state.delete(item)
        return HttpResponse(status=204)
    if request.method == "PUT":
        item = _changed_line_item(request, tool, item)
        house.state.put(item)
    else:
        check_accept(request, vocabulary.LINE_ITEM)
    return _line_item_answer(item)


@service("scores", POST=(vocabulary.SCOPE_SCORE,))
def scores(request: HttpRequest, tool: Tool, course: Course, item_id: str) -> HttpResponse:
    """Take one score."""
    item = _line_item(request, tool, course, item_id)
    check_content_type(request, vocabulary.SCORE)
    grade = gradebook.store(item, _score(json_body(request)))
    manner = house.manner
    if manner.score_answer == "result url":
        return JsonResponse({"resultUrl": _result_url(item, grade)}, status=manner.score_status)
    if manner.score_answer == "score":
        return JsonResponse(json_body(request), status=manner.score_status)
    if manner.score_answer == "empty list":
        return JsonResponse([], safe=False, status=manner.score_status)
    return HttpResponse(status=manner.score_status)


@service("results", GET=(vocabulary.SCOPE_RESULT,))
def results(request: HttpRequest, tool: Tool, course: Course, item_id: str) -> HttpResponse:
    """What the gradebook shows for each learner who has a grade."""
    item = _line_item(request, tool, course, item_id)
    check_accept(request, vocabulary.RESULTS)
    user_id = request.GET.get("user_id", "")
    if user_id:
        person = house.state.person_of(user_id)
        cell = house.state.get(Grade, grade_key(item.id, person.id)) if person else None
        grades = [cell] if cell else []
    else:
        grades = [grade for grade in house.state.all(Grade) if grade.line_item == item.id]
    shown = [grade for grade in grades if gradebook.points(item, grade) is not None]
    if shown and "limit" in request.GET and house.manner.results_without_limit:
        raise Refused(404, "the last page is not known")
    rows, links = paging.page_of(request, shown)
    without = bool(user_id) and house.manner.filtered_results_lose_comments
    response = JsonResponse([_result(item, row, without) for row in rows], safe=False)
    response["Content-Type"] = vocabulary.RESULTS
    paging.add_links(response, links, curly=house.manner.curly_links)
    return response


@service("results", GET=(vocabulary.SCOPE_RESULT,))
def result(
    request: HttpRequest, tool: Tool, course: Course, item_id: str, user_id: str
) -> HttpResponse:
    """One result, at the address that its ``id`` names."""
    item = _line_item(request, tool, course, item_id)
    person = house.state.person_of(user_id)
    grade = house.state.get(Grade, grade_key(item.id, person.id)) if person else None
    if grade is None or gradebook.points(item, grade) is None:
        raise Refused(404, "there is no such result")
    return JsonResponse(_result(item, grade, False))


# Line items


def _check_query(request: HttpRequest) -> None:
    """Addresses must be used as they were given, query and all."""
    for pair in filter(None, house.manner.line_item_query.split("&")):
        name, _, value = pair.partition("=")
        if request.GET.get(name) != value:
            raise Refused(404, f"the address lacks its query {pair}")


def _own_line_items(tool: Tool, course: Course) -> list[LineItem]:
    return [
        item
        for item in house.state.all(LineItem)
        if item.course == course.id and item.client_id == tool.client_id
    ]


def _line_item(request: HttpRequest, tool: Tool, course: Course, item_id: str) -> LineItem:
    """The tool's own line item; those of other tools do not exist for it."""
    _check_query(request)
    item = house.state.get(LineItem, item_id)
    if item is None or (item.course, item.client_id) != (course.id, tool.client_id):
        raise Refused(404, "the tool has no such line item")
    return item


def _fits(request: HttpRequest, item: LineItem) -> bool:
    filters = {"resource_link_id": item.link, "resource_id": item.resource_id, "tag": item.tag}
    return all(request.GET.get(name, value) == value for name, value in filters.items())


def _described(item: LineItem) -> dict[str, Any]:
    optional: dict[str, Any] = {
        "resourceLinkId": item.link,
        "resourceId": item.resource_id,
        "tag": item.tag,
        "startDateTime": item.starts,
        "endDateTime": item.ends,
    }
    if item.review is not None:
        optional["submissionReview"] = item.review
    return {
        "id": addresses.line_item_url(item),
        "label": item.label,
        "scoreMaximum": item.maximum,
        **{name: value for name, value in optional.items() if value},
    }


def _line_item_answer(item: LineItem, status: int = 200) -> HttpResponse:
    response = JsonResponse(_described(item), status=status)
    response["Content-Type"] = vocabulary.LINE_ITEM
    return response


def _new_line_item(request: HttpRequest, tool: Tool, course: Course) -> LineItem:
    check_content_type(request, vocabulary.LINE_ITEM)
    body = json_body(request)
    with house.state.lock:
        item = LineItem(
            id=gradebook.next_line_item_id(),
            course=course.id,
            client_id=tool.client_id,
            label="",
            maximum=0,
        )
        item = _filled(tool, item, body, link=_text(body, "resourceLinkId"))
        link = house.state.get(ResourceLink, item.link) if item.link else None
        if item.link and (link is None or link.client_id != tool.client_id):
            raise Refused(404, f"the tool has no resource link {item.link}")
        house.state.put(item)
    return item


def _changed_line_item(request: HttpRequest, tool: Tool, item: LineItem) -> LineItem:
    check_content_type(request, vocabulary.LINE_ITEM)
    body = json_body(request)
    link = _text(body, "resourceLinkId") or item.link
    if link != item.link:
        raise Refused(400, "resourceLinkId of a line item cannot be changed")
    return _filled(tool, item, body, link=link)


def _filled(tool: Tool, item: LineItem, body: dict[str, Any], *, link: str) -> LineItem:
    label = _text(body, "label")
    maximum = _number(body, "scoreMaximum")
    if not label.strip():
        raise Refused(400, "label is missing")
    if maximum is None or maximum <= 0:
        raise Refused(400, "scoreMaximum must be a number above 0")
    try:
        review = submission_review.checked(body.get("submissionReview"), tool)
    except submission_review.WrongReview as error:
        raise Refused(400, str(error)) from error
    return replace(
        item,
        label=label,
        maximum=maximum,
        link=link,
        resource_id=_text(body, "resourceId"),
        tag=_text(body, "tag"),
        starts=_moment_text(body, "startDateTime"),
        ends=_moment_text(body, "endDateTime"),
        review=review,
    )


# Scores and results


def _score(body: dict[str, Any]) -> gradebook.Score:
    """The score of a body. Raises Refused (400) naming the field."""
    given, maximum = _number(body, "scoreGiven"), _number(body, "scoreMaximum")
    if given is not None and given < 0:
        raise Refused(400, "scoreGiven must not be negative")
    if given is not None and (maximum is None or maximum <= 0):
        raise Refused(400, "scoreMaximum must be above 0 when there is a scoreGiven")
    user_id = _text(body, "userId")
    if not user_id:
        raise Refused(400, "userId is missing")
    return gradebook.Score(
        user_id=user_id,
        timestamp=_timestamp(body),
        activity=_one_of(body, "activityProgress", vocabulary.ACTIVITY_PROGRESS),
        grading=_one_of(body, "gradingProgress", vocabulary.GRADING_PROGRESS),
        given=given,
        maximum=maximum,
        comment=_text(body, "comment", limit=0) if body.get("comment") is not None else None,
        submitted_at=_submitted_at(body),
    )


def _timestamp(body: dict[str, Any]) -> datetime:
    text = body.get("timestamp")
    if not isinstance(text, str) or not text:
        raise Refused(400, "timestamp is missing")
    return moment(text, "timestamp")


def _submitted_at(body: dict[str, Any]) -> str:
    submission = body.get("submission")
    if submission is None:
        return ""
    if not isinstance(submission, dict):
        raise Refused(400, "submission must be an object")
    _moment_text(submission, "startedAt")
    return _moment_text(submission, "submittedAt")


def _moment_text(body: dict[str, Any], name: str) -> str:
    text = _text(body, name)
    return moment(text, name).isoformat() if text else ""


def _one_of(body: dict[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = body.get(name)
    if value not in allowed:
        raise Refused(400, f"{name} must be one of {', '.join(allowed)}")
    return str(value)


def _result_url(item: LineItem, grade: Grade) -> str:
    person = house.state.get(Person, grade.person)
    return addresses.line_item_url(item, f"results/{person.sub if person else ''}")


def _result(item: LineItem, grade: Grade, without_comment: bool) -> dict[str, Any]:
    person = house.state.get(Person, grade.person)
    found: dict[str, Any] = {
        "id": _result_url(item, grade),
        "scoreOf": addresses.line_item_url(item),
        "userId": person.sub if person else "",
        "resultScore": round(gradebook.points(item, grade) or 0, 5),
        "resultMaximum": item.maximum,
    }
    comment = gradebook.comment(grade)
    if comment and not without_comment:
        found["comment"] = comment
    return found


# Bodies


def _text(body: dict[str, Any], name: str, *, limit: int = TEXT_LIMIT) -> str:
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(400, f"{name} must be a text")
    if limit and len(value) > limit:
        raise Refused(400, f"{name} is longer than {limit} characters")
    return value


def _number(body: dict[str, Any], name: str) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(400, f"{name} must be a number")
    if not -LARGEST_NUMBER < value < LARGEST_NUMBER:  # also False for NaN
        raise Refused(400, f"{name} must be a number of a sensible size")
    return value
