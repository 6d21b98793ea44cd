"""Which gradebook column a link's grades go into; found or made in the LMS when none is known.

Source: AGS 2.0 section 3.2 (line items). A launch names the column only when the link has exactly
one; with several, ours is known by the tag that we gave it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from pylti1p3.lineitem import LineItem as Column

from lti_tool import ags
from lti_tool.messages import GradeService, is_web_url
from lti_tool.models import Context, LineItem, OutgoingScore, Registration, ResourceLink
from lti_tool.transport import TransportError

TAG = "cograde"
SEEN_FOR = timedelta(minutes=1)


def of_link(context: Context, lti_id: str) -> tuple[ResourceLink | None, list[LineItem]]:
    """A link with its columns in one look, for the launches of links that have any."""
    known = list(
        LineItem.objects.select_related("resource_link").filter(
            resource_link__context=context, resource_link__lti_id=lti_id
        )
    )
    return (known[0].resource_link if known else None), known


def note(link: ResourceLink, grades: GradeService, known: Iterable[LineItem]) -> None:
    """What a launch says about the column of its link; one that was wanted is found by it.

    ``known`` are the columns of the link so far.
    """
    scopes = list(grades.scopes)
    by_url = {column.url: column for column in known}
    column = by_url.get(grades.line_item) or by_url.get("") or _moved(grades.line_item, by_url)
    newest = max((column.seen_at for column in by_url.values()), default=None)
    now = timezone.now()
    if column is None:
        LineItem.objects.get_or_create(
            resource_link=link, url=grades.line_item, defaults={"scopes": scopes}
        )
    elif (
        column.url != grades.line_item
        or column.scopes != scopes
        or column.seen_at != newest
        or column.seen_at < now - SEEN_FOR
    ):
        LineItem.objects.filter(pk=column.pk).update(
            url=grades.line_item, scopes=scopes, seen_at=now
        )
        if column.url not in ("", grades.line_item):
            # What failed at the old address may succeed at once.
            column.scores.filter(state=OutgoingScore.State.QUEUED).update(run_after=now, attempts=0)


def _moved(url: str, by_url: Mapping[str, LineItem]) -> LineItem | None:
    """The same column under its earlier address: Moodle's carry the number of the tool, which
    changes when somebody adds the tool anew."""
    place = url.partition("?")[0]
    return next((each for known, each in by_url.items() if known.partition("?")[0] == place), None)


def for_score(link: ResourceLink, maximum: Decimal) -> LineItem | None:
    """The column for a score of ``link``: the one that the LMS named last, else one that is
    wanted; None where the LMS offers no gradebook at all."""
    known = link.line_items.order_by("-seen_at", "-pk").first()
    if known is not None:
        return known
    if not link.line_items_url or ags.SCORE not in link.service_scopes:
        return None
    wanted, _created = LineItem.objects.get_or_create(
        resource_link=link,
        url="",
        defaults={
            "tag": TAG,
            "label": (link.title or "Cograde")[:255],
            "maximum": maximum,
            "scopes": link.service_scopes,
        },
    )
    return wanted


def found(column: LineItem) -> LineItem:
    """The column with its address in the LMS: looked up there, or made there when it has none.

    Speaks to the LMS; raises :class:`TransportError`. Must not be called inside a transaction.
    """
    if column.url:
        return column
    link = column.resource_link
    registration = link.context.deployment.registration
    url = _in_the_lms(registration, column) or _made(registration, column)
    if not is_web_url(url):
        raise TransportError("The LMS made a column but gave it no address.", permanent=True)
    twin = LineItem.objects.filter(resource_link=link, url=url).exclude(pk=column.pk).first()
    if twin is not None:
        _join(column, twin)
        return twin
    LineItem.objects.filter(pk=column.pk).update(url=url, seen_at=timezone.now())
    column.url = url
    return column


def _join(column: LineItem, twin: LineItem) -> None:
    """A launch has named the column meanwhile: what was wanted becomes what was named.

    Whoever has a grade in both has the newer one where the launch named it.
    """
    with transaction.atomic():
        newer = OutgoingScore.objects.filter(line_item=twin).values("person")
        column.scores.exclude(person__in=newer).update(line_item=twin)
        column.delete()


def _in_the_lms(registration: Registration, column: LineItem) -> str:
    """The address of the link's column that is ours, empty when there is none."""
    link = column.resource_link
    offered = set(link.service_scopes)
    if not offered & {ags.LINE_ITEMS, ags.LINE_ITEMS_READ}:
        raise TransportError(
            "The LMS gave this activity no gradebook column and does not let us look for one."
            " A teacher can add a grade to the activity there.",
            permanent=True,
        )
    listed = list(
        ags.line_items(registration, link.line_items_url, offered, resource_link_id=link.lti_id)
    )
    # Some LMSs ignore the filter.
    own = [each for each in listed if each.get_resource_link_id() == link.lti_id]
    return _chosen(column, own)


def _chosen(column: LineItem, listed: Iterable[Column]) -> str:
    """The one with our tag, else the only one of the link."""
    columns = list(listed)
    ours = [each for each in columns if each.get_tag() == column.tag]
    fit = ours[:1] or (columns if len(columns) == 1 else [])
    return (fit[0].get_id() or "") if fit else ""


def _made(registration: Registration, column: LineItem) -> str:
    link = column.resource_link
    if ags.LINE_ITEMS not in link.service_scopes:
        raise TransportError(
            "The LMS gave this activity no gradebook column and does not let us make one."
            " A teacher can add a grade to the activity there.",
            permanent=True,
        )
    wanted = (
        Column()
        .set_label(column.label)
        .set_score_maximum(float(column.maximum or 100))
        .set_tag(column.tag)
        .set_resource_id(column.resource_id or f"link-{link.pk}")
        .set_resource_link_id(link.lti_id)
    )
    made = ags.create_line_item(registration, link.line_items_url, link.service_scopes, wanted)
    return made.get_id() or ""
