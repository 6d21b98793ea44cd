"""A teacher makes new activities in the LMS and picks their assessments here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from grading import assets, new_links, placements
from grading.diagnostics import storable
from grading.guards import signed_in
from grading.new_links import Draft
from lti_tool import asset_processor, deep_linking, notice_services, quirks
from lti_tool.models import DeepLinkingRequest
from lti_tool.quirks import Quirks
from rubrics.models import Assessment


def choose(request: HttpRequest, pk: int) -> HttpResponse:
    """One address, two pages: the list, and the details of what was picked there."""
    signed_in(request)
    asked = deep_linking.require(request, pk)
    action = request.POST.get("action", "add")
    if request.method == "POST" and action == "cancel":
        return deep_linking.cancel(request, asked)
    offered = _offered(asked)
    codes = list(dict.fromkeys(request.POST.getlist("assessment")))
    chosen = [each for each in offered if each.code in codes]
    if request.method != "POST" or action in ("search", "list"):
        return _list(request, asked, offered, codes)
    why = _refusal(asked, codes, chosen)
    if why:
        return _list(request, asked, offered, codes, why=why)
    if action == "details":
        return _details(
            request, asked, [new_links.first_draft(each, _profile(asked)) for each in chosen]
        )
    return _add(request, asked, chosen)


def _offered(asked: DeepLinkingRequest) -> list[Assessment]:
    """One assessment for each code, by which a link or a processor names it; of those that judge
    what is handed in to the LMS itself only such as one text can answer."""
    tenant = asked.context.deployment.registration.tenant
    found: dict[str, Assessment] = {}
    for assessment in placements.on_offer(tenant).prefetch_related("items"):
        found.setdefault(assessment.code, assessment)
    attaching = asset_processor.is_wanted(asked)
    return [each for each in found.values() if not attaching or assets.suits(each)]


def _refusal(asked: DeepLinkingRequest, codes: list[str], chosen: list[Assessment]) -> str:
    if not codes:
        return _("Choose an assessment first.")
    if len(chosen) < len(codes):
        return _("One of your choices is no longer on offer. Please look through the list again.")
    if len(chosen) > new_links.MOST_AT_ONCE:
        return _("Choose at most %(n)d at once, please.") % {"n": new_links.MOST_AT_ONCE}
    if len(chosen) > 1 and not asked.accept_multiple:
        return _("Your LMS takes one activity at a time. Please choose one.")
    return ""


def _add(request: HttpRequest, asked: DeepLinkingRequest, chosen: list[Assessment]) -> HttpResponse:
    """Back to the LMS with what was chosen; with its details where they were shown."""
    if asset_processor.is_wanted(asked):
        notice_services.hurry(asked.context.deployment)
        items = [assets.content_item(each, each.title) for each in chosen]
        return deep_linking.respond(request, asked, items)
    if request.POST.get("page") == "details":
        drafts = [new_links.read(each, request.POST, _profile(asked)) for each in chosen]
    else:
        drafts = [new_links.first_draft(each, _profile(asked)) for each in chosen]
    if any(draft.errors for draft in drafts):
        return _details(request, asked, drafts)
    items = [new_links.content_item(draft, asked) for draft in drafts]
    return deep_linking.respond(request, asked, items)


def _profile(asked: DeepLinkingRequest) -> Quirks:
    return quirks.of(asked.context.deployment.registration)


def _list(
    request: HttpRequest,
    asked: DeepLinkingRequest,
    offered: list[Assessment],
    codes: list[str],
    *,
    why: str = "",
) -> HttpResponse:
    words = storable(request.POST.get("q"))[:100]
    context = {
        "asked": asked,
        "action": reverse("grading:choose", args=[asked.pk]),
        "assessments": new_links.choices(offered, words, codes),
        "all": len(offered),
        "searchable": len(offered) >= new_links.SEARCH_FROM,
        "words": words,
        "chosen": codes,
        "multiple": asked.accept_multiple,
        "attaching": asset_processor.is_wanted(asked),
        "why": why,
    }
    return render(request, "grading/choose.html", context, status=422 if why else 200)


def _details(request: HttpRequest, asked: DeepLinkingRequest, drafts: list[Draft]) -> HttpResponse:
    wrong = any(draft.errors for draft in drafts)
    context = {
        "asked": asked,
        "action": reverse("grading:choose", args=[asked.pk]),
        "drafts": drafts,
        "wrong": wrong,
        "zone": storable(request.POST.get("zone"))[:64] or "UTC",
        "offers_window": new_links.offers_window(asked),
        "longest_title": new_links.LONGEST_TITLE,
        "longest_text": new_links.LONGEST_TEXT,
    }
    return render(request, "grading/link_details.html", context, status=422 if wrong else 200)
