from __future__ import annotations

import html
import re
from decimal import Decimal
from typing import Any

import jwt
import pytest
from django.http import Http404
from django.test import Client, RequestFactory

from lti_tool import deep_linking, keys
from lti_tool.messages import CLAIM
from lti_tool.models import DeepLinkingRequest, Person
from lti_tool.roles import Right
from tests.lti_tool import factories
from tests.lti_tool.tokens import Lms

pytestmark = pytest.mark.django_db
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"


def request_of(person: Person | None) -> Any:
    request: Any = RequestFactory().get("/")
    request.person = person
    request.session = {}
    return request


@pytest.fixture
def asked(client: Client, lms: Lms) -> DeepLinkingRequest:
    lms.register()
    lms.launch(client, claims=lms.deep_linking_claims())
    return DeepLinkingRequest.objects.get()


def items() -> list[dict[str, Any]]:
    return [
        deep_linking.resource_link(
            title="Practical 2",
            custom={"assessment": "python-associate"},
            maximum=Decimal("12.5"),
            resource_id="python-associate",
        )
    ]


def sent_back(response: Any) -> dict[str, Any]:
    page = response.content.decode()
    found = re.search(r'name="JWT" value="([^"]+)"', page)
    assert found
    published = jwt.PyJWKSet.from_dict(keys.public_set())
    token = html.unescape(found[1])
    kid = jwt.get_unverified_header(token)["kid"]
    claims: dict[str, Any] = jwt.decode(
        token, published[kid], algorithms=["RS256"], options={"verify_aud": False}
    )
    return claims


def test_the_choice_goes_back_signed(asked: DeepLinkingRequest, lms: Lms) -> None:
    response = deep_linking.respond(request_of(asked.person), asked, items())

    claims = sent_back(response)
    assert claims["iss"] == "client-1"
    assert claims["aud"] == lms.issuer
    assert claims[CLAIM + "message_type"] == "LtiDeepLinkingResponse"
    assert claims[CLAIM + "version"] == "1.3.0"
    assert claims[CLAIM + "deployment_id"] == "1"
    assert claims[DL + "data"] == "opaque <data>"
    (item,) = claims[DL + "content_items"]
    assert item["type"] == "ltiResourceLink"
    mark = item["custom"].pop("cograde_link")
    assert len(mark) >= 16
    assert item["custom"] == {
        "assessment": "python-associate",
        "link_history": "$ResourceLink.id.history",
        "context_history": "$Context.id.history",
    }
    assert item["lineItem"] == {
        "label": "Practical 2",
        "scoreMaximum": 12.5,
        "resourceId": "python-associate",
        "tag": "cograde",
        "submissionReview": {"reviewableStatus": ["InProgress", "Submitted", "Completed"]},
    }
    assert 0 < claims["exp"] - claims["iat"] <= 600
    assert claims["nonce"]


def test_the_form_may_be_posted_to_the_lms_and_has_no_inline_script(
    asked: DeepLinkingRequest, lms: Lms
) -> None:
    response: Any = deep_linking.respond(request_of(asked.person), asked, items())
    assert lms.url in response._csp_replace["form-action"]
    page = response.content.decode()
    assert f'action="{lms.url}/deep-link-return"' in page
    assert "onsubmit" not in page
    inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page)
    assert [each for each in inline if 'type="application/json"' not in each] == []  # data runs not


def test_the_return_address_is_escaped(asked: DeepLinkingRequest) -> None:
    asked.return_url = 'https://lms.example/"><script>alert(1)</script>'
    response = deep_linking.respond(request_of(asked.person), asked, items())
    assert b"<script>alert" not in response.content


def test_no_column_where_the_lms_takes_none(asked: DeepLinkingRequest) -> None:
    asked.accept_line_item = False
    claims = sent_back(deep_linking.respond(request_of(asked.person), asked, items()))
    assert "lineItem" not in claims[DL + "content_items"][0]


def test_nothing_chosen_is_an_answer_too(asked: DeepLinkingRequest) -> None:
    asked.data = None
    claims = sent_back(deep_linking.respond(request_of(asked.person), asked, []))
    assert claims[DL + "content_items"] == []
    assert DL + "data" not in claims


def test_only_who_asked_may_answer(asked: DeepLinkingRequest) -> None:
    assert deep_linking.require(request_of(asked.person), asked.pk) == asked
    other = factories.make_person(asked.context, rights=[Right.TEACH])
    for person in (other, None):
        with pytest.raises(Http404):
            deep_linking.require(request_of(person), asked.pk)


def test_who_may_no_longer_teach_may_not_answer(asked: DeepLinkingRequest) -> None:
    factories.make_membership(asked.person, asked.context, [Right.SUBMIT])
    with pytest.raises(Http404):
        deep_linking.require(request_of(asked.person), asked.pk)


def test_an_old_request_is_closed(asked: DeepLinkingRequest) -> None:
    asked.created_at -= deep_linking.ANSWER_WITHIN
    asked.save()
    with pytest.raises(Http404):
        deep_linking.require(request_of(asked.person), asked.pk)
