# ruff: noqa: ARG002 - the admin calls methods with arguments that not every answer needs
"""Invitations in the admin: made by a button, shown once, and looked at afterwards."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.enums import ActionVariant

from audit.read_only import ReadOnlyAdmin
from lti_tool import invitations, presets
from lti_tool.admin.forms import InviteForm
from lti_tool.admin.pages import action, page, user_name
from lti_tool.models import RegistrationInvitation


@admin.register(RegistrationInvitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "tenant", "state", "approved", "created_by", "expires_at"]
    list_filter = ["tenant"]
    list_select_related = ["registration"]
    ordering = ["-created_at"]
    exclude = ["token_digest"]
    actions_list = ["invite"]

    @admin.display(description=gettext_lazy("state"))
    def state(self, invitation: RegistrationInvitation) -> str:
        if invitation.registration is not None:
            return _("used by %(name)s") % {"name": invitation.registration.name}
        if invitation.used_at is not None:
            return _("used, and nothing came of it")
        return _("open") if invitation.expires_at > timezone.now() else _("expired")

    @action(
        gettext_lazy("Invite an LMS …"),
        icon="add_link",
        url_path="invite",
        variant=ActionVariant.PRIMARY,
    )
    def invite(self, request: HttpRequest) -> HttpResponse:
        return invite(self, request)

    # Only a view permission is given for this model by the class above.
    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """An invitation that was given to the wrong person must be taken back."""
        return bool(request.user.has_perm("lti_tool.delete_registrationinvitation"))


def invite(of: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """The form; on POST an invitation, whose address is on this answer and nowhere else."""
    if not request.user.has_perm("lti_tool.add_registrationinvitation"):
        raise PermissionDenied
    form = InviteForm(request.POST or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        made, url = invitations.invite(**_values(form), by=user_name(request))
        response = page(
            of,
            request,
            "admin/lti_tool/invited.html",
            title=_("Give this address to whoever looks after the LMS"),
            invitation=made,
            url=url,
            presets=[preset for preset in presets.PRESETS if preset.automatic],
        )
        response["Cache-Control"] = "no-store"
        return response
    return page(of, request, "admin/lti_tool/invite.html", title=_("Invite an LMS"), form=form)


def _values(form: InviteForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in form.fields}
