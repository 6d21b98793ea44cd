"""Which assessment stands behind an activity of a course."""

from __future__ import annotations

from django.db.models import QuerySet

from grading.errors import NotAccepted
from grading.models import Placement
from lti_tool.models import ResourceLink
from rubrics.models import Assessment, Programme

# The custom parameter by which a link in the LMS names its assessment.
PARAMETER = "assessment"


def on_offer(tenant: str) -> QuerySet[Assessment]:
    """The newest published version of every assessment of an organisation."""
    return (
        Assessment.objects.filter(programme__tenant=tenant, published_at__isnull=False)
        .order_by("programme_id", "code", "-version")
        .distinct("programme_id", "code")
        .select_related("programme", "policy")
    )


def offered(tenant: str, code: str) -> Assessment | None:
    """The assessment of that code, as anybody may have typed it."""
    return next((each for each in on_offer(tenant) if each.code == code), None)


def resolve(link: ResourceLink) -> Placement | None:
    """The placement of a link: as its custom parameter says, else as it was chosen before, else
    as it was chosen for the link from which the LMS copied this one.
    """
    code = str((link.custom or {}).get(PARAMETER, "")).strip()
    known = Placement.objects.filter(resource_link=link).select_related("programme").first()
    if known is not None and code in ("", known.assessment_code):
        return known
    tenant = link.context.deployment.registration.tenant
    if not code:
        return _inherit(link, tenant)
    assessment = offered(tenant, code)
    if assessment is None:
        raise NotAccepted(
            f"This activity asks for the assessment “{code}”, which is not published here. "
            "Please tell your teacher; the activity's settings in the LMS name it."
        )
    return place(link, assessment)


def _inherit(link: ResourceLink, tenant: str) -> Placement | None:
    """What stands behind the nearest original that has something, never another organisation's.

    An original may itself be a copy that nobody has opened.
    """
    seen = {link.pk}
    source = link.copied_from
    while source is not None and source.pk not in seen:
        seen.add(source.pk)
        original = Placement.objects.filter(resource_link=source, programme__tenant=tenant).first()
        if original is not None:
            return _put(link, original.programme, original.assessment_code)
        source = source.copied_from
    return None


def place(link: ResourceLink, assessment: Assessment) -> Placement:
    return _put(link, assessment.programme, assessment.code)


def _put(link: ResourceLink, programme: Programme, code: str) -> Placement:
    placement, _ = Placement.objects.update_or_create(
        resource_link=link, defaults={"programme": programme, "assessment_code": code}
    )
    return placement


def current_assessment(placement: Placement) -> Assessment:
    """What a new attempt gets. Raises NotAccepted when nothing is published."""
    assessment = (
        Assessment.objects.filter(
            programme=placement.programme,
            code=placement.assessment_code,
            published_at__isnull=False,
        )
        .select_related("policy", "programme")
        .order_by("-version")
        .first()
    )
    if assessment is None:
        raise NotAccepted("This assessment is not open yet. Please come back later.")
    return assessment
