"""What each kind of message opens, for whom, and what it leaves behind."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from lti_tool.messages import AGS_ENDPOINT, CLAIM, ROSTER_SERVICE
from lti_tool.middleware import SESSION_KEY
from lti_tool.models import (
    ConsumerKey,
    Context,
    DataPrivacyRequest,
    LineItem,
    Membership,
    Person,
    PersonName,
    Registration,
    ResourceLink,
)
from lti_tool.roles import Right
from tests.lti_tool import tokens
from tests.lti_tool.tokens import (
    CONTEXT,
    CUSTOM,
    INSTRUCTOR,
    LEARNER,
    MESSAGE_TYPE,
    REMOVED,
    RESOURCE_LINK,
    ROLES,
    SCHOOL_ADMIN,
    TARGET,
    Lms,
)

pytestmark = pytest.mark.django_db
FOR_USER = CLAIM + "for_user"
LTI_1P1 = CLAIM + "lti1p1"


@pytest.fixture
def registration(lms: Lms) -> Registration:
    return lms.register()


def code_of(answer: Any) -> str:
    found = re.search(r"<code[^>]*>([a-z-]+)</code>", answer.content.decode())
    assert found, (answer.status_code, answer.content[:300])
    return found[1]


# Submission review


def review(**changes: Any) -> dict[str, Any]:
    return {
        MESSAGE_TYPE: "LtiSubmissionReviewRequest",
        ROLES: [INSTRUCTOR],
        "sub": "teacher",
        FOR_USER: {"user_id": "user-1"},
        **changes,
    }


@pytest.fixture
def ada(client: Client, lms: Lms, registration: Registration) -> Person:
    lms.launch(client)
    return Person.objects.get(sub="user-1")


def review_page(learner: Person) -> str:
    link = ResourceLink.objects.get(lti_id="link-1")
    return reverse(settings.LTI_SUBMISSION_REVIEW_TARGET, args=[link.pk, learner.pk])


def test_a_teacher_opens_the_work_of_a_learner(client: Client, lms: Lms, ada: Person) -> None:
    answer = lms.launch(client, claims=review())
    assert answer.status_code == 302
    assert answer["Location"] == review_page(ada)


def test_a_learner_opens_their_own_work_and_nobody_elses(
    client: Client, lms: Lms, ada: Person
) -> None:
    own = lms.launch(client, claims=review(sub="user-1", **{ROLES: [LEARNER]}))
    assert own["Location"] == review_page(ada)
    others = lms.launch(client, claims=review(sub="user-2", **{ROLES: [LEARNER]}))
    assert code_of(others) == "no-rights"


def test_the_review_of_a_column_finds_its_link(client: Client, lms: Lms, ada: Person) -> None:
    """A review may come from the gradebook, which knows columns and no links."""
    answer = lms.launch(client, claims=review(**{RESOURCE_LINK: REMOVED}))
    assert answer["Location"] == review_page(ada)


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("for-user", {FOR_USER: REMOVED}),
        ("for-user", {FOR_USER: {"user_id": 7}}),
        ("for-user", {FOR_USER: "user-1"}),
        ("review-unknown", {FOR_USER: {"user_id": "nobody"}}),
        ("target-mismatch", {TARGET: "https://evil.example/"}),
        ("target-mismatch", {TARGET: f"{settings.BASE_URL}.evil.example/"}),
    ],
)
def test_a_review_that_says_no_sense_is_refused(
    client: Client, lms: Lms, ada: Person, code: str, changes: dict[str, Any]
) -> None:
    assert code_of(lms.launch(client, claims=review(**changes))) == code


def test_a_column_may_name_a_page_of_ours_for_its_reviews(
    client: Client, lms: Lms, ada: Person
) -> None:
    answer = lms.launch(client, claims=review(**{TARGET: f"{settings.BASE_URL}/somewhere"}))
    assert answer.status_code == 302


def test_what_a_review_leaves_out_stays_as_the_launch_said(
    client: Client, lms: Lms, ada: Person
) -> None:
    """A review is about one person's work; it says little of the course and of the link."""
    lms.launch(client, claims={"sub": "teacher", ROLES: [INSTRUCTOR]})
    before = ResourceLink.objects.get()
    silent = {
        CUSTOM: {"only": "here"},
        AGS_ENDPOINT: REMOVED,
        ROSTER_SERVICE: REMOVED,
        ROLES: [],
    }
    answer = lms.launch(client, claims=review(**silent))
    assert answer["Location"] == review_page(ada)
    after = ResourceLink.objects.get()
    assert after.custom == before.custom == {"assessment": "python-associate"}
    assert after.service_scopes == before.service_scopes != []
    assert after.line_items_url == before.line_items_url != ""
    teacher = Membership.objects.get(person__sub="teacher")
    assert (teacher.roles, teacher.has(Right.TEACH)) == ([INSTRUCTOR], True)


def test_a_launch_without_roles_takes_all_rights(client: Client, lms: Lms, ada: Person) -> None:
    lms.launch(client, claims={"sub": "teacher", ROLES: [INSTRUCTOR]})
    lms.launch(client, claims={"sub": "teacher", ROLES: []})
    assert Membership.objects.get(person__sub="teacher").rights == []


# Data privacy


def privacy(**changes: Any) -> dict[str, Any]:
    return {
        MESSAGE_TYPE: "DataPrivacyLaunchRequest",
        ROLES: [],
        RESOURCE_LINK: REMOVED,
        CONTEXT: REMOVED,
        **changes,
    }


@pytest.mark.parametrize("name", ["DataPrivacyLaunchRequest", "LtiDataPrivacyLaunchRequest"])
def test_somebody_asks_what_is_stored_about_them(
    client: Client, lms: Lms, ada: Person, name: str
) -> None:
    answer = lms.launch(client, claims=privacy(**{MESSAGE_TYPE: name}))
    asked = DataPrivacyRequest.objects.get()
    assert answer["Location"] == reverse(settings.LTI_DATA_PRIVACY_TARGET, args=[asked.pk])
    assert asked.person == asked.subject == ada
    assert asked.may_erase


def test_an_administrator_of_the_lms_asks_about_somebody(
    client: Client, lms: Lms, ada: Person
) -> None:
    who = {"sub": "admin", ROLES: [SCHOOL_ADMIN], FOR_USER: {"user_id": "user-1"}}
    assert lms.launch(client, claims=privacy(**who)).status_code == 302
    asked = DataPrivacyRequest.objects.get()
    assert (asked.subject, asked.administers) == (ada, True)


@pytest.mark.parametrize("roles", [[], [LEARNER], [INSTRUCTOR], [tokens.MEMBERSHIP_ADMIN]])
def test_nobody_else_asks_about_somebody(
    client: Client, lms: Lms, ada: Person, roles: list[str]
) -> None:
    """Whoever runs a course does not run the LMS."""
    who = {"sub": "other", ROLES: roles, FOR_USER: {"user_id": "user-1"}}
    assert code_of(lms.launch(client, claims=privacy(**who))) == "no-rights"
    assert DataPrivacyRequest.objects.count() == 0


# People whom the LMS does not name


def test_somebody_without_any_name_is_known_by_a_number(client: Client, lms: Lms) -> None:
    lms.register()
    answer = lms.launch(client, claims={"name": REMOVED, "email": REMOVED})
    assert answer.status_code == 302
    assert PersonName.objects.get().name == ""


def test_a_name_that_is_not_sent_any_more_is_kept(
    client: Client, lms: Lms, registration: Registration
) -> None:
    lms.launch(client)
    lms.launch(client, claims={"name": REMOVED, "email": REMOVED})
    assert PersonName.objects.get().name == "Ada Lovelace"


def test_an_anonymous_launch_opens_for_somebody_new(
    client: Client, lms: Lms, registration: Registration
) -> None:
    unnamed = {"sub": REMOVED, "name": REMOVED, "email": REMOVED}
    assert lms.launch(client, claims=unnamed).status_code == 302
    first = Person.objects.get()
    assert first.anonymous
    assert client.session[SESSION_KEY] == str(first.pk)

    lms.launch(Client(), claims=unnamed)
    assert Person.objects.filter(anonymous=True).count() == 2


def test_an_anonymous_person_is_the_same_in_the_same_browser(
    client: Client, lms: Lms, registration: Registration
) -> None:
    unnamed = {"sub": REMOVED, "name": REMOVED, "email": REMOVED}
    lms.launch(client, claims=unnamed)
    lms.launch(client, claims=unnamed)
    assert Person.objects.count() == 1
    assert Membership.objects.get().rights == ["submit"]


@pytest.mark.parametrize("sub", ["anonymous:1", "lti1p1:old-7"])
def test_no_lms_uses_the_names_that_we_invent(
    client: Client, lms: Lms, registration: Registration, sub: str
) -> None:
    assert code_of(lms.launch(client, claims={"sub": sub})) == "subject"


# From LTI 1.1


def legacy(registration: Registration, secret: str, **changes: Any) -> dict[str, Any]:
    """The claim as an LMS signs it; the nonce and the expiry are those of the launch."""
    return {
        "user_id": "old-7",
        "oauth_consumer_key": "school",
        "resource_link_id": "old-link",
        "context_id": "old-course",
        "secret": secret,
        **changes,
    }


def launch_with(lms: Lms, client: Client, found: dict[str, Any]) -> Any:
    asked = lms.start(client)
    expires = int(time.time()) + 60
    parts = [found["oauth_consumer_key"], lms.deployment_id, lms.issuer, lms.client_id]
    text = "&".join([*parts, str(expires), asked["nonce"]])
    secret = found.pop("secret")
    sign = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    found.setdefault("oauth_consumer_key_sign", base64.b64encode(sign).decode())
    claims = lms.claims(asked["nonce"], **{"exp": expires, LTI_1P1: found})
    return client.post("/lti/launch/", {"state": asked["state"], "id_token": lms.token(claims)})


def test_who_people_were_is_written_down_when_it_is_proven(
    client: Client, lms: Lms, registration: Registration
) -> None:
    ConsumerKey.objects.create(registration=registration, key="school", secret="s3cret")
    assert launch_with(lms, client, legacy(registration, "s3cret")).status_code == 302
    assert Person.objects.get().legacy_id == "old-7"
    assert ResourceLink.objects.get().legacy_id == "old-link"
    assert Context.objects.get().legacy_id == "old-course"


def test_who_was_brought_over_keeps_what_is_theirs(
    client: Client, lms: Lms, registration: Registration
) -> None:
    ConsumerKey.objects.create(registration=registration, key="school", secret="s3cret")
    before = Person.objects.create(registration=registration, sub="lti1p1:old-7")
    launch_with(lms, client, legacy(registration, "s3cret"))
    assert Person.objects.get().pk == before.pk
    assert Person.objects.get().sub == "user-1"


@pytest.mark.parametrize(
    "changes",
    [{"secret": "guessed"}, {"oauth_consumer_key_sign": ""}, {"oauth_consumer_key_sign": "x"}],
)
def test_a_claim_that_is_signed_wrongly_is_refused(
    client: Client, lms: Lms, registration: Registration, changes: dict[str, Any]
) -> None:
    ConsumerKey.objects.create(registration=registration, key="school", secret="s3cret")
    answer = launch_with(lms, client, {**legacy(registration, "s3cret"), **changes})
    assert code_of(answer) == "migration-signature"
    assert Person.objects.count() == 0


def test_a_consumer_key_that_we_never_gave_means_nothing(
    client: Client, lms: Lms, registration: Registration
) -> None:
    before = Person.objects.create(registration=registration, sub="lti1p1:old-7")
    assert launch_with(lms, client, legacy(registration, "whatever")).status_code == 302
    before.refresh_from_db()
    assert before.sub == "lti1p1:old-7"


def test_the_key_of_one_lms_proves_nothing_to_another(
    client: Client, lms: Lms, registration: Registration
) -> None:
    other = Registration.objects.create(
        issuer="https://other.example", client_id="c", name="Other", auth_login_url="https://o/"
    )
    ConsumerKey.objects.create(registration=other, key="school", secret="s3cret")
    launch_with(lms, client, legacy(registration, "s3cret"))
    assert Person.objects.get().legacy_id == ""


# Copies of courses


def test_a_copied_link_is_known_by_the_history_that_the_lms_names(
    client: Client, lms: Lms, registration: Registration
) -> None:
    lms.launch(client)
    original = ResourceLink.objects.get()
    copied = {
        RESOURCE_LINK: {"id": "link-9"},
        CONTEXT: {"id": "course-2"},
        CUSTOM: {"link_history": "unknown,link-1", "context_history": "course-1"},
    }
    lms.launch(client, claims=copied)
    copy = ResourceLink.objects.get(lti_id="link-9")
    assert copy.copied_from == original
    assert copy.context.copied_from == original.context


def test_a_copied_link_is_known_by_our_own_mark(
    client: Client, lms: Lms, registration: Registration
) -> None:
    marked = {"cograde_link": "mark-of-the-original", "link_history": "$ResourceLink.id.history"}
    lms.launch(client, claims={CUSTOM: marked})
    lms.launch(client, claims={RESOURCE_LINK: {"id": "link-9"}, CUSTOM: marked})
    copy = ResourceLink.objects.get(lti_id="link-9")
    assert copy.copied_from == ResourceLink.objects.get(lti_id="link-1")


def test_a_mark_of_another_organisation_means_nothing(client: Client, lms: Lms) -> None:
    lms.register(tenant="one")
    marked = {CUSTOM: {"cograde_link": "mark"}}
    lms.launch(client, claims=marked)
    lms.client_id = "client-2"
    lms.register(tenant="two", client_id="client-2")
    lms.launch(Client(), claims=marked)
    second = ResourceLink.objects.get(context__deployment__registration__tenant="two")
    assert second.copied_from is None


# Columns


def test_several_columns_of_a_link_are_kept(
    client: Client, lms: Lms, registration: Registration
) -> None:
    from lti_tool.messages import AGS_ENDPOINT

    for number in (1, 2):
        grades = {"scope": [], "lineitem": f"{lms.url}/items/{number}"}
        lms.launch(client, claims={AGS_ENDPOINT: grades})
    assert LineItem.objects.count() == 2


# Refusals


def test_a_refusal_leads_back_to_the_lms_with_what_happened(
    client: Client, lms: Lms, registration: Registration
) -> None:
    presentation = {"return_url": "https://lms.example/course?id=1&x=%22"}
    answer = lms.launch(client, claims={ROLES: [], CLAIM + "launch_presentation": presentation})
    page = answer.content.decode()
    found = re.search(r'href="(https://lms\.example/[^"]+)"', page)
    assert found
    assert "id=1" in found[1]
    assert "lti_errormsg=Your+role" in found[1]
    assert "no-rights" in found[1]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.example", "https://", 7, None])
def test_nobody_is_led_to_what_is_no_address(
    client: Client, lms: Lms, registration: Registration, url: object
) -> None:
    presentation = {CLAIM + "launch_presentation": {"return_url": url}}
    page = lms.launch(client, claims={ROLES: [], **presentation}).content.decode()
    assert "lti_errormsg" not in page


def test_a_message_that_is_not_signed_leads_nowhere(
    client: Client, lms: Lms, registration: Registration
) -> None:
    asked = lms.start(client)
    presentation = {CLAIM + "launch_presentation": {"return_url": "https://evil.example/"}}
    claims = lms.claims(asked["nonce"], **presentation)
    token = lms.token(claims, key=tokens.rsa_key("thief"))
    answer = client.post("/lti/launch/", {"state": asked["state"], "id_token": token})
    assert code_of(answer) == "signature"
    assert b"evil.example" not in answer.content


def test_a_registration_that_waits_for_approval_says_so(client: Client, lms: Lms) -> None:
    lms.register(active=False, waiting=True)
    answer = client.post(
        "/lti/login/",
        {"iss": lms.issuer, "login_hint": "h", "target_link_uri": tokens.target()},
    )
    assert code_of(answer) == "registration-waiting"
