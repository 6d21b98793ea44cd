"""Addresses of the Practice LMS."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from practice_lms import (
    activity_pages,
    ags,
    asset_services,
    assignment_pages,
    control,
    copy_pages,
    deep_linking,
    frames,
    grade_pages,
    groups,
    notice_handlers,
    nrps,
    oidc,
    pages,
    people_pages,
    privacy_pages,
    registration,
    tokens,
    tool_pages,
)


def alive(_request: HttpRequest) -> HttpResponse:
    """For supervisors: the service answers."""
    return HttpResponse("ok", content_type="text/plain")


COURSE = "courses/<str:course_id>"
CELL = f"{COURSE}/gradebook/<str:item_id>/<str:learner_id>"
ITEM = "lti/courses/<str:course_id>/lineitems/<str:item_id>"

urlpatterns = [
    path("alive", alive),
    # What tools use
    path(".well-known/openid-configuration", oidc.configuration),
    path("lti/jwks.json", oidc.key_set),
    path("lti/authorize", oidc.authorize),
    path("lti/token", tokens.token),
    path("lti/register", registration.register),
    path("lti/deep-linking/return", deep_linking.returned),
    path("lti/courses/<str:course_id>/members", nrps.members),
    path("lti/processors/<str:processor_id>/assets/<str:asset_id>", asset_services.asset),
    path("lti/processors/<str:processor_id>/reports", asset_services.reports),
    path("lti/notice-handlers/<str:deployment>", notice_handlers.notice_handlers),
    path("lti/courses/<str:course_id>/groups", groups.groups),
    path("lti/courses/<str:course_id>/groupsets", groups.group_sets),
    path("lti/courses/<str:course_id>/lineitems", ags.line_items),
    path(ITEM, ags.line_item),
    path(f"{ITEM}/scores", ags.scores),
    path(f"{ITEM}/results", ags.results),
    path(f"{ITEM}/results/<str:user_id>", ags.result),
    # What people use
    path("", pages.home),
    path("sign-in", pages.sign_in_page),
    path("sign-out", pages.sign_out_page),
    path(COURSE, pages.course_page),
    path(f"{COURSE}/copy", copy_pages.copy),
    path(f"{COURSE}/people", people_pages.people),
    path(f"{COURSE}/people/add", people_pages.enrol),
    path(f"{COURSE}/people/<str:other_id>", people_pages.change),
    path(f"{COURSE}/grades", grade_pages.my_grades),
    path(f"{COURSE}/gradebook", grade_pages.gradebook_page),
    path(CELL, grade_pages.override),
    path(f"{CELL}/submission", grade_pages.submission),
    path(f"{COURSE}/add", activity_pages.add),
    path(f"{COURSE}/add/<str:client_id>", activity_pages.add_from),
    path(f"{COURSE}/add/<str:client_id>/window", activity_pages.add_from_window),
    path(f"{COURSE}/assignments/new", assignment_pages.new),
    path(f"{COURSE}/tools", tool_pages.tools),
    path(f"{COURSE}/tools/register", tool_pages.invite),
    path(f"{COURSE}/tools/register/<str:id>", tool_pages.invited),
    path(f"{COURSE}/tools/register/<str:id>/state", tool_pages.invited_state),
    path(f"{COURSE}/tools/<str:client_id>", tool_pages.switch),
    path("activities/<str:link_id>", activity_pages.activity),
    path("activities/<str:link_id>/window", activity_pages.activity_window),
    path("assignments/<str:assignment_id>", assignment_pages.assignment),
    path("assignments/<str:assignment_id>/attach/<str:client_id>", assignment_pages.attach),
    path("submissions/<str:submission_id>/notice", assignment_pages.tell_again),
    path("assets/<str:asset_id>", assignment_pages.asset),
    path("reports/<str:processor_id>/<str:asset_id>/<str:kind>", assignment_pages.report),
    path("storage-frame", frames.storage_frame),
    path("privacy", privacy_pages.privacy),
    path("privacy/<str:client_id>", privacy_pages.ask),
    # What tests use
    *(path(f"control/{name}", view) for name, view in control.URLS.items()),
]

handler404 = "practice_lms.problems.not_found"
handler500 = "practice_lms.problems.server_error"
