from __future__ import annotations

from typing import Any

import pytest
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory

from lti_tool import rights
from lti_tool.frames import allow_frames, origin
from lti_tool.middleware import SESSION_KEY
from lti_tool.models import Context, Person, ResourceLink
from lti_tool.roles import Right
from tests.lti_tool import factories


def asking(person: Person | None) -> Any:
    request: Any = RequestFactory().get("/")
    request.person = person
    return request


@pytest.fixture
def link(db: None) -> ResourceLink:
    return factories.make_link()


def test_a_right_in_one_course_is_none_in_another(link: ResourceLink) -> None:
    ada = factories.make_person(link, rights=[Right.REVIEW])
    other = factories.make_context(link.context.deployment.registration)
    assert rights.require(asking(ada), link.context, Right.REVIEW).person == ada
    with pytest.raises(Http404):
        rights.require(asking(ada), other, Right.REVIEW)
    with pytest.raises(Http404):
        rights.require(asking(ada), link.context, Right.TEACH)


def test_a_stranger_has_no_right(link: ResourceLink) -> None:
    with pytest.raises(Http404):
        rights.require(asking(None), link.context, Right.SUBMIT)


def test_a_registration_that_is_switched_off_ends_all_rights(link: ResourceLink) -> None:
    ada = factories.make_person(link)
    ada.registration.active = False
    with pytest.raises(Http404):
        rights.require(asking(ada), link.context, Right.SUBMIT)


def test_a_deployment_that_is_switched_off_ends_all_rights(link: ResourceLink) -> None:
    ada = factories.make_person(link)
    rights.require(asking(ada), link.context, Right.SUBMIT)
    link.context.deployment.active = False
    link.context.deployment.save()
    with pytest.raises(Http404):
        rights.require(asking(ada), link.context, Right.SUBMIT)
    assert not rights.contexts(ada, Right.SUBMIT).exists()


def test_contexts_are_those_with_the_right(link: ResourceLink) -> None:
    ada = factories.make_person(link, rights=[Right.REVIEW, Right.TEACH])
    other: Context = factories.make_context(link.context.deployment.registration)
    factories.make_membership(ada, other, [Right.SUBMIT])
    assert list(rights.contexts(ada, Right.REVIEW)) == [link.context]
    assert list(rights.contexts(ada, Right.SUBMIT)) == [other]
    assert not rights.contexts(ada, Right.ADMINISTER).exists()


def test_the_test_client_can_be_a_person(client: Client, link: ResourceLink) -> None:
    ada = factories.make_person(link)
    factories.sign_in(client, ada)
    policy = client.get("/")["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://lms.example" in policy
    tom = factories.make_person(link)
    factories.sign_in(client, tom)
    assert client.session[SESSION_KEY] == str(tom.pk)


@pytest.mark.parametrize("stored", ["", "x", 7, None, "00000000-0000-0000-0000-000000000000", []])
def test_a_broken_session_is_nobody(client: Client, db: None, stored: Any) -> None:
    session = client.session
    session[SESSION_KEY] = stored
    session.save()
    assert "frame-ancestors 'none'" in client.get("/")["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://lms.example/a?b#c", "https://lms.example"),
        ("https://LMS.example:8443/", "https://lms.example:8443"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("https://a.example; script-src *", None),
        ("https://a.example'", None),
        ("https://*.example", None),
        ("javascript:alert(1)", None),
        ("https://", None),
        ("https://[", None),
        ("https://a.example:x/", None),
        ("", None),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, found: str | None) -> None:
    assert origin(url) == found


def test_without_a_launch_the_registered_addresses_may_frame(db: None) -> None:
    response: Any = HttpResponse()
    allow_frames(response, factories.make_registration(origins=[]))
    assert response._csp_replace == {"frame-ancestors": ["'self'", "https://lms.example"]}
