"""The addresses at which LMSs tell us things; no person and no browser is there."""

from __future__ import annotations

from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from lti_tool import notices
from lti_tool.middleware import asks_no_person
from lti_tool.notice_services import ADDRESSES
from lti_tool.notices import NoticeRefused


@asks_no_person
@csrf_exempt
@never_cache
@require_POST
def receive(request: HttpRequest, address: str) -> HttpResponse:
    """200 once every notice is kept; otherwise the codes of those that were refused."""
    if address not in ADDRESSES:
        raise Http404
    try:
        taken = notices.receive(ADDRESSES[address], _body(request))
    except NoticeRefused as refused:
        return JsonResponse(_said(refused), status=refused.status)
    for one in taken:
        if one.new is not None:
            notices.handle(one.new)
    refusals = [one.refused for one in taken if one.refused]
    status = max((refused.status for refused in refusals), default=200)
    said = [_said(one.refused) if one.refused else {"code": "accepted"} for one in taken]
    return JsonResponse({"notices": said}, status=status)


def _said(refused: NoticeRefused) -> dict[str, str]:
    return {"code": refused.code, "cause": refused.cause}


def _body(request: HttpRequest) -> bytes:
    too_large = NoticeRefused("request-too-large", "The body is larger than 2 MB.")
    try:
        declared = int(request.META.get("CONTENT_LENGTH") or 0)
        if declared > notices.MOST_BYTES:
            raise too_large
        body = request.body
    except RequestDataTooBig as error:
        raise too_large from error
    except (BadRequest, UnreadablePostError, ValueError) as error:
        raise NoticeRefused("request-malformed", "The request could not be read.") from error
    if len(body) > notices.MOST_BYTES:
        raise too_large
    return body
