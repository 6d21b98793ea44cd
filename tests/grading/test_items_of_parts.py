"""Matching, ordering and cloze, from the page to the mark."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from grading import intake, offers, pipeline, privacy
from grading.errors import NotAccepted
from grading.models import Mark, Response, Submission
from grading.progress import Progress
from tests.world import World, decision_of, signed_in

PARTS = Path(__file__).parent / "parts.yaml"


@pytest.fixture(name="attempt")
def begun(here: World) -> Submission:
    call_command("import_assessment", str(PARTS), publish=True, verbosity=0)
    here.placement.assessment_code = "parts"
    here.placement.save()
    return intake.begin(here.placement, here.ada)


def response(attempt: Submission, code: str) -> Response:
    return attempt.responses.select_related("item").get(item__code=code)


def page(attempt: Submission, code: str, name: str = "item") -> str:
    return reverse(f"grading:{name}", args=[attempt.pk, code])


def partner(found: Response, text: str) -> str:
    return str(found.item.pairs.filter(partner=text)[0].pk)


def matched(found: Response, **partners: str) -> dict[str, str]:
    texts = {f"`git {name}`": name for name in partners}
    return {
        str(pair.pk): partner(found, partners[texts[pair.text]])
        for pair in found.item.pairs.filter(text__in=texts)
    }


def marked(attempt: Submission, code: str) -> Mark:
    intake.hand_in(attempt)
    pipeline.advance(str(attempt.pk))
    return Mark.objects.get(response=response(attempt, code))


def earned(mark: Mark) -> Decimal:
    return mark.level.points


@pytest.mark.django_db
def test_partners_are_offered_once_each_in_an_order_of_the_learners_own(
    here: World, attempt: Submission
) -> None:
    mine = [offer.text for offer in offers.partners(response(attempt, "belongs"))]
    assert sorted(mine) == ["records what is staged", "sends to a remote", "stages a change"]
    assert mine == [offer.text for offer in offers.partners(response(attempt, "belongs"))]
    orders = set()
    for number in range(12):
        other = intake.begin(here.placement, here.join(f"p{number}", ["x"]))
        steps = [step.text for step in offers.steps(response(other, "sequence"))]
        assert steps != ["Write a failing test", "Make it pass", "Tidy up", "Commit"]
        orders.add(tuple(steps))
    assert len(orders) > 3


@pytest.mark.django_db
def test_two_texts_may_have_the_same_partner(attempt: Submission) -> None:
    found = response(attempt, "belongs")
    same = "stages a change"
    intake.save(found, parts=matched(found, add=same, stage=same, commit="sends to a remote"))
    assert earned(marked(attempt, "belongs")) == Decimal("66.66")


@pytest.mark.django_db
def test_the_order_is_kept_as_the_learner_put_it_and_marked(attempt: Submission) -> None:
    found = response(attempt, "sequence")
    first, second, third, fourth = found.item.choices.all()
    order = [fourth.pk, first.pk, second.pk, third.pk]
    intake.save(found, choices=order)
    found.refresh_from_db()
    assert found.choices == order
    assert [step.pk for step in offers.arranged(found)] == order
    assert earned(marked(attempt, "sequence")) == Decimal("66.66")


@pytest.mark.django_db
def test_two_orders_of_the_same_steps_have_two_digests(attempt: Submission) -> None:
    found = response(attempt, "sequence")
    order = [step.pk for step in found.item.choices.all()]
    intake.save(found, choices=order)
    before = found.sha256
    intake.save(found, choices=order[::-1])
    assert found.sha256 != before


@pytest.mark.django_db
def test_gaps_are_marked_each_in_its_own_way(attempt: Submission) -> None:
    found = response(attempt, "fill-in")
    given = {"type": "Octet", "bits": "1 byte", "kept": "queue", "call": "len(data)"}
    intake.save(found, parts=given)
    mark = marked(attempt, "fill-in")
    assert earned(mark) == Decimal(75)


@pytest.mark.django_db
def test_a_slip_of_the_pen_goes_to_a_person(here: World, attempt: Submission) -> None:
    found = response(attempt, "fill-in")
    intake.save(found, parts={"type": "byte", "bits": "8 bit", "kept": "stack", "call": "len(dta)"})
    intake.hand_in(attempt)
    pipeline.advance(str(attempt.pk))
    routing = decision_of(response(attempt, "fill-in"))
    assert "nearly right" in " ".join(routing.reasons)
    assert routing.settled_at is None
    # Who decides sees what the author holds for right.
    address = reverse("review:response", args=[response(attempt, "fill-in").pk])
    html = signed_in(here.sofia).get(address).content.decode()
    assert "octet" in html.split("What is right")[1].split("</details>")[0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("belongs", {"999999": "1"}),
        ("fill-in", {"other": "x"}),
        ("fill-in", {"kept": "list"}),
        ("fill-in", {"type": "x" * 201}),
        ("fill-in", {"type": "a\x00b"}),
    ],
)
def test_what_was_not_offered_is_refused(
    attempt: Submission, code: str, parts: dict[str, str]
) -> None:
    with pytest.raises(NotAccepted):
        intake.save(response(attempt, code), parts=parts)


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["twice", "missing", "foreign"])
def test_an_order_must_be_of_the_steps_once_each(attempt: Submission, change: str) -> None:
    found = response(attempt, "sequence")
    steps = [step.pk for step in found.item.choices.all()]
    given = {"twice": [*steps[:3], steps[0]], "missing": steps[:3], "foreign": [*steps[:3], 0]}
    with pytest.raises(NotAccepted, match="not the steps"):
        intake.save(found, choices=given[change])


@pytest.mark.django_db
def test_the_pages_work_without_javascript(here: World, attempt: Submission) -> None:
    browser = signed_in(here.ada)
    steps = [step.name for step in offers.steps(response(attempt, "sequence"))]
    moved = {"step": steps, "move": f"{steps[2]}:up"}
    assert browser.post(page(attempt, "sequence"), moved).status_code == 302
    after = [step.name for step in offers.steps(response(attempt, "sequence"))]
    assert after == [steps[0], steps[2], steps[1], steps[3]]
    browser.post(page(attempt, "fill-in"), {"part-type": " byte ", "part-bits": ""})
    assert response(attempt, "fill-in").parts == {"type": "byte"}
    found = response(attempt, "belongs")
    offer = next(o for o in offers.partners(found) if o.text == "stages a change")
    browser.post(page(attempt, "belongs"), {f"part-{offers.matches(found)[0].name}": offer.name})
    html = browser.get(page(attempt, "belongs")).content.decode()
    assert html.count(" selected") == 1


@pytest.mark.django_db
@pytest.mark.parametrize("move", ["", ":up", "x:up", "9" * 30 + ":up", "1"])
def test_what_was_drawn_by_lot_is_no_answer(here: World, attempt: Submission, move: str) -> None:
    steps = [step.name for step in offers.steps(response(attempt, "sequence"))]
    signed_in(here.ada).post(page(attempt, "sequence"), {"step": steps, "move": move})
    assert response(attempt, "sequence").is_empty


@pytest.mark.django_db
def test_the_page_does_not_tell_what_belongs_together_nor_the_order(
    here: World, attempt: Submission
) -> None:
    found = response(attempt, "belongs")
    shown = {match.name for match in offers.matches(found)}
    assert not shown & {offer.name for offer in offers.partners(found)}
    for code in ("belongs", "sequence"):
        html = signed_in(here.ada).get(page(attempt, code)).content.decode()
        form = html.split("Your answer</h2>")[1].split("panel__foot")[0]
        item = response(attempt, code).item
        for part in (*item.pairs.all(), *item.choices.all()):
            assert f'"{part.pk}"' not in form
            assert f"-{part.pk}" not in form
    # By their names the steps stand in an order that has nothing to do with the right one.
    orders = set()
    for number in range(8):
        other = intake.begin(here.placement, here.join(f"q{number}", ["x"]))
        named = offers.steps(response(other, "sequence"))
        orders.add(tuple(step.text for step in sorted(named, key=lambda step: step.name)))
    assert len(orders) > 2


@pytest.mark.django_db
def test_a_name_of_another_page_is_refused(here: World, attempt: Submission) -> None:
    other = intake.begin(here.placement, here.ben)
    steps = [step.name for step in offers.steps(response(other, "sequence"))]
    answer = signed_in(here.ada).post(page(attempt, "sequence"), {"step": steps[::-1]})
    assert answer.status_code == 409
    partner_there = offers.partners(response(other, "belongs"))[0].name
    text_here = offers.matches(response(attempt, "belongs"))[0].name
    sent = {f"part-{text_here}": partner_there}
    assert signed_in(here.ada).post(page(attempt, "belongs"), sent).status_code == 409


@pytest.mark.django_db
def test_gaps_stand_in_text_and_code_and_never_inside_a_tag(
    here: World, attempt: Submission
) -> None:
    html = signed_in(here.ada).get(page(attempt, "fill-in")).content.decode()
    assert html.count('name="part-type"') == 1
    assert 'print(<input class="gap" name="part-call"' in html
    assert 'aria-label="Gap 2 of 4, with its unit"' in html
    assert "octet" not in html
    assert html.count("<option") == 4


@pytest.mark.django_db
def test_what_cannot_be_kept_stays_in_its_field(here: World, attempt: Submission) -> None:
    browser = signed_in(here.ada)
    sent = {"part-type": "x" * 201, "part-call": '"><b>'}
    answer = browser.post(page(attempt, "fill-in"), sent)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "too long" in html
    assert 'value="&quot;&gt;&lt;b&gt;"' in html


@pytest.mark.django_db
def test_a_newer_answer_of_another_window_is_shown_beside_what_was_typed(
    here: World, attempt: Submission
) -> None:
    browser = signed_in(here.ada)
    address = page(attempt, "fill-in")
    first = {"page": "a" * 16, "revision": "0", "part-type": "byte"}
    browser.post(address, first)
    second = {"page": "b" * 16, "revision": "0", "part-type": "nibble"}
    answer = browser.post(address, second)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert 'value="nibble"' in html
    assert "byte" in html.split("Saved in the other window")[1].split("</details>")[0]


@pytest.mark.django_db
def test_the_result_shows_the_answer_and_tells_parts_only_to_staff(
    here: World, attempt: Submission
) -> None:
    found = response(attempt, "belongs")
    intake.save(found, parts=matched(found, add="stages a change", commit="stages a change"))
    intake.save(response(attempt, "fill-in"), parts={"type": "byte", "kept": "heap"})
    order = [step.pk for step in offers.arranged(response(attempt, "sequence"))]
    intake.save(response(attempt, "sequence"), choices=order)
    intake.hand_in(attempt)
    pipeline.advance(str(attempt.pk))
    own = _answers(signed_in(here.ada), reverse("grading:result", args=[attempt.pk]))
    assert "heap" in own
    assert "gap--wrong" not in own
    assert "choice--wrong" not in own
    staff = _answers(signed_in(here.tomas), reverse("grading:learner_result", args=[attempt.pk]))
    assert "gap--wrong" in staff
    assert "choice--right" in staff
    assert "choice--wrong" in staff


def _answers(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.django_db
def test_the_export_says_in_words_what_was_answered(here: World, attempt: Submission) -> None:
    found = response(attempt, "belongs")
    intake.save(found, parts=matched(found, add="sends to a remote"))
    intake.save(response(attempt, "fill-in"), parts={"type": "byte"})
    sequence = response(attempt, "sequence")
    steps = list(sequence.item.choices.all())
    intake.save(sequence, choices=[step.pk for step in steps[::-1]])
    exported = json.loads("".join(privacy.document(here.ada)))
    answers = {each["item"]: each for each in exported["attempts"][0]["answers"]}
    assert answers["belongs"]["parts"] == [{"for": "`git add`", "given": "sends to a remote"}]
    assert answers["fill-in"]["parts"] == [{"for": "type", "given": "byte"}]
    assert answers["sequence"]["choices"] == [step.text for step in steps[::-1]]


@pytest.mark.django_db
def test_what_is_filled_in_part_is_begun_and_not_answered(attempt: Submission) -> None:
    def state(code: str) -> str:
        return next(step.state for step in Progress.of(attempt).steps if step.code == code)

    found = response(attempt, "fill-in")
    assert state("fill-in") == "empty"
    intake.save(found, parts={"type": "byte"})
    assert state("fill-in") == "begun"
    intake.save(found, parts={"type": "byte", "bits": "8", "kept": "stack", "call": "len(data)"})
    assert state("fill-in") == "answered"
