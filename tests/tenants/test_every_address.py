"""Every address that names an object, tried by everybody whom it does not concern."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from grading import decisions, diagnostics
from grading.models import Match, Regrade, Response, Upload
from lti_tool.models import (
    Asset,
    Context,
    DataPrivacyRequest,
    DeepLinkingRequest,
    HandIn,
    OutgoingScore,
    Person,
)
from lti_tool.roles import INSTITUTION
from review import calibration, marking
from review.models import Batch, Review, ReviewMark
from tests.grading.files.test_pictures import drawn
from tests.world import (
    LEARNER,
    REVIEWER,
    TEACHER,
    World,
    course_of,
    decision_of,
    join,
    marked,
    released,
    signed_in,
    world,
)

# Who may open what in their own course. `own` is the learner whose attempt it is.
READERS = {
    "grading:open": {"own", "learner", "reviewer", "teacher"},
    "grading:begin": {"own", "learner"},
    "grading:again": {"own", "learner"},
    "grading:choose_for_link": {"teacher"},
    "grading:class": {"teacher"},
    "grading:resend": {"teacher"},
    "grading:resend_all": {"teacher"},
    "grading:read_roster": {"teacher"},
    "grading:read_gradebook": {"teacher"},
    "grading:submission_review": {"own", "reviewer", "teacher"},
    "grading:learner_result": {"reviewer", "teacher"},
    "grading:choose": set(),  # only who was sent there by the LMS
    "grading:privacy": set(),  # the same
    "grading:privacy_download": set(),
    "grading:privacy_erase": set(),
    "grading:attempt": {"own"},
    "grading:item": {"own"},
    "grading:save": {"own"},
    "grading:check": {"own"},
    "grading:run": {"own"},
    "grading:hand_in": {"own"},
    "grading:result": {"own"},
    "grading:files": {"own"},
    "grading:remove_file": {"own"},
    # Of an attempt that is still open; reviewers see them once it is handed in.
    "grading:file": {"own"},
    "grading:picture": {"own"},
    "grading:asset_report": {"own", "reviewer", "teacher"},
    "grading:asset_processor": {"teacher"},
    "grading:appeal": {"own"},
    "grading:regrade": {"teacher"},
    "grading:regrade_begin": {"teacher"},
    "grading:regrade_publish": {"teacher"},
    "grading:regrade_drop": {"teacher"},
    "review:queue": {"reviewer", "teacher"},
    "review:next": {"reviewer", "teacher"},
    "review:response": {"reviewer", "teacher"},
    "review:autosave": {"reviewer", "teacher"},
    "review:comments": {"reviewer", "teacher"},
    "review:agreement": {"teacher"},
    "review:behind": {"teacher"},
    "review:skip": {"reviewer", "teacher"},
    "review:ahead": {"reviewer", "teacher"},
    "review:keep_view": {"reviewer", "teacher"},
    "review:yourself": {"reviewer", "teacher"},
    "review:preview": {"reviewer", "teacher"},
    "review:annotate": {"reviewer", "teacher"},
    "review:note": {"reviewer", "teacher"},
    "review:flag": {"reviewer", "teacher"},
    "review:release_claim": {"teacher"},
    "review:gold": {"teacher"},
    # Of one's own reviews; here the teacher's.
    "review:undo": {"teacher"},
    "review:alike": {"teacher"},
    "review:alike_count": {"teacher"},
    "review:compared": {"teacher"},
    "review:batch": {"teacher"},
    "review:undo_batch": {"teacher"},
    "review:similar": {"reviewer", "teacher"},
}
ROOMS = ("grading", "review", "lti_tool")
# Shows or takes only what is one's own.
WITHOUT_OBJECT = {"review:home", "lti_tool:preferences"}
# Each is opened by what it is given: a signed message, an invitation, a ticket; or shows only us.
BY_MESSAGE = {
    f"lti_tool:{name}"
    for name in ("login", "launch", "window", "jwks", "register", "addresses", "canvas", "notices")
}
# For our staff, and for who administers that very LMS.
HEALTH = {f"lti_tool:{name}" for name in ("health", "health_examine", "health_round_trip")}
# What the teacher of these tests was sent to by the LMS.
ABOUT_DATA = {"grading:privacy", "grading:privacy_download", "grading:privacy_erase"}
ASKED = {"grading:choose", *ABOUT_DATA}


def addresses(here: World) -> dict[str, str]:
    """One address of every name, all for Ada's attempt."""
    appealable = released(here, here.ada)
    open_attempt = here.answered()
    double = open_attempt.responses.get(item__code="double")
    run = diagnostics.request(double)
    upload = Upload.objects.create(response=double, name="a.txt", size=1, sha256="", content=b"x")
    picture = Upload.objects.create(
        response=double, name="a.png", size=1, sha256="", content=drawn(), shown=drawn()
    )
    waiting = here.waiting(here.join("handed-in", LEARNER))
    Match.objects.create(response=waiting, earlier=double, share=0.9, marks=9, flagged=True)
    score = OutgoingScore.objects.get(person=here.ada)  # of the attempt before
    asked = DeepLinkingRequest.objects.create(
        person=here.tomas, context=here.course, return_url="https://lms.example/return"
    )
    private = DataPrivacyRequest.objects.create(
        person=here.tomas, subject=here.ada, administers=True
    )
    item: dict[str, object] = {"pk": open_attempt.pk, "code": "double"}
    link: dict[str, object] = {"link_pk": here.link.pk}
    arguments: dict[str, dict[str, object]] = {
        "grading:open": link,
        "grading:begin": link,
        "grading:again": link,
        "grading:choose_for_link": link,
        "grading:class": link,
        "grading:resend": {**link, "score_pk": score.pk},
        "grading:resend_all": link,
        "grading:read_roster": link,
        "grading:read_gradebook": link,
        "grading:submission_review": {**link, "person_pk": here.ada.pk},
        "grading:learner_result": {"pk": waiting.submission_id},
        "grading:choose": {"pk": asked.pk},
        "grading:privacy": {"pk": private.pk},
        "grading:privacy_download": {"pk": private.pk},
        "grading:privacy_erase": {"pk": private.pk},
        "grading:attempt": {"pk": open_attempt.pk},
        "grading:item": item,
        "grading:save": item,
        "grading:check": item,
        "grading:run": {**item, "number": run.number},
        "grading:hand_in": {"pk": open_attempt.pk},
        "grading:result": {"pk": open_attempt.pk},
        "grading:files": item,
        "grading:remove_file": {**item, "upload_pk": upload.pk},
        "grading:file": {"pk": upload.pk},
        "grading:picture": {"pk": picture.pk},
        "grading:asset_report": {"pk": asset_of(here).pk},
        "grading:asset_processor": {"context_pk": here.course.pk},
        "review:queue": {"course_pk": here.course.pk},
        "review:next": {"course_pk": here.course.pk},
        "review:response": {"pk": waiting.pk},
        "review:autosave": {"pk": waiting.pk},
        "review:agreement": {"course_pk": here.course.pk},
        "review:behind": {"course_pk": here.course.pk, **compared(waiting)},
        "review:comments": {"pk": waiting.pk, "code": "clarity"},
        "review:skip": {"pk": waiting.pk},
        "review:similar": {"pk": waiting.pk, "other_pk": double.pk},
        "grading:appeal": {
            "pk": appealable.submission_id,
            "code": "why",
            "criterion_code": "clarity",
        },
        **regrade_of(here),
        **of_reviewers(here, waiting),
    }
    return {name: reverse(name, kwargs=given) for name, given in arguments.items()}


def regrade_of(here: World) -> dict[str, dict[str, object]]:
    link: dict[str, object] = {"link_pk": here.link.pk}
    regrade = Regrade.objects.create(
        placement=here.placement, assessment=here.assessment, reason="x", asked_by=here.tomas
    )
    one = {**link, "pk": regrade.pk}
    return {
        "grading:regrade": link,
        "grading:regrade_begin": link,
        "grading:regrade_publish": one,
        "grading:regrade_drop": one,
    }


def of_reviewers(here: World, waiting: Response) -> dict[str, dict[str, object]]:
    """What reviewers do to a response that waits, and reviews of the teacher's own."""
    course: dict[str, object] = {"course_pk": here.course.pk}
    response: dict[str, object] = {"pk": waiting.pk}
    own = marked(here.waiting(here.join("marked", LEARNER)), here.tomas)
    batch = Batch.objects.create(reviewer=here.tomas, source=own)
    golden = released(here, here.join("golden", LEARNER))
    calibration.choose(golden, here.tomas, "")
    comparison = decisions.send(golden, "calibration", [], reserved_for=here.tomas)
    compared_with = marking.open_review(here.tomas, comparison)
    calibration.finish(compared_with)
    return {
        "review:keep_view": course,
        "review:yourself": course,
        "review:preview": {**response, "code": "clarity"},
        "review:annotate": response,
        "review:note": response,
        "review:ahead": response,
        "review:flag": response,
        "review:gold": {"pk": golden.pk},
        "review:release_claim": {"decision_pk": decision_of(waiting).pk},
        "review:undo": {"review_pk": own.pk},
        "review:alike": {"review_pk": own.pk},
        "review:alike_count": {"review_pk": own.pk},
        "review:compared": {"review_pk": compared_with.pk},
        "review:batch": {"pk": batch.pk},
        "review:undo_batch": {"pk": batch.pk},
    }


def compared(response: Response) -> dict[str, object]:
    """Two levels that a reviewer and the machine chose."""
    criterion = response.item.rubric.criteria.get(code="clarity")
    low, high = criterion.levels.order_by("points")
    response.machine_marks.filter(criterion=criterion).update(level=high)
    elsewhere = response.submission.placement.resource_link.context
    reviewer = join(elsewhere, "compared", REVIEWER)
    review = Review.objects.create(
        decision=decision_of(response),
        response=response,
        reviewer=reviewer,
        blind=True,
        settled_at=timezone.now(),
    )
    ReviewMark.objects.create(review=review, criterion=criterion, level=low, first_level=low)
    return {"against": "machine", "human": low.pk, "other": high.pk}


def asset_of(here: World) -> Asset:
    """Something that Ada handed in to an assignment of the LMS itself."""
    handed_in = HandIn.objects.create(
        context=here.course,
        person=here.ada,
        digest="d",
        processor="p",
        activity_id="essay",
        submission_id="s",
        report_url="https://lms.example/reports",
    )
    return Asset.objects.create(
        handed_in=handed_in, asset_id="a", url="https://lms.example/assets/a"
    )


def strangers(here: World) -> Iterator[tuple[str, Person]]:
    """Every role in another course of the same LMS, and behind another registration."""
    other_course = course_of(here.course.deployment.registration, "Spring")
    elsewhere = world(tenant="other", name="other-lms").course
    for place, course in (("other course", other_course), ("other LMS", elsewhere)):
        for role, roles in (("learner", LEARNER), ("reviewer", REVIEWER), ("teacher", TEACHER)):
            yield f"{role} of {place}", join(course, f"x-{role}", roles)


def answers(client: Client, address: str) -> set[int]:
    return {
        client.get(address).status_code,
        client.post(address, {"action": "save"}).status_code,
    }


def test_strangers_learn_nothing_from_any_address(here: World) -> None:
    found = addresses(here)
    for who, person in strangers(here):
        client = signed_in(person)
        for name, address in found.items():
            assert answers(client, address) <= {404, 405}, f"{who} at {name}"


def test_who_is_not_signed_in_is_sent_to_the_course(here: World) -> None:
    for name, address in addresses(here).items():
        client = Client()
        assert answers(client, address) <= {403, 405}, name
        # The activity of a course is the only way in, and the page says so.
        if client.get(address).status_code == 403:
            assert "from your course" in client.get(address).content.decode(), name


@pytest.mark.parametrize("role", ["learner", "reviewer", "teacher"])
def test_each_role_of_the_course_opens_what_is_its_own_only(here: World, role: str) -> None:
    people = {"learner": here.ben, "reviewer": here.sofia, "teacher": here.tomas}
    client = signed_in(people[role])
    for name, address in addresses(here).items():
        if name in ASKED and role == "teacher":
            continue  # that is the teacher who was sent there
        status = client.get(address).status_code
        allowed = role in READERS[name]
        assert (status not in (403, 404)) == allowed or status == 405, f"{role} at {name}: {status}"


def test_a_learner_opens_all_of_their_own(here: World) -> None:
    client = signed_in(here.ada)
    for name, address in addresses(here).items():
        if "own" in READERS[name]:
            assert client.get(address).status_code in (200, 302, 405), name


def test_who_has_left_the_course_has_no_rights(here: World) -> None:
    found = addresses(here)
    for person in (here.ada, here.tomas, here.sofia):
        person.memberships.update(rights=[])
        client = signed_in(person)
        for name, address in found.items():
            if name == "grading:open":
                continue  # says kindly that the role has no part here
            if name in ABOUT_DATA and person == here.tomas:
                continue  # hangs on no course: who has left one may still ask
            assert client.get(address).status_code in (404, 405), name


def test_an_lms_that_was_switched_off_opens_nothing(here: World) -> None:
    found = addresses(here)
    registration = here.course.deployment.registration
    registration.active = False
    registration.save(update_fields=["active"])
    client = signed_in(here.ada)
    for name, address in found.items():
        assert client.get(address).status_code in (404, 405), name


@pytest.mark.parametrize("name", sorted(HEALTH))
def test_the_health_of_an_lms_is_for_who_administers_it(here: World, name: str) -> None:
    registration = here.course.deployment.registration
    address = reverse(name, args=[registration.pk])
    other = world(tenant="other", name="other-lms").course
    for course, opens in ((here.course, True), (other, False)):
        administrator = join(course, "administrator", [INSTITUTION + "Administrator"])
        status = signed_in(administrator).get(address).status_code
        assert (status in (200, 405)) == opens or status == 405
        assert signed_in(administrator).post(address).status_code in (302, 404, 405)
    for person in (here.ada, here.sofia, here.tomas, *(who for _, who in strangers_of(other))):
        assert answers(signed_in(person), address) <= {404, 405}
    assert answers(Client(), address) <= {403, 404, 405}


def strangers_of(course: Context) -> Iterator[tuple[str, Person]]:
    for role, roles in (("learner", LEARNER), ("reviewer", REVIEWER), ("teacher", TEACHER)):
        yield role, join(course, f"y-{role}", roles)


def test_the_tables_above_name_every_address() -> None:
    named: set[str] = set()
    for resolver in get_resolver().url_patterns:
        if isinstance(resolver, URLResolver) and resolver.namespace in ROOMS:
            for pattern in resolver.url_patterns:
                assert isinstance(pattern, URLPattern)
                named.add(f"{resolver.namespace}:{pattern.name}")
    assert named == set(READERS) | WITHOUT_OBJECT | BY_MESSAGE | HEALTH
