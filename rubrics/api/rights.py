from __future__ import annotations

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class StaffWhoMayView(BasePermission):
    """Staff with the same permission that the admin asks for: answer keys are in here."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        user = request.user
        model = getattr(view, "model", None)
        if model is None or not (user.is_authenticated and user.is_staff):
            return False
        return user.has_perm(f"rubrics.view_{model._meta.model_name}")
