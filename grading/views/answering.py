"""The learner's pages while an attempt is open."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import uuid
from copy import copy

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from grading import diagnostics, intake, offers, uploads
from grading.errors import NotAccepted
from grading.guards import own_response, own_submission
from grading.models import Response, Run
from grading.progress import Progress
from grading.row_keys import is_key
from rubrics.models import Item

PART = "part-"


@require_GET
def attempt(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    submission = own_submission(request, pk)
    if not submission.is_open:
        return redirect("grading:result", pk=pk)
    first = submission.assessment.items.first()
    if first is None:
        return render(request, "grading/not_ready.html", status=409)
    return redirect("grading:item", pk=pk, code=first.code)


def item(request: HttpRequest, pk: uuid.UUID, code: str) -> HttpResponse:
    response = own_response(request, pk, code)
    if not response.submission.is_open:
        return redirect("grading:result", pk=pk)
    if request.method == "POST":
        return _save_and_go(request, response)
    return _page(request, response)


def _save_and_go(request: HttpRequest, response: Response) -> HttpResponse:
    """The page's form without JavaScript: save, then where the pressed button leads."""
    try:
        _keep(request, response)
        action = request.POST.get("action", "save")
        if action == "check":
            diagnostics.request(response)
    except NotAccepted as refusal:
        other = copy(response) if isinstance(refusal, intake.ChangedElsewhere) else None
        _show_typed(request, response)
        return _page(request, response, refusal=str(refusal), other=other)
    if action == "hand-in":
        return redirect("grading:hand_in", pk=response.submission_id)
    following = Progress.of(response.submission, response).following
    target = following.code if action == "next" and following else response.item.code
    return redirect("grading:item", pk=response.submission_id, code=target)


def _show_typed(request: HttpRequest, response: Response) -> None:
    """Puts what could not be kept back into its fields; nothing is stored."""
    response.text = request.POST.get("text", response.text)
    with contextlib.suppress(NotAccepted):
        response.choices = _choices(request, response) or response.choices
        response.parts = _parts(request, response) or response.parts


def _page(
    request: HttpRequest,
    response: Response,
    *,
    refusal: str = "",
    other: Response | None = None,
) -> HttpResponse:
    context = {
        "response": response,
        "item": response.item,
        "submission": response.submission,
        "assessment": response.submission.assessment,
        "progress": Progress.of(response.submission, response),
        "attempts": intake.attempts(response.submission.placement, response.submission.person),
        "before": intake.handed_in(response.submission.placement, response.submission.person),
        "answer_form": _answer_form(response.item),
        "text": response.text,
        "other": other,
        "page": secrets.token_hex(8),
        "run": response.runs.order_by("-number").first(),
        "refusal": refusal,
        "allowance": diagnostics.allowance(response) if response.item.checks.exists() else None,
        "criteria": response.item.rubric.criteria.prefetch_related("levels"),
        "kind": Item.Kind,
    }
    return render(request, "grading/item.html", context, status=409 if refusal else 200)


def _answer_form(item: Item) -> str:
    """The template of a kind of item; short and long texts share theirs."""
    name = "text" if item.kind in (Item.Kind.SHORT_TEXT, Item.Kind.ESSAY) else item.kind
    return f"grading/answering/{name}.html"


def _keep(request: HttpRequest, response: Response) -> None:
    kind = response.item.kind
    if kind in (Item.Kind.CHOICE, Item.Kind.ORDERING):
        given = _choices(request, response)
        untouched = [step.pk for step in offers.arranged(response)] if not response.choices else []
        if kind == Item.Kind.CHOICE or given != untouched:  # what was drawn by lot is no answer
            intake.save(response, choices=given, page=_opened_page(request))
    elif kind in (Item.Kind.MATCHING, Item.Kind.CLOZE):
        intake.save(response, parts=_parts(request, response), page=_opened_page(request))
    elif kind == Item.Kind.FILE:
        uploads.add(response, _files(request))
    else:
        intake.save(response, text=request.POST.get("text", ""), page=_opened_page(request))
        if response.item.takes_files:
            uploads.add(response, _files(request))


def _files(request: HttpRequest) -> list[tuple[str, UploadedFile[bytes]]]:
    """The files with their paths. A browser names a file without its folder, so the paths of a
    folder come beside, as a JSON list in the order of the files.
    """
    given = request.FILES.getlist("file")
    try:
        paths = json.loads(request.POST.get("paths") or "[]")
    except ValueError:
        paths = []
    fits = isinstance(paths, list) and len(paths) == len(given)
    named = [str(path) for path in paths] if fits else [""] * len(given)
    return [(uploads.name_of(file, path), file) for file, path in zip(given, named, strict=True)]


def _choices(request: HttpRequest, response: Response) -> list[int]:
    """Raises NotAccepted for steps that are not in the page."""
    if response.item.kind == Item.Kind.ORDERING:
        moved = _moved(request.POST.getlist("step"), request.POST.get("move", ""))
        return offers.steps_named(response, moved)
    raw = request.POST.getlist("choice")
    return [int(value) for value in raw if is_key(value)]


def _moved(order: list[str], move: str) -> list[str]:
    """The order after a press on one of its arrows, such as `NAME:up`, where no script moved it."""
    name, _colon, way = move.partition(":")
    if name not in order:
        return order
    place = order.index(name)
    other = place - 1 if way == "up" else place + 1
    if 0 <= other < len(order):
        order[place], order[other] = order[other], order[place]
    return order


def _parts(request: HttpRequest, response: Response) -> dict[str, str]:
    """What was chosen or filled in. Raises NotAccepted for what is not in the page."""
    names = (name for name in request.POST if name.startswith(PART))
    given = {name.removeprefix(PART): request.POST[name] for name in names}
    return (
        offers.pairs_named(response, given) if response.item.kind == Item.Kind.MATCHING else given
    )


def _opened_page(request: HttpRequest) -> intake.OpenedPage | None:
    name, revision = request.POST.get("page", ""), request.POST.get("revision", "")
    if not re.fullmatch(r"[0-9a-f]{16}", name) or not re.fullmatch(r"[0-9]{1,9}", revision):
        return None
    return intake.OpenedPage(name, int(revision))


@require_POST
def save(request: HttpRequest, pk: uuid.UUID, code: str) -> JsonResponse:
    """Autosave. Answers `{"saved": "12:04"}`, or 409 with `{"error": why}`."""
    response = own_response(request, pk, code)
    if response.item.kind == Item.Kind.FILE:
        return JsonResponse({"error": _("press Save to send the file.")}, status=409)
    try:
        _keep(request, response)
    except NotAccepted as refusal:
        return JsonResponse({"error": str(refusal)}, status=409)
    saved = timezone.localtime(response.saved_at)
    return JsonResponse({"saved": time_format(saved, "H:i")})


@require_POST
def files(request: HttpRequest, pk: uuid.UUID, code: str) -> HttpResponse:
    """Keeps files as they are chosen or dropped; answers the list of what is there now."""
    response = own_response(request, pk, code)
    if not response.item.takes_files:
        raise Http404
    text, refusal = response.text, ""
    try:
        uploads.add(response, _files(request))
    except NotAccepted as refused:
        refusal = str(refused)
    answer = _file_list(request, response, refusal)
    if response.text != text:  # its main file was among them: the editor has to show it
        answer.headers["HX-Refresh"] = "true"
    return answer


@require_POST
def remove_file(request: HttpRequest, pk: uuid.UUID, code: str, upload_pk: int) -> HttpResponse:
    response = own_response(request, pk, code)
    kept = get_object_or_404(response.uploads, pk=upload_pk)
    try:
        uploads.remove(kept)
    except NotAccepted as refused:
        return _file_list(request, response, str(refused))
    return _file_list(request, response)


def _file_list(request: HttpRequest, response: Response, refusal: str = "") -> HttpResponse:
    """The fragment; without JavaScript the page, on which the same list stands."""
    if not request.headers.get("HX-Request"):
        _show_typed(request, response)
        return _page(request, response, refusal=refusal)
    context = {
        "response": response,
        "item": response.item,
        "submission": response.submission,
        "refusal": refusal,
    }
    return render(request, "grading/_files.html", context)


@require_POST
def check(request: HttpRequest, pk: uuid.UUID, code: str) -> HttpResponse:
    """Saves and starts the checks; answers the fragment that shows them."""
    response = own_response(request, pk, code)
    try:
        _keep(request, response)
        run = diagnostics.request(response)
    except NotAccepted as refusal:
        return render(request, "grading/_refusal.html", {"why": str(refusal)})
    return _results(request, response, run)


@require_GET
def run(request: HttpRequest, pk: uuid.UUID, code: str, number: int) -> HttpResponse:
    response = own_response(request, pk, code)
    return _results(request, response, get_object_or_404(response.runs, number=number))


def _results(request: HttpRequest, response: Response, current: Run) -> HttpResponse:
    return render(
        request,
        "grading/_results.html",
        {
            "response": response,
            "submission": response.submission,
            "item": response.item,
            "run": current,
            "ahead": diagnostics.ahead(current),
            "allowance": None if current.in_flight else diagnostics.allowance(response),
            "poll_url": reverse(
                "grading:run", args=[response.submission_id, response.item.code, current.number]
            ),
        },
    )


def hand_in(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    submission = own_submission(request, pk)
    if request.method == "POST":
        intake.hand_in(submission)
        return redirect("grading:result", pk=pk)
    if not submission.is_open:
        return redirect("grading:result", pk=pk)
    return render(
        request,
        "grading/hand_in.html",
        {
            "submission": submission,
            "assessment": submission.assessment,
            "progress": Progress.of(submission),
        },
    )
