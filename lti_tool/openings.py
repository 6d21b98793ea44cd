"""What each kind of message opens, for whom: the address of the page.

The pages are those of upper rooms; settings name them.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from lti_tool import asset_processor, messages
from lti_tool.messages import Message
from lti_tool.models import (
    DataPrivacyRequest,
    DeepLinkingRequest,
    Deployment,
    LineItem,
    Membership,
    Person,
    ResourceLink,
)
from lti_tool.refusals import LaunchRefused
from lti_tool.roles import Right, rights_outside_courses

MAY_REVIEW = frozenset({Right.REVIEW, Right.TEACH})
MAY_CHOOSE = frozenset({Right.TEACH, Right.ADMINISTER})
_SUBMITS = frozenset({Right.SUBMIT})


@dataclass(frozen=True)
class Recorded:
    """What a message has changed in our rows."""

    deployment: Deployment
    message: Message
    person: Person
    membership: Membership | None
    link: ResourceLink | None
    ticket: str = ""

    def may(self, rights: frozenset[Right]) -> bool:
        return self.membership is not None and any(map(self.membership.has, rights))


def page_for(recorded: Recorded) -> str:
    """The address that a message opens. Raises :class:`LaunchRefused`."""
    return _PAGES[recorded.message.message_type](recorded)


def stands_in_a_course(message: Message) -> bool:
    """Whether a message of this kind must name a course or a link."""
    return _PAGES[message.message_type] is not _open_privacy


def link_page(link_pk: int) -> str:
    """The page that a launch of a link opens."""
    return reverse(settings.LTI_LAUNCH_TARGET, args=[link_pk])


def _open_link(recorded: Recorded) -> str:
    if recorded.link is None or not recorded.may(frozenset(Right)):
        raise LaunchRefused("no-rights")
    return link_page(recorded.link.pk)


def _open_choice(recorded: Recorded) -> str:
    asked = recorded.message.deep_linking
    if asked is None or recorded.membership is None or not recorded.may(MAY_CHOOSE):
        raise LaunchRefused("no-rights")
    request = DeepLinkingRequest.objects.create(
        person=recorded.person,
        context=recorded.membership.context,
        return_url=asked.return_url,
        data=asked.data,
        accept_types=list(asked.accept_types),
        accept_targets=list(asked.accept_targets),
        accept_multiple=asked.accept_multiple,
        accept_line_item=asked.accept_line_item,
        ticket_digest=recorded.ticket,
    )
    return reverse(settings.LTI_DEEP_LINK_TARGET, args=[request.pk])


def _open_review(recorded: Recorded) -> str:
    """Submission Review 1.0: reviewers see anybody's work, learners their own."""
    learner = Person.objects.filter(
        registration=recorded.deployment.registration, sub=recorded.message.for_user
    ).first()
    own = learner == recorded.person and recorded.may(_SUBMITS)
    if not own and not recorded.may(MAY_REVIEW):
        raise LaunchRefused("no-rights")
    link = recorded.link or _link_of_column(recorded)
    if learner is None or link is None:
        raise LaunchRefused("review-unknown")
    return reverse(settings.LTI_SUBMISSION_REVIEW_TARGET, args=[link.pk, learner.pk])


def _link_of_column(recorded: Recorded) -> ResourceLink | None:
    """The link of the column that a review names when it names no link."""
    grades = recorded.message.grades
    if recorded.membership is None or grades is None or not grades.line_item:
        return None
    column = (
        LineItem.objects.select_related("resource_link")
        .filter(resource_link__context=recorded.membership.context, url=grades.line_item)
        .first()
    )
    return column.resource_link if column else None


def _open_privacy(recorded: Recorded) -> str:
    """Data Privacy Launch 1.0: one's own data, or anybody's for who administers the LMS."""
    subject = recorded.person
    wanted = recorded.message.for_user
    administers = Right.ADMINISTER in rights_outside_courses(recorded.message.roles)
    if wanted and wanted != recorded.message.subject:
        if not administers:
            raise LaunchRefused("no-rights")
        registration = recorded.deployment.registration
        found = Person.objects.filter(registration=registration, sub=wanted).first()
        if found is None:
            raise LaunchRefused("review-unknown")
        subject = found
    request = DataPrivacyRequest.objects.create(
        person=recorded.person, subject=subject, administers=administers
    )
    return reverse(settings.LTI_DATA_PRIVACY_TARGET, args=[request.pk])


def _open_report(recorded: Recorded) -> str:
    """Asset Processor 1.0: learners see what became of their own work, reviewers anybody's."""
    message = recorded.message
    found = asset_processor.found(recorded.deployment, message.submission, message.asset)
    here = recorded.membership.context_id if recorded.membership else None
    if found is None or found.handed_in.context_id != here:
        raise LaunchRefused("review-unknown")
    own = found.handed_in.person_id == recorded.person.pk and recorded.may(_SUBMITS)
    if not own and not recorded.may(MAY_REVIEW):
        raise LaunchRefused("no-rights")
    return reverse(settings.LTI_REPORT_REVIEW_TARGET, args=[found.pk])


def _open_processor(recorded: Recorded) -> str:
    """A teacher looks at what a processor of an activity of the LMS is set to."""
    if recorded.membership is None or not recorded.may(MAY_CHOOSE):
        raise LaunchRefused("no-rights")
    page = reverse(settings.LTI_PROCESSOR_SETTINGS_TARGET, args=[recorded.membership.context_id])
    return f"{page}?{urlencode({'assessment': recorded.message.custom.get('assessment', '')})}"


_PAGES = {
    messages.RESOURCE_LINK_REQUEST: _open_link,
    messages.DEEP_LINKING_REQUEST: _open_choice,
    messages.SUBMISSION_REVIEW_REQUEST: _open_review,
    messages.DATA_PRIVACY_REQUEST: _open_privacy,
    messages.LTI_DATA_PRIVACY_REQUEST: _open_privacy,
    messages.REPORT_REVIEW_REQUEST: _open_report,
    messages.PROCESSOR_SETTINGS_REQUEST: _open_processor,
}
