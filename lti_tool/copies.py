"""From which course or link one was copied, as far as the LMS or our own mark tells.

LMSs copy courses with their links and give both new ids. Some then name the ids before
(``$ResourceLink.id.history``, ``$Context.id.history``: LTI 1.3 core appendix C); all carry our
own mark in the custom parameters on.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Q

from lti_tool.models import Context, ResourceLink

# Custom parameters of ours.
UID = "cograde_link"
LINK_HISTORY = "link_history"
COURSE_HISTORY = "context_history"
HISTORY = {
    LINK_HISTORY: "$ResourceLink.id.history",
    COURSE_HISTORY: "$Context.id.history",
}
MOST_IDS = 50


def link_before(link: ResourceLink) -> ResourceLink | None:
    """The link that this one was copied from: the newest one of its history that we know.

    An LMS's ids count within that LMS; our own mark counts within the organisation, for courses
    that move from one LMS to another.
    """
    registration = link.context.deployment.registration
    others = ResourceLink.objects.exclude(pk=link.pk)
    here = others.filter(context__deployment__registration=registration)
    history = ids(link.custom, LINK_HISTORY)
    known = {found.lti_id: found for found in here.filter(lti_id__in=history)}
    for lti_id in history:
        if lti_id in known:
            return known[lti_id]
    marked = Q(uid=link.uid) if link.uid else Q(pk=None)
    tenant = registration.tenant
    return (
        others.filter(marked, context__deployment__registration__tenant=tenant)
        .order_by("-seen_at")
        .first()
    )


def course_before(context: Context, custom: Mapping[str, str]) -> Context | None:
    """The course that this one was copied from, by the history that the LMS names."""
    history = ids(custom, COURSE_HISTORY)
    known = {
        found.lti_id: found
        for found in Context.objects.filter(
            deployment__registration=context.deployment.registration, lti_id__in=history
        ).exclude(pk=context.pk)
    }
    return next((known[lti_id] for lti_id in history if lti_id in known), None)


def ids(custom: Mapping[str, str], name: str) -> list[str]:
    """The ids of a history, newest first; an LMS that does not know the variable sends its name."""
    text = custom.get(name, "")
    listed = text.split(",")[:MOST_IDS] if not text.startswith("$") else []
    return [found for part in listed if (found := part.strip())]
