"""In which order work is taken, and whose it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from grading import decisions
from grading.models import Placement, Response, RoutingDecision
from grading.routing import Stake, expected_change
from lti_tool.models import ResourceLink
from review import claims, queue, team
from review.models import Claim, Conflict, Reviewer, Skip
from rubrics import rows
from rubrics.publishing import new_draft, publish
from tests.world import (
    LEARNER,
    REVIEWER,
    TEACHER,
    World,
    course_of,
    decision_of,
    join,
    marked,
    signed_in,
)

pytestmark = pytest.mark.django_db


def several(here: World, count: int) -> list[Response]:
    return [here.waiting(here.join(f"l{number}", ["x"])) for number in range(count)]


def order(here: World) -> list[Response]:
    found = queue.available(here.sofia, here.course)
    return [decision.response for decision in found.select_related("response")]


def put(response: Response, **values: object) -> None:
    RoutingDecision.objects.filter(response=response).update(**values)


def test_due_comes_before_stakes_and_stakes_before_what_may_change(here: World) -> None:
    now = timezone.now()
    late, high, much, usual = several(here, 4)
    for response in (high, much, usual):
        put(response, due_hour=now, stakes=1, expected_change=0.1)
    put(late, due_hour=now - timedelta(hours=1), stakes=0, expected_change=0.0)
    put(high, stakes=2)
    put(much, expected_change=0.5)
    assert order(here) == [late, high, much, usual]


def test_among_equals_the_order_tells_nothing_of_the_learners(here: World) -> None:
    responses = several(here, 6)
    RoutingDecision.objects.update(due_hour=timezone.now(), expected_change=0.1)
    assert order(here) == sorted(responses, key=lambda each: each.pk)


def test_what_the_machine_knows_nothing_of_may_change_most(here: World) -> None:
    response = here.waiting()
    assert decisions.change_expected(response) == pytest.approx(10 / 30)  # points of the item
    for mark in response.machine_marks.all():
        mark.level = mark.criterion.levels.last()
        mark.confidence = 1.0
        mark.save()
    assert decisions.change_expected(response) == 0


@given(
    st.lists(
        st.builds(
            Stake,
            weight=st.floats(0.1, 10),
            points=st.lists(st.floats(0, 10), min_size=2, max_size=5),
            level=st.sampled_from([None, 0, 1]),
            confidence=st.floats(0, 1),
        ),
        max_size=4,
    )
)
def test_expected_change_is_a_share(stakes: list[Stake]) -> None:
    assert 0 <= expected_change(stakes) <= 1 + 1e-9


def test_a_surer_machine_leaves_less_to_change() -> None:
    def change(confidence: float) -> float:
        return expected_change([Stake(1.0, (0.0, 1.0, 2.0), 2, confidence)])

    assert change(0.2) > change(0.9) > change(1.0) == 0


def test_who_knows_the_author_is_given_nothing_of_theirs_again(here: World) -> None:
    first = here.waiting()
    claims.skip(here.sofia, decision_of(first), Skip.Reason.KNOWN)
    assert Conflict.objects.get().learner == here.ada
    assert claims.claim_next(here.sofia, here.course) is None
    kofi = join(here.course, "kofi", REVIEWER)
    assert claims.claim_next(kofi, here.course) is not None
    page = signed_in(here.sofia).get(reverse("review:response", args=[first.pk]), follow=True)
    assert "who does not know its author" in page.content.decode()
    assert not Claim.objects.filter(reviewer=here.sofia).exists()


def test_who_teaches_marks_nothing_where_the_policy_is_double_blind(here: World) -> None:
    here.under(double_blind=True)
    response = here.waiting()
    assert claims.claim_next(here.tomas, here.course) is None
    assert claims.claim_next(here.sofia, here.course) == decision_of(response)
    marked(response, here.sofia)


def test_the_queue_follows_what_a_reviewer_has_declared(here: World) -> None:
    response = here.waiting()
    kofi = join(here.course, "kofi", REVIEWER)
    declared = Reviewer.objects.create(person=kofi)
    reading = response.item.rubric.criteria.first().competencies.get()  # type: ignore[union-attr]
    other = reading.programme.competencies.create(code="writing", title="Writing")
    declared.competencies.set([other])
    why = here.assessment.items.get(code="why")
    assert team.left_out(team.Ability.of(declared), here.course) == [why.title]
    assert claims.claim_next(kofi, here.course) is None
    declared.competencies.add(reading)
    assert claims.claim_next(kofi, here.course) == decision_of(response)


def test_what_gets_late_is_open_to_everybody(here: World) -> None:
    response = here.waiting()
    kofi = join(here.course, "kofi", REVIEWER)
    declared = Reviewer.objects.create(person=kofi, languages=["java"])
    reading = response.item.rubric.criteria.first().competencies.get()  # type: ignore[union-attr]
    declared.competencies.set([reading.programme.competencies.create(code="w", title="W")])
    assert claims.claim_next(kofi, here.course) is None
    now = timezone.now()
    put(response, at=now - timedelta(hours=40), due_at=now + timedelta(hours=8))
    assert claims.claim_next(kofi, here.course) == decision_of(response)


def test_a_programming_language_suits_code_alone(here: World) -> None:
    kofi = join(here.course, "kofi", REVIEWER)
    Reviewer.objects.create(person=kofi, languages=["java"])
    why = here.waiting()
    code = decision_of(why)
    assert claims.claim_next(kofi, here.course) == code
    double = here.assessment.items.get(code="double")
    assert team.left_out(team.Ability(languages=frozenset({"java"})), here.course) == [double.title]


def written_in(here: World, tag: str) -> None:
    """From now on attempts are at a version that says so."""
    draft = new_draft(here.assessment)
    draft.language = tag
    draft.save()
    publish(draft)
    here.assessment = draft


@pytest.mark.parametrize(
    ("tag", "reads", "given"),
    [
        ("", ["de"], True),
        ("de", [], True),
        ("de", ["de"], True),
        ("de-CH", ["de"], True),
        ("DE-ch", ["De"], True),
        ("de", ["de-CH"], False),
        ("den", ["de"], False),
        ("en", ["de", "fr"], False),
    ],
)
def test_the_queue_follows_the_languages_that_a_reviewer_reads(
    here: World, tag: str, reads: list[str], given: bool
) -> None:
    written_in(here, tag)
    response = here.waiting()
    kofi = join(here.course, "kofi", REVIEWER)
    Reviewer.objects.create(person=kofi, reads=reads)
    assert claims.claim_next(kofi, here.course) == (decision_of(response) if given else None)


def test_assessments_of_one_course_may_name_their_items_alike(here: World) -> None:
    """Two languages, and the same codes: who reads one of them is given that one."""
    here_too = here.assessment
    content = replace(rows.assessment_content(here_too), code="francais", language="fr")
    draft = rows.write_assessment(
        here_too.programme,
        content,
        1,
        policy=here_too.policy,
        rubrics=rows.rubrics_of(here_too),
    )
    publish(draft)
    written_in(here, "de")
    german = here.waiting()
    link = ResourceLink.objects.create(context=here.course, lti_id="fr", title="En français")
    placement = Placement.objects.create(
        resource_link=link, programme=draft.programme, assessment_code="francais"
    )
    elsewhere = replace(here, placement=placement, assessment=draft)
    in_french = elsewhere.waiting(here.join("louise", LEARNER))
    for reads, theirs in (("de", german), ("fr", in_french)):
        reviewer = join(here.course, f"reads-{reads}", REVIEWER)
        Reviewer.objects.create(person=reviewer, reads=[reads])
        assert list(queue.available(reviewer, here.course)) == [decision_of(theirs)]


def test_what_somebody_would_not_be_given_is_named_before_it_is_saved(here: World) -> None:
    kofi = join(here.course, "kofi", REVIEWER)
    browser = signed_in(kofi)
    address = reverse("review:yourself", args=[here.course.pk])
    assert "every item of this course" in browser.get(address).content.decode()
    written_in(here, "de")
    page = browser.get(address).content.decode()
    assert "Deutsch (de)" in page
    double = here.assessment.items.get(code="double")
    writing = double.rubric.programme.competencies.create(code="writing", title="Writing")
    sent = {"competencies": [str(writing.pk)]}
    html = browser.post(address, sent, headers={"HX-Request": "true"}).content.decode()
    why = here.assessment.items.get(code="why")
    assert "1 item goes to others" in html
    assert why.title in html
    assert double.title not in html
    assert not Reviewer.objects.filter(person=kofi).exists()
    browser.post(address, {"reads": ["de"]})
    assert Reviewer.objects.get(person=kofi).reads == ["de"]


def test_a_full_day_is_said_and_more_can_be_taken(here: World) -> None:
    Reviewer.objects.create(person=here.sofia, per_day=1)
    first, _second = several(here, 2)
    marked(first, here.sofia)
    browser = signed_in(here.sofia)
    following = reverse("review:next", args=[here.course.pk])
    page = browser.post(following, follow=True).content.decode()
    assert "as many as you said" in page
    page = browser.post(following, {"more": "1"}, follow=True).content.decode()
    assert "Save, show the machine" in page


def test_a_reviewer_declares_on_a_page_and_other_courses_keep_theirs(here: World) -> None:
    kofi = join(here.course, "kofi", REVIEWER)
    Reviewer.objects.create(person=kofi, languages=["java"])
    browser = signed_in(kofi)
    address = reverse("review:yourself", args=[here.course.pk])
    wrong = browser.post(address, {"per_day": "0"})
    assert wrong.status_code == 200
    assert "greater than or equal to 1" in wrong.content.decode()
    browser.post(address, {"per_day": "12", "languages": ["python"]})
    declared = Reviewer.objects.get(person=kofi)
    assert (declared.per_day, sorted(declared.languages)) == (12, ["java", "python"])


def test_who_teaches_takes_a_response_back_from_a_closed_laptop(here: World) -> None:
    response = here.waiting()
    claims.claim_next(here.sofia, here.course)
    address = reverse("review:release_claim", args=[decision_of(response).pk])
    assert signed_in(here.sofia).post(address).status_code == 404
    page = signed_in(here.tomas).post(address, follow=True)
    assert f"Response {response.code} is free again" in page.content.decode()
    assert claims.claim_next(here.tomas, here.course) == decision_of(response)


def test_somebody_of_another_course_takes_nothing_back(here: World) -> None:
    response = here.waiting()
    claims.claim_next(here.sofia, here.course)
    other = course_of(here.course.deployment.registration, "Spring")
    stranger = join(other, "stranger", TEACHER)
    address = reverse("review:release_claim", args=[decision_of(response).pk])
    assert signed_in(stranger).post(address).status_code == 404
    assert Claim.objects.exists()


def test_what_was_said_in_other_courses_counts_and_is_shown(here: World) -> None:
    written_in(here, "en")
    kofi = join(here.course, "kofi", REVIEWER)
    Reviewer.objects.create(person=kofi, reads=["de"])
    browser = signed_in(kofi)
    address = reverse("review:yourself", args=[here.course.pk])
    page = browser.get(address).content.decode()
    assert "it counts here too: Deutsch (de)." in page
    html = browser.post(address, {"per_day": ""}, headers={"HX-Request": "true"}).content.decode()
    assert "4 items go to others" in html
    html = browser.post(address, {"reads": ["en"]}, headers={"HX-Request": "true"}).content.decode()
    assert "every item of this course" in html
    wrong = browser.post(address, {"per_day": "0"}, headers={"HX-Request": "true"})
    assert wrong.status_code == 204
