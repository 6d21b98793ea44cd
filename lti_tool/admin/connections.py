# ruff: noqa: ARG002 - the admin calls methods with arguments that not every answer needs
"""Connections with LMSs: what waits for approval, how one is made by hand, how one is."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.enums import ActionVariant

from lti_tool import approvals, presets, tool_metadata
from lti_tool.admin.forms import LABELS, ConnectForm, ConsumerKeyForm
from lti_tool.admin.invitations import invite
from lti_tool.admin.pages import action, page, user_name
from lti_tool.models import ConsumerKey, Deployment, Registration
from lti_tool.platform_configuration import doubts


class DeploymentInline(TabularInline):
    model = Deployment
    extra = 0
    fields = ["deployment_id", "active", "created_at"]
    readonly_fields = ["created_at"]


class ConsumerKeyInline(TabularInline):
    """Keys of LTI 1.1, for an LMS that brings its earlier people and links along."""

    model = ConsumerKey
    form = ConsumerKeyForm
    extra = 0
    verbose_name_plural = gettext_lazy("keys of LTI 1.1, to recognise earlier people and links")


@admin.register(Registration)
class RegistrationAdmin(ModelAdmin):
    list_display = ["name", "state", "issuer", "client_id", "product", "launched_at"]
    list_filter = ["active", "tenant", "product"]
    search_fields = ["name", "issuer", "client_id"]
    readonly_fields = ["origins", "configuration_url", "created_at", "launched_at"]
    inlines = [DeploymentInline, ConsumerKeyInline]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    list_before_template = "admin/lti_tool/waiting.html"
    change_form_outer_before_template = "admin/lti_tool/waiting_one.html"
    actions = ["approve_selected"]
    actions_list = ["invite", "connect", "addresses"]
    actions_detail = ["health", "renew"]

    @admin.display(description=gettext_lazy("state"), ordering="active")
    def state(self, registration: Registration) -> str:
        if registration.waiting:
            return _("waits for approval")
        return _("on") if registration.active else _("switched off")

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        return super().get_form(request, obj, change, labels=LABELS, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/approve/", wrap(self.approve), name="lti_tool_registration_approve"),
            path(
                "deployments/<int:pk>/approve/",
                wrap(self.approve_deployment),
                name="lti_tool_deployment_approve",
            ),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("admin:lti_tool_registration_connect")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        waiting = {
            "waiting_registrations": [
                _with_doubts(row) for row in approvals.waiting_registrations()
            ],
            "waiting_deployments": approvals.waiting_deployments(),
            "may_approve": self.has_change_permission(request),
        }
        answer: HttpResponse = super().changelist_view(
            request, {**waiting, **(extra_context or {})}
        )
        return answer

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        found = self.get_object(request, object_id)
        waits = found is not None and found.waiting
        context = {
            "waiting_one": _with_doubts(found) if waits else None,
            "may_approve": self.has_change_permission(request),
        }
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, {**context, **(extra_context or {})}
        )
        return answer

    def save_model(self, request: HttpRequest, obj: Registration, form: Any, change: bool) -> None:
        """Whoever switches it on by hand has approved it."""
        super().save_model(request, obj, form, change)
        if obj.waiting and obj.active:
            approvals.approve(obj, user_name(request))

    @admin.action(description=gettext_lazy("Approve"), permissions=["change"])
    def approve_selected(self, request: HttpRequest, rows: QuerySet[Registration]) -> None:
        count = 0
        for row in rows.filter(waiting=True):
            approvals.approve(row, user_name(request))
            count += 1
        said = ngettext(
            "%(count)d connection is approved.", "%(count)d connections are approved.", count
        )
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    def approve(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = Registration.objects.filter(pk=pk).first()
        self._may_approve(request, row)
        assert row is not None  # noqa: S101 - the guard has just looked
        approvals.approve(row, user_name(request))
        messages.success(request, _("%(name)s may launch Cograde now.") % {"name": row.name})
        return _back()

    def approve_deployment(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = Deployment.objects.select_related("registration").filter(pk=pk).first()
        self._may_approve(request, row)
        assert row is not None  # noqa: S101 - the guard has just looked
        approvals.approve_deployment(row, user_name(request))
        messages.success(
            request, _("Deployment %(id)s is switched on.") % {"id": row.deployment_id}
        )
        return _back()

    def _may_approve(self, request: HttpRequest, row: object) -> None:
        if not self.has_change_permission(request) or request.method != "POST":
            raise PermissionDenied
        if row is None:
            raise Http404

    @action(
        gettext_lazy("Invite an LMS …"),
        icon="add_link",
        url_path="invite",
        variant=ActionVariant.PRIMARY,
    )
    def invite(self, request: HttpRequest) -> HttpResponse:
        return invite(self, request)

    @action(gettext_lazy("Connect by hand …"), icon="cable", url_path="connect")
    def connect(self, request: HttpRequest) -> HttpResponse:
        """Choose an LMS, then a form that is filled in as far as its address tells."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        chosen = request.GET.get("lms", "")
        if not chosen:
            title = _("Which LMS do you connect?")
            return page(
                self,
                request,
                "admin/lti_tool/connect_which.html",
                title=title,
                presets=presets.PRESETS,
            )
        return self._connect(request, presets.by_code(chosen))

    def _connect(self, request: HttpRequest, preset: presets.Preset) -> HttpResponse:
        site = request.GET.get("address", "").strip()
        initial = {**preset.addresses(site), "name": _name(preset, site), "tenant": "default"}
        form = ConnectForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            made = form.connect(preset)
            self.log_addition(request, made, _("Connected by hand."))
            messages.success(request, _("%(name)s is connected.") % {"name": made.name})
            return HttpResponseRedirect(reverse("lti_tool:health", args=[made.pk]))
        return page(
            self,
            request,
            "admin/lti_tool/connect.html",
            title=_("Connect %(lms)s") % {"lms": preset.name},
            form=form,
            preset=preset,
            entries=[(entry.label, *_value(entry)) for entry in preset.entries],
        )

    @action(gettext_lazy("Our addresses"), icon="link", url_path="addresses")
    def addresses(self, request: HttpRequest) -> HttpResponse:
        return redirect("lti_tool:addresses")

    @action(gettext_lazy("Health"), icon="monitor_heart", url_path="health")
    def health(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect("lti_tool:health", object_id)

    @action(gettext_lazy("Renew …"), icon="autorenew", url_path="renew")
    def renew(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """An invitation with which this LMS registers anew, in the place of this connection."""
        target = reverse("admin:lti_tool_registration_invite")
        return HttpResponseRedirect(f"{target}?renews={int(object_id)}")


@admin.register(Deployment)
class DeploymentAdmin(ModelAdmin):
    """Deployments that an LMS brought along by itself wait here to be switched on."""

    list_display = ["registration", "deployment_id", "active"]
    list_filter = ["active", "registration"]
    list_editable = ["active"]
    list_display_links = ["deployment_id"]


def _with_doubts(registration: Registration) -> dict[str, Any]:
    found = doubts(registration.configuration_url, registration.issuer)
    return {"registration": registration, "doubts": found}


def _back() -> HttpResponse:
    return redirect("admin:lti_tool_registration_changelist")


def _name(preset: presets.Preset, site: str) -> str:
    host = presets.site_of(site).partition("://")[2]
    return f"{preset.name} · {host}" if host and preset is not presets.OTHER else host


def _value(entry: presets.Entry) -> tuple[str, bool]:
    """What to enter into that field, and whether it is one of our own addresses to copy."""
    ours = {
        "target": tool_metadata.target_url(),
        "login": tool_metadata.login_url(),
        "launch": tool_metadata.launch_url(),
        "keys": tool_metadata.keys_url(),
        "domain": tool_metadata.domain(),
        "canvas_json": tool_metadata.canvas_json_url(),
        "name": tool_metadata.NAME,
    }
    value = str(entry.ours)
    return (ours[value], True) if value in ours else (value, False)
