from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from rubrics import publishing, rows
from rubrics.interchange.importing import import_assessment
from rubrics.models import Assessment, Check, Criterion, Item, Level, Policy, Programme, Rubric
from tests.rubrics import samples
from tests.rubrics.pages import errors, fill

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(client: Client) -> Client:
    user = User.objects.create_user("author", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="rubrics"))
    client.force_login(user)
    return client


@pytest.fixture
def looker(client: Client) -> Client:
    user = User.objects.create_user("looker", password="x", is_staff=True)
    may = Permission.objects.filter(content_type__app_label="rubrics", codename__startswith="view_")
    user.user_permissions.set(may)
    client.force_login(user)
    return client


def add(model: str) -> str:
    return reverse(f"admin:rubrics_{model}_add")


def change(obj: Any) -> str:
    return reverse(f"admin:rubrics_{obj._meta.model_name}_change", args=[obj.pk])


def step(obj: Any, name: str) -> str:
    return f"{change(obj).removesuffix('change/')}{name}/"


def test_an_assessment_is_made_from_nothing_and_published(author: Client) -> None:
    saved = fill(author, add("programme"), {"title": "Basics of Python"})
    assert not errors(saved)
    programme = Programme.objects.get(code="basics-of-python")
    fill(author, change(programme), rows={"competencies": [{"title": "Explaining"}]})

    fill(author, add("rubric"), {"title": "Explaining", "code": ""})
    rubric = Rubric.objects.get(code="explaining")
    fill(
        author,
        change(rubric),
        rows={"criteria": [{"title": "Clarity", "weight": "2"}, {"title": "Facts", "weight": "1"}]},
    )
    clarity, facts = rubric.criteria.all()
    assert (clarity.code, clarity.position, facts.position) == ("clarity", 1, 2)
    assert [level.points for level in clarity.levels.all()] == [0, 1, 2, 3]
    competency = programme.competencies.get()
    saved = fill(
        author,
        change(clarity),
        {"competencies": [str(competency.pk)], "levels-0-descriptor": "Nothing.\nAt all."},
    )
    assert not errors(saved)
    assert saved.redirect_chain[-1][0] == change(rubric)
    lowest = clarity.levels.all()[0]
    assert lowest.descriptor == "Nothing.\nAt all."
    fill(author, change(lowest), rows={"anchors": [{"text": "dunno", "note": "says nothing"}]})
    assert lowest.anchors.get().note == "says nothing"

    fill(author, add("assessment"), {"title": "First steps"})
    assessment = Assessment.objects.get(code="first-steps")
    assert assessment.policy.code == "standard"
    items = [
        {"title": "Which", "kind": "choice", "points": "5"},
        {"title": "How long", "kind": "numeric", "points": "2.5"},
        {"title": "Why", "kind": "short_text", "points": "10", "rubric": str(rubric.pk)},
        {"title": "Parse", "kind": "code", "points": "10"},
    ]
    saved = fill(author, change(assessment), {"instructions": "Read all."}, rows={"items": items})
    assert not errors(saved)
    which, how_long, why, parse = assessment.items.all()

    asked = author.get(step(assessment, "publish"))
    assert "no choice is the right one" in asked.content.decode()
    assert "Publish for good" not in asked.content.decode()
    author.post(step(assessment, "publish"))
    assessment.refresh_from_db()
    assert not assessment.is_published

    fill(
        author,
        change(which),
        {"prompt": "Which?"},
        rows={"choices": [{"text": "a list", "correct": "on"}, {"text": "a tuple"}]},
    )
    fill(
        author, change(how_long), {"prompt": "ms?", "numeric_answer": "12.5", "numeric_unit": "ms"}
    )
    fill(author, change(why), {"prompt": "Why?", "words_min": "20", "words_max": "120"})
    checks: list[dict[str, Any]] = [
        {"title": "Empty", "kind": "call", "weight": "1", "call": "parse('')", "expected": "[]"},
        {"title": "Prints", "kind": "io", "weight": "1", "stdin": "1 2\n", "expected": "3\n"},
        {"title": "Clean", "kind": "ruff", "weight": "1", "rules": "E,F"},
        {"title": "Loop", "kind": "construct", "weight": "2", "require": "def:parse\nfor"},
    ]
    for check in checks:
        check.update(tolerance="0", show_expected="on")
    saved = fill(
        author,
        change(parse),
        {"prompt": "Write it.", "starter": "def parse(text):\n    ...\n"},
        rows={"checks": checks},
    )
    assert not errors(saved)
    assert parse.checks.get(code="loop").require == ["def:parse", "for"]
    assert parse.checks.get(code="prints").stdin == "1 2\n"
    parse.refresh_from_db()
    assert parse.starter == "def parse(text):\n    ...\n"

    assert "Publish for good" in author.get(step(assessment, "publish")).content.decode()
    author.post(step(assessment, "publish"))
    assessment.refresh_from_db()
    assert assessment.is_published
    assert Rubric.objects.get(code="explaining").is_published
    file = author.get(step(assessment, "export"))
    again = import_assessment(file.content, tenant="elsewhere", publish=True).assessment
    assert rows.assessment_content(again) == rows.assessment_content(assessment)


def all_pages(assessment: Assessment) -> list[str]:
    parts: list[Any] = [
        assessment.programme,
        assessment,
        assessment.policy,
        *assessment.items.all(),
        *Rubric.objects.all(),
        *Criterion.objects.all(),
        *Level.objects.all()[:2],
    ]
    lists = [
        reverse(f"admin:rubrics_{name}_changelist")
        for name in ("programme", "rubric", "policy", "assessment")
    ]
    steps = [step(assessment, name) for name in ("preview", "export")]
    return [*lists, *steps, *(change(part) for part in parts)]


@pytest.mark.parametrize("published", [False, True])
def test_every_page_opens(author: Client, published: bool) -> None:
    assessment = samples.published_assessment() if published else samples.assessment()
    for url in all_pages(assessment):
        assert author.get(url).status_code == 200, url
    for name in ("programme", "rubric", "policy", "assessment"):
        assert author.get(add(name)).status_code == 200


def test_lists_can_be_searched_and_filtered(author: Client) -> None:
    samples.published_assessment()
    url = reverse("admin:rubrics_rubric_changelist")
    assert "explain" in author.get(url, {"q": "explain", "state": "published"}).content.decode()
    assert author.get(url, {"state": "draft"}).context["cl"].result_count == 0


def test_staff_who_may_only_look_see_all_and_change_nothing(looker: Client) -> None:
    assessment = samples.assessment()
    for url in all_pages(assessment):
        assert looker.get(url).status_code == 200, url
    assert looker.post(change(assessment), {"title": "x"}).status_code == 403
    assert looker.post(step(assessment, "publish")).status_code == 403
    assert looker.post(step(assessment, "new_draft")).status_code == 403
    assert looker.get(add("rubric")).status_code == 403


def test_nobody_else_gets_in(client: Client) -> None:
    assessment = samples.assessment()
    for url in [*all_pages(assessment), step(assessment, "publish")]:
        assert client.get(url).status_code == 302, url


def test_what_is_published_is_shown_and_cannot_be_saved(author: Client) -> None:
    assessment = samples.published_assessment()
    item = assessment.items.get(code="parse")
    criterion = Criterion.objects.get(code="clarity")
    for obj in (assessment, item, assessment.policy, criterion, criterion.levels.all()[0]):
        page = author.get(change(obj)).content.decode()
        assert 'name="_save"' not in page
        assert 'name="title"' not in page
        assert author.post(change(obj), {"title": "changed"}).status_code == 403
        assert author.post(reverse_delete(obj), {"post": "yes"}).status_code == 403
    assert Item.objects.get(pk=item.pk).title == "Parse"


def reverse_delete(obj: Any) -> str:
    return reverse(f"admin:rubrics_{obj._meta.model_name}_delete", args=[obj.pk])


def test_what_gets_published_while_somebody_edits_is_said_in_words(
    author: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rubric = samples.rubric()
    real = Rubric.full_clean

    def published_meanwhile(self: Rubric, *args: Any, **kwargs: Any) -> None:
        real(self, *args, **kwargs)
        publishing.publish(Rubric.objects.get(pk=self.pk))

    monkeypatch.setattr(Rubric, "full_clean", published_meanwhile)
    answer = fill(author, change(rubric), {"title": "Changed"})
    assert "Nothing was saved: this is published by now" in answer.content.decode()


def test_other_refusals_of_the_database_are_not_hidden(
    author: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: Any, **kwargs: Any) -> None:
        raise IntegrityError("something else")

    rubric = samples.rubric()
    monkeypatch.setattr(Rubric, "save_base", fails)
    with pytest.raises(IntegrityError, match="something else"):
        fill(author, change(rubric), {"title": "Changed"})


def test_a_new_draft_is_made_once(author: Client) -> None:
    first = samples.published_assessment()
    assert "copy of version 1" in author.get(step(first, "new_draft")).content.decode()
    assert Assessment.objects.count() == 1, "looking makes nothing"
    answer = author.post(step(first, "new_draft"), follow=True)
    draft = Assessment.objects.get(version=2)
    assert answer.redirect_chain[-1][0] == change(draft)
    answer = author.post(step(first, "new_draft"), follow=True)
    assert "There is a draft already: version 2" in answer.content.decode()
    assert Assessment.objects.count() == 2


def test_a_standard_rubric_has_no_new_version(author: Client) -> None:
    rubric = publishing.standard_rubric(samples.programme(), "answer-key")
    answer = author.post(step(rubric, "new_draft"), follow=True)
    assert "is built in and stays as it is" in answer.content.decode()


def test_a_step_of_something_that_is_not_there_is_not_found(author: Client) -> None:
    samples.assessment()
    url = reverse("admin:rubrics_assessment_change", args=[987654])
    for name in ("publish", "new_draft", "preview", "export"):
        assert author.get(url.replace("change", name)).status_code == 404


@pytest.mark.parametrize("code", ["explain", "answer-key"])
def test_a_code_that_is_taken_is_refused_with_the_way_out(author: Client, code: str) -> None:
    samples.rubric()
    answer = fill(author, add("rubric"), {"title": "Again", "code": code})
    assert errors(answer)
    assert "Again" in answer.content.decode(), "what was typed is kept"


def test_equal_titles_get_codes_of_their_own(author: Client) -> None:
    samples.rubric()
    for _ in range(2):
        assert not errors(fill(author, add("rubric"), {"title": "Explain", "code": ""}))
    codes = set(Rubric.objects.values_list("code", flat=True))
    assert codes == {"explain", "explain-2", "explain-3"}


def test_an_essay_without_a_rubric_is_refused_with_the_reason(author: Client) -> None:
    assessment = samples.assessment()
    answer = fill(
        author,
        change(assessment),
        rows={"items": [{"title": "Essay", "kind": "essay", "points": "10"}]},
    )
    assert "Essay needs a rubric" in answer.content.decode()
    assert not assessment.items.filter(title="Essay").exists()


def test_saving_an_item_unchanged_changes_nothing(author: Client) -> None:
    assessment = samples.assessment()
    before = rows.assessment_content(assessment)
    for item in assessment.items.all():
        assert not errors(fill(author, change(item)))
    assert not errors(fill(author, change(assessment)))
    assert rows.assessment_content(assessment) == before


def test_saving_a_rubric_unchanged_changes_nothing(author: Client) -> None:
    rubric = samples.rubric()
    before = rows.rubric_content(rubric)
    fill(author, change(rubric))
    for criterion in rubric.criteria.all():
        fill(author, change(criterion))
        for level in criterion.levels.all():
            fill(author, change(level))
    assert rows.rubric_content(rubric) == before


def test_a_list_that_lines_cannot_hold_survives_saving(author: Client) -> None:
    assessment = samples.assessment()
    check = Check.objects.get(code="prints")
    check.arguments = ["two\nlines", "", " blank "]
    check.save()
    assert not errors(fill(author, change(assessment.items.get(code="parse"))))
    check.refresh_from_db()
    assert check.arguments == ["two\nlines", "", " blank "]


def test_checks_follow_their_item_to_another_rubric(author: Client) -> None:
    assessment = samples.assessment()
    item = assessment.items.get(code="parse")
    fed = item.rubric.criteria.get()
    item.checks.filter(code="style").update(criterion=fed)
    rubric = Rubric.objects.get(code="explain")
    fill(author, change(item), {"rubric": str(rubric.pk)})
    item.refresh_from_db()
    assert item.rubric == rubric
    assert item.checks.get(code="style").criterion is None


def test_only_rubrics_and_policies_of_the_programme_can_be_chosen(author: Client) -> None:
    assessment = samples.assessment()
    other = Programme.objects.create(code="other", title="Other")
    foreign = Rubric.objects.create(programme=other, code="foreign", title="Foreign one")
    Policy.objects.create(programme=other, code="strict", title="Foreign policy")
    item = assessment.items.get(code="explain")
    assert "Foreign" not in author.get(change(assessment)).content.decode()
    assert "Foreign" not in author.get(change(item)).content.decode()
    answer = fill(author, change(item), {"rubric": str(foreign.pk)})
    assert errors(answer)


def test_a_part_can_be_deleted_from_its_page(author: Client) -> None:
    assessment = samples.assessment()
    item = assessment.items.get(code="upload")
    answer = author.post(reverse_delete(item), {"post": "yes"}, follow=True)
    assert answer.redirect_chain[-1][0] == change(assessment)
    assert not assessment.items.filter(code="upload").exists()


def test_a_draft_can_be_deleted_with_its_parts(author: Client) -> None:
    assessment = samples.assessment()
    answer = author.post(reverse_delete(assessment), {"post": "yes"})
    assert answer.status_code == 302
    assert not Item.objects.exists()


def test_a_competency_of_a_published_rubric_is_kept_in_words(author: Client) -> None:
    programme = samples.published_assessment().programme
    answer = fill(
        author,
        change(programme),
        {"competencies-0-DELETE": "on"},
    )
    assert programme.competencies.exists()
    assert "Nothing was saved: this is published by now" in answer.content.decode()


def test_the_preview_shows_answers_of_several_parts_as_learners_meet_them(author: Client) -> None:
    page = author.get(step(samples.assessment(), "preview")).content.decode()
    asked, *_right = page.split("Fill in</h2>")[1].split("What is right")
    assert "A ______ has ______ and is ______." in asked
    assert "octet" not in asked
    asked = page.split("In which order</h2>")[1].split("What is right")[0]
    assert [asked.index(each) for each in ("close", "open", "read")] == sorted(
        asked.index(each) for each in ("close", "open", "read")
    )
    asked = page.split("What belongs together</h2>")[1].split("What is right")[0]
    assert "an error" in asked


def test_the_preview_shows_questions_and_what_is_right(author: Client) -> None:
    page = author.get(step(samples.assessment(), "preview")).content.decode()
    for expected in ("<em>all</em>", "Which one?", "12.5", "parse(&#x27;&#x27;)", "Fully"):
        assert expected in page


def test_pages_hold_no_inline_script_of_ours(author: Client) -> None:
    page = author.get(step(samples.assessment(), "preview")).content.decode()
    assert "<script>" not in page
    assert "style=" not in page


def test_a_policy_that_rules_nothing_yet_says_so_when_it_is_published(author: Client) -> None:
    programme = Programme.objects.create(code="basics", title="Basics")
    policy = Policy.objects.create(programme=programme, code="strict", title="Strict", version=1)
    told = "No assessment is under this version yet"
    answer = author.post(step(policy, "publish"), follow=True)
    assert told in answer.content.decode()
    used = Policy.objects.create(programme=programme, code="used", title="Used", version=1)
    Assessment.objects.create(programme=programme, code="a", title="A", version=1, policy=used)
    answer = author.post(step(used, "publish"), follow=True)
    assert "is published" in answer.content.decode()
    assert told not in answer.content.decode()
