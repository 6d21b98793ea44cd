from __future__ import annotations

import pytest
from django.urls import reverse

from grading.models import Response
from review import claims
from review.models import Reviewer
from tests.review.test_marking import form, with_proposals
from tests.world import REVIEWER, World, decision_of, join, marked, signed_in

SECRETS = ("level--machine", "voice--machine", "Because of the tests", "87%", "proposes this")


def proposed(here: World) -> Response:
    response = with_proposals(here.waiting())
    response.machine_marks.update(rationale="Because of the tests", confidence=0.87)
    return response


def page_of(response: Response) -> str:
    return reverse("review:response", args=[response.pk])


def test_before_the_reviewer_has_marked_the_machine_is_not_in_the_page(here: World) -> None:
    response = proposed(here)
    browser = signed_in(here.sofia)
    text = browser.get(page_of(response)).content.decode()
    assert "shown after you save" in text
    assert not [secret for secret in SECRETS if secret in text]
    # Nor in what a failed save, an autosave or the queue sends.
    sent = {"level-clarity": form(response, 1, 1)["level-clarity"]}
    for address in (page_of(response), reverse("review:autosave", args=[response.pk])):
        text = browser.post(address, sent).content.decode()
        assert not [secret for secret in SECRETS if secret in text]


def test_after_saving_the_machine_stands_beside_the_reviewer(here: World) -> None:
    response = proposed(here)
    browser = signed_in(here.sofia)
    saved = browser.post(page_of(response), form(response, 1, 1), follow=True)
    text = saved.content.decode()
    assert "Your marks are stored" in text
    assert all(secret in text for secret in ("level--machine", "Because of the tests"))


def test_a_second_press_before_the_reveal_was_seen_settles_nothing(here: World) -> None:
    response = proposed(here)
    browser = signed_in(here.sofia)
    for _press in range(2):
        browser.post(page_of(response), {**form(response, 1, 1), "stage": "blind"})
    assert not response.marks.exists()
    browser.post(page_of(response), {**form(response, 1, 1), "stage": "revealed"})
    assert response.marks.count() == 2


def test_in_shadow_mode_the_machine_is_never_shown(here: World) -> None:
    here.under(mode="shadow", blind=False)
    response = proposed(here)
    browser = signed_in(here.sofia)
    text = browser.get(page_of(response)).content.decode()
    assert not [secret for secret in SECRETS if secret in text]
    browser.post(page_of(response), form(response, 1, 1))
    assert response.marks.count() == 2
    text = browser.get(page_of(response)).content.decode()
    assert not [secret for secret in SECRETS if secret in text]


def test_a_save_without_a_level_says_which_and_keeps_what_was_typed(here: World) -> None:
    response = proposed(here)
    sent = form(response, 1, 1, correctness="Nearly <there>")
    del sent["level-clarity"]
    answer = signed_in(here.sofia).post(page_of(response), sent)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Choose a level for: Clarity." in text
    assert "Nearly &lt;there&gt;" in text
    assert f'value="{sent["level-correctness"]}" checked' in text


def test_saving_opens_the_next_and_the_last_says_so(here: World) -> None:
    first, second = here.waiting(here.ada), here.waiting(here.ben)
    browser = signed_in(here.sofia)
    reached = set()
    address = browser.post(reverse("review:next", args=[here.course.pk])).headers["Location"]
    for _turn in range(2):
        response = next(each for each in (first, second) if str(each.pk) in address)
        reached.add(response)
        address = browser.post(page_of(response), form(response, 1, 1)).headers["Location"]
    assert reached == {first, second}
    assert "Nothing is left" in browser.get(address).content.decode()


def test_a_response_that_a_colleague_holds_is_not_opened(here: World) -> None:
    response = here.waiting()
    kofi = here.join("kofi", here.sofia.memberships.get().roles)
    assert claims.claim(kofi, decision_of(response))
    answer = signed_in(here.sofia).get(page_of(response), follow=True)
    assert "Another reviewer is at this response" in answer.content.decode()


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_what_learners_write_is_shown_and_never_run(here: World, hostile: str) -> None:
    response = here.waiting(why=hostile)
    text = signed_in(here.sofia).get(page_of(response)).content.decode()
    assert hostile not in text
    assert "&lt;" in text


def test_reviewers_see_no_names(here: World) -> None:
    response = here.waiting()
    text = signed_in(here.sofia).get(page_of(response)).content.decode()
    assert response.code in text
    assert str(here.ada.pk) not in text
    assert here.ada.code not in text


def test_a_character_that_is_no_text_costs_a_reviewer_nothing(here: World) -> None:
    response = here.waiting()
    browser = signed_in(here.sofia)
    assert browser.get(page_of(response) + "?item=%00").status_code == 200
    sent = form(response, 1, 1, correctness="kept \x00 too")
    browser.post(reverse("review:skip", args=[response.pk]), {"why": "\x00", "item": "\x00"})
    assert browser.post(page_of(response), sent).status_code == 302
    mark = response.marks.get(criterion__code="correctness")
    assert mark.comment.startswith("kept")
    assert mark.comment.endswith("too")


def test_a_page_that_is_fetched_ahead_counts_what_is_left_after_it(here: World) -> None:
    responses = [here.waiting(here.join(f"l{number}", ["x"])) for number in range(3)]
    address = page_of(responses[1])
    browser = signed_in(here.sofia)
    assert "2 after this" in browser.get(address).content.decode()
    ahead = {"Ahead-Of": str(responses[0].pk)}
    assert "1 after this" in browser.get(address, headers=ahead).content.decode()
    assert browser.get(address, headers={"Ahead-Of": "x"}).status_code == 200


def test_when_one_part_is_done_the_queue_shows_what_else_waits(here: World) -> None:
    response = here.waiting()
    here.waiting(here.ben)
    marked(response, here.sofia)
    browser = signed_in(here.sofia)
    following = reverse("review:next", args=[here.course.pk])
    done = browser.post(f"{following}?learner={response.submission_id}", follow=True)
    assert "That is done. Here is what else waits." in done.content.decode()
    assert "1 response to review" in done.content.decode()
    assert "learner=" not in done.redirect_chain[-1][0]


def test_what_is_left_to_others_is_said_at_the_item_and_on_the_way(here: World) -> None:
    response = here.waiting()
    kofi = join(here.course, "kofi", REVIEWER)
    declared = Reviewer.objects.create(person=kofi)
    reading = response.item.rubric.criteria.first().competencies.get()  # type: ignore[union-attr]
    declared.competencies.set([reading.programme.competencies.create(code="w", title="W")])
    browser = signed_in(kofi)
    queue_page = reverse("review:queue", args=[here.course.pk])
    assert "left to others" in browser.get(queue_page).content.decode()
    assert "left to others" not in signed_in(here.sofia).get(queue_page).content.decode()
    following = reverse("review:next", args=[here.course.pk])
    done = browser.post(f"{following}?item=why", follow=True).content.decode()
    assert "left to others by what you said you mark" in done


def test_who_marked_finds_it_again(here: World) -> None:
    response = here.waiting()
    browser = signed_in(here.sofia)
    queue_page = reverse("review:queue", args=[here.course.pk])
    assert "marked lately" not in browser.get(queue_page).content.decode()
    marked(response, here.sofia)
    text = browser.get(queue_page).content.decode()
    assert page_of(response) in text.split("marked lately")[1]
    assert "marked lately" not in signed_in(here.tomas).get(queue_page).content.decode()
