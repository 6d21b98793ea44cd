from __future__ import annotations

import json

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lti_tool import preferences

MOST_BYTES = 8192


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Takes a JSON object of what has changed; 204 once it is kept."""
    person = getattr(request, "person", None)
    if person is None:
        raise PermissionDenied(_("Open the tool from your LMS first."))
    preferences.keep(person, _changes(request))
    return HttpResponse(status=204)


def _changes(request: HttpRequest) -> dict[str, object]:
    if len(request.body) > MOST_BYTES:
        raise BadRequest("more than pages send")
    try:
        changes = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("not JSON") from error
    if not isinstance(changes, dict):
        raise BadRequest("not an object")
    return changes
