"""What an LMS brought along by itself, until somebody of ours has looked at it."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from audit import record
from lti_tool.models import Deployment, OutgoingScore, Registration


def waiting_registrations() -> QuerySet[Registration]:
    """LMSs that registered themselves and may not launch us yet, the oldest first."""
    return Registration.objects.filter(waiting=True).order_by("created_at")


def waiting_deployments() -> QuerySet[Deployment]:
    """Deployments that a launch brought and that were never on, the oldest first."""
    return (
        Deployment.objects.filter(active=False, registration__waiting=False, contexts=None)
        .select_related("registration")
        .order_by("created_at")
    )


@transaction.atomic
def approve(registration: Registration, by: str) -> None:
    """Let this LMS launch us. ``by`` is a user name."""
    registration.waiting, registration.active = False, True
    registration.save(update_fields=["waiting", "active"])
    # Grades that failed while the connection was another one need wait no longer.
    OutgoingScore.objects.filter(
        person__registration=registration, state=OutgoingScore.State.QUEUED
    ).update(run_after=timezone.now(), attempts=0)
    _note(registration, "registration.approved", by, {"client_id": registration.client_id})


@transaction.atomic
def approve_deployment(deployment: Deployment, by: str) -> None:
    """Let this installation of the tool launch us."""
    deployment.active = True
    deployment.save(update_fields=["active"])
    detail = {"deployment_id": deployment.deployment_id}
    _note(deployment.registration, "deployment.approved", by, detail)


def _note(registration: Registration, event: str, by: str, detail: dict[str, str]) -> None:
    chain = record.chain_of("lti", "registration", str(registration.pk))
    record.append(chain, event, f"staff:{by}", detail)
