"""The forms with which LMSs are invited and connected."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from lti_tool import invitations, presets, transport
from lti_tool.models import ConsumerKey, Deployment, Registration
from lti_tool.transport import TransportError

URLS = ("auth_login_url", "token_url", "jwks_url")
# The words of most LMSs.
LABELS = {
    "name": gettext_lazy("Name"),
    "tenant": gettext_lazy("Tenant"),
    "issuer": gettext_lazy("Issuer (platform id)"),
    "client_id": gettext_lazy("Client id"),
    "auth_login_url": gettext_lazy("Authentication request URL"),
    "token_url": gettext_lazy("Access token URL"),
    "jwks_url": gettext_lazy("Public keyset URL"),
    "audience": gettext_lazy("Audience of token requests"),
}


def _text(**values: Any) -> forms.CharField:
    return forms.CharField(widget=UnfoldAdminTextInputWidget, **values)


class InviteForm(forms.Form):
    note = _text(
        max_length=200,
        required=False,
        label=gettext_lazy("Who is it for?"),
        help_text=gettext_lazy("For you alone, such as the name of the school."),
    )
    tenant = forms.SlugField(
        widget=UnfoldAdminTextInputWidget,
        max_length=50,
        initial="default",
        label=gettext_lazy("Tenant"),
        help_text=gettext_lazy("LMSs of one tenant may use the same assessments."),
    )
    days = forms.IntegerField(
        widget=UnfoldAdminTextInputWidget,
        min_value=1,
        max_value=invitations.MOST_DAYS,
        initial=invitations.DEFAULT_DAYS,
        label=gettext_lazy("Valid for (days)"),
    )
    approved = forms.BooleanField(
        widget=UnfoldBooleanSwitchWidget,
        required=False,
        label=gettext_lazy("Switch it on as soon as it registers"),
        help_text=gettext_lazy("Otherwise it waits for your approval."),
    )
    renews = forms.ModelChoiceField(
        queryset=Registration.objects.order_by("name"),
        widget=UnfoldAdminSelectWidget,
        required=False,
        label=gettext_lazy("Renews"),
        help_text=gettext_lazy(
            "For an LMS that is connected already and moved or lost its tool: its people and"
            " courses stay. Where an address has changed, nobody can launch until it is approved."
        ),
    )


class ConnectForm(forms.ModelForm):  # type: ignore[type-arg]
    """An LMS connected by hand, with the first deployment if it is known."""

    deployment_id = _text(
        max_length=255,
        required=False,
        label=gettext_lazy("Deployment id"),
        help_text=gettext_lazy("Without it the first launch brings it, and waits for approval."),
    )

    class Meta:
        model = Registration
        fields = ["name", "tenant", "issuer", "client_id", *URLS, "audience"]
        labels = LABELS
        # Addresses as text: an URL input would refuse what the transport takes.
        field_classes = dict.fromkeys(URLS, forms.CharField)
        widgets = dict.fromkeys(fields, UnfoldAdminTextInputWidget)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        for name in URLS:
            if found.get(name):
                self._check_address(name, found[name])
        for name in ("issuer", "client_id", "deployment_id", "audience"):
            if name in found:
                found[name] = found[name].strip()
        return found

    def _check_address(self, name: str, url: str) -> None:
        try:
            transport.check_address(url)
        except TransportError:
            self.add_error(name, ValidationError(_("This must be an https address.")))

    @transaction.atomic
    def connect(self, preset: presets.Preset) -> Registration:
        """Store the connection, switched on."""
        registration: Registration = self.save(commit=False)
        registration.product = preset.families[0] if preset.families else ""
        registration.save()
        if self.cleaned_data["deployment_id"]:
            Deployment.objects.create(
                registration=registration, deployment_id=self.cleaned_data["deployment_id"]
            )
        return registration


class ConsumerKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """The secret is written and never shown; left empty it stays as it is."""

    secret = forms.CharField(
        widget=UnfoldAdminPasswordWidget(render_value=False),
        required=False,
        label=gettext_lazy("Secret"),
        help_text=gettext_lazy("Left empty it stays as it is."),
    )

    class Meta:
        model = ConsumerKey
        fields = ["key", "secret"]

    def clean_secret(self) -> str:
        secret = str(self.cleaned_data.get("secret") or "")
        if not secret and self.instance.pk is None:
            raise ValidationError(_("A new key needs its secret."))
        return secret or str(self.instance.secret)
