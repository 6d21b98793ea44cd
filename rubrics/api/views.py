from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ReadOnlyModelViewSet

from rubrics.api.rights import StaffWhoMayView
from rubrics.api.serializers import (
    AssessmentLineSerializer,
    AssessmentSerializer,
    RubricLineSerializer,
    RubricSerializer,
)
from rubrics.models import Assessment, Rubric

V = TypeVar("V", Rubric, Assessment)

FILTERS = [
    OpenApiParameter("code", str, description="Only this code."),
    OpenApiParameter("version", int, description="Only this version."),
    OpenApiParameter("programme", str, description="Only this programme, by its code."),
    OpenApiParameter("tenant", str, description="Only this tenant."),
    OpenApiParameter("published", bool, description="Only published ones (true) or drafts."),
]
LIST_FILTERS = extend_schema(parameters=FILTERS)


@extend_schema_view(list=LIST_FILTERS)
class RubricViewSet(ReadOnlyModelViewSet[Rubric]):
    """Rubrics with their criteria, levels and anchors; drafts too. For staff."""

    model = Rubric
    permission_classes = [StaffWhoMayView]
    queryset = Rubric.objects.select_related("programme")

    def get_queryset(self) -> QuerySet[Rubric]:
        if self.action == "list":
            return filtered(super().get_queryset(), self.request)
        return (
            super()
            .get_queryset()
            .prefetch_related("criteria__levels__anchors", "criteria__competencies")
        )

    def get_serializer_class(self) -> type[BaseSerializer[Rubric]]:
        return RubricLineSerializer if self.action == "list" else RubricSerializer


@extend_schema_view(list=LIST_FILTERS)
class AssessmentViewSet(ReadOnlyModelViewSet[Assessment]):
    """Assessments with policy, items, choices and checks; drafts too. For staff.

    Right answers and expected values are part of it: never pass it on to learners.
    """

    model = Assessment
    permission_classes = [StaffWhoMayView]
    queryset = Assessment.objects.select_related("programme", "policy")

    def get_queryset(self) -> QuerySet[Assessment]:
        if self.action == "list":
            return filtered(super().get_queryset(), self.request)
        return (
            super()
            .get_queryset()
            .prefetch_related(
                "items__choices",
                "items__pairs",
                "items__gaps",
                "items__checks__criterion",
                "items__rubric__programme",
            )
        )

    def get_serializer_class(self) -> type[BaseSerializer[Assessment]]:
        return AssessmentLineSerializer if self.action == "list" else AssessmentSerializer


def filtered(versions: QuerySet[V], request: Request) -> QuerySet[V]:
    """Return what the query string asks for. Raises ValidationError (400) with the field's name."""
    asked = request.query_params
    wanted: dict[str, Any] = {
        lookup: asked[name]
        for name, lookup in (
            ("code", "code"),
            ("programme", "programme__code"),
            ("tenant", "programme__tenant"),
        )
        if name in asked
    }
    if "version" in asked:
        wanted["version"] = _whole(asked["version"])
    if "published" in asked:
        wanted["published_at__isnull"] = not _truth(asked["published"])
    return versions.filter(**wanted)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValidationError({"version": _("A version is a whole number, such as 2.")})
    return int(text)


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValidationError({"published": _("Write true or false.")})
    return text.lower() == "true"
