"""Our own signing keys: looked at, and replaced."""

from __future__ import annotations

import json

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.read_only import ReadOnlyAdmin
from lti_tool import keys
from lti_tool.admin.pages import action, page, user_name
from lti_tool.models import ToolKey


@admin.register(ToolKey)
class ToolKeyAdmin(ReadOnlyAdmin):
    list_display = ["kid", "state", "created_at", "retired_at"]
    fields = ["kid", "created_at", "retired_at", "public_key"]
    readonly_fields = ["public_key"]
    ordering = ["-created_at"]
    actions_list = ["rotate"]

    @admin.display(description=gettext_lazy("public key"))
    def public_key(self, key: ToolKey) -> str:
        return json.dumps(key.public_jwk, indent=2)

    @admin.display(description=gettext_lazy("state"))
    def state(self, key: ToolKey) -> str:
        if key.retired_at is not None:
            gone = key.retired_at + keys.PUBLISHED_AFTER <= timezone.now()
            return _("no longer published") if gone else _("retired, still published")
        if key == keys.signing_key():
            return _("signs")
        waits = key.created_at > timezone.now() - keys.PUBLISHED_AHEAD
        return _("published, signs soon") if waits else _("published")

    @action(gettext_lazy("New key …"), icon="key", url_path="rotate")
    def rotate(self, request: HttpRequest) -> HttpResponse:
        """Ask; on POST make a new key."""
        if not request.user.has_perm("lti_tool.add_toolkey"):
            raise PermissionDenied
        if request.method != "POST":
            return page(self, request, "admin/lti_tool/rotate.html", title=_("Make a new key?"))
        at_once = request.POST.get("at_once") == "yes"
        keys.rotate(at_once=at_once, by=user_name(request))
        said = (
            _("The new key signs from now on; every other one is forgotten.")
            if at_once
            else _("The new key is published, and signs in an hour.")
        )
        messages.success(request, said)
        return HttpResponseRedirect(reverse("admin:lti_tool_toolkey_changelist"))
