from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from rubrics import completeness, content, publishing, rows
from rubrics.models import Assessment, Check, Criterion, Item, Policy, Rubric
from rubrics.standard import STANDARD_RUBRICS
from tests.rubrics import samples
from tests.rubrics.samples import ASSESSMENT, CALL, CLARITY, ITEMS, LEVELS, POLICY, RUBRIC

RUBRICS = {**STANDARD_RUBRICS, "explain": RUBRIC}
CHOICE, MATCHING, ORDERING, CLOZE, NUMERIC, TEXT, ESSAY, CODE, FILE = ITEMS


def words_about_item(item: content.Item) -> list[str]:
    found = completeness.assessment_problems(replace(ASSESSMENT, items=(item,)), RUBRICS)
    return [problem.words for problem in found]


DRAWN = content.Check("drawn", "generated", "Drawn", generator="def cases(random): ...")
CAUGHT = content.Check("caught", "catches", "Caught", fault="x = 2")


def cloze(text: str = "A [[gap]].", **changes: Any) -> content.Item:
    gap = replace(content.Gap("gap", ("right",)), **changes)
    return replace(CLOZE, cloze=text, gaps=(gap,))


def words_about_check(**changes: object) -> list[str]:
    check = replace(CALL, **changes)  # type: ignore[arg-type]
    return words_about_item(replace(CODE, checks=(check,)))


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.code)
def test_a_whole_item_has_no_problem(item: content.Item) -> None:
    assert words_about_item(item) == []


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (replace(TEXT, prompt=" "), "the question is empty"),
        (replace(TEXT, points=Decimal(0)), "it has 0 points"),
        (replace(TEXT, rubric="answer-key"), "does not fit this kind"),
        (replace(NUMERIC, rubric="checks-passed"), "does not fit this kind"),
        (replace(CHOICE, choices=CHOICE.choices[:1]), "at least two choices"),
        (replace(CHOICE, choices=CHOICE.choices[1:] * 2), "no choice is the right one"),
        (replace(CHOICE, choices=CHOICE.choices[1:] * 2), "“a tuple” is there twice"),
        (
            replace(CHOICE, choices=(content.Choice("a", True), content.Choice("b", True))),
            "2 choices are right but only one may be ticked",
        ),
        (replace(CHOICE, partial_credit=True), "only one may be ticked"),
        (replace(CHOICE, accept_multiple=True, partial_credit=True), "levels between right and"),
        (
            replace(NUMERIC, numeric_answer=Decimal("3.1789"), numeric_figures=1),
            "answer is 3, which",
        ),
        (replace(MATCHING, pairs=MATCHING.pairs[1:]), "at least two pairs; there are 1"),
        (replace(MATCHING, pairs=(content.Pair("a", "x"), content.Pair("b", "x"))), "same partner"),
        (replace(MATCHING, pairs=(content.Pair("a", "x"), content.Pair("a", "y"))), "“a” is there"),
        (replace(ORDERING, choices=ORDERING.choices[:1]), "at least three steps; there are 1"),
        (replace(ORDERING, choices=ORDERING.choices[:1] * 2), "“open” is there twice"),
        (cloze("No gap."), "the text has no gap"),
        (cloze("A [[gap]] and [[other]]."), "nothing is right for the gap [[other]]"),
        (cloze("A [[gap]] and [[gap]]."), "[[gap]] is there twice"),
        (cloze("A [[gap]].", code="other"), "the text has no gap [[other]]"),
        (cloze(weight=Decimal(0)), "all gaps have the weight 0"),
        (cloze(answers=(" ",)), "there is no right answer"),
        (cloze(tolerance=Decimal(0)), "“right” is no number"),
        (cloze(answers=("8",), tolerance=Decimal(0), wrong=("9",)), "leave out the wrong"),
        (cloze(unit="ms"), "only a number has a unit"),
        (cloze(wrong=("right ", "left")), "“right” is both right and wrong"),
        (cloze(answers=("Stack",), wrong=("stack",)), "“stack” is both right and wrong"),
        (cloze("A [link](https://e.org/[[gap]])."), "the text has no gap"),
        (replace(NUMERIC, numeric_answer=None), "the right answer is missing"),
        (replace(TEXT, words_min=9, words_max=8), "at least 9 words but at most 8"),
        (replace(TEXT, words_min=None, words_max=0), "at most 0 words"),
        (replace(CODE, filename="../solution.py"), "no file name of Python"),
        (replace(CODE, filename="solution.c"), "no file name of Python"),
        (replace(CODE, language="cobol"), "there is no language “cobol”"),
        (replace(CODE, language="c", filename="a.c"), "kind call is for Python only"),
        (replace(CODE, language="c", filename="a.c", prelude="x"), "given code is for Python only"),
        (replace(CODE, flags=("; rm",)), "“; rm” is no word for a compiler"),
        (replace(CODE, checks=(DRAWN,)), "judged by your own solution, which is missing"),
        (replace(CODE, checks=(CAUGHT,), reference="x = 1"), "must be named test_….py"),
        (replace(CODE, prelude="def ("), "the given code is not valid Python"),
        (replace(CODE, checks=()), "judged by its checks but has none"),
        (replace(FILE, extensions=("pdf",)), "“pdf” is no ending"),
    ],
)
def test_each_gap_of_an_item_is_told_with_its_name(item: content.Item, expected: str) -> None:
    found = words_about_item(item)
    assert any(words.startswith(f"Item “{item.code}”") and expected in words for words in found)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"call": ""}, "one Python expression"),
        ({"call": "x = 1"}, "it is “x = 1”"),
        ({"call": "parse("}, "one Python expression"),
        ({"call": "parse('') == 3"}, "compares inside the learner's program"),
        ({"expected": ""}, "“raises ValueError”; it is empty"),
        ({"expected": "parse('')"}, "it is “parse('')”"),
        ({"expected": "[" * 5000}, "a Python literal"),
        ({"expected": "1 + x"}, "a Python literal"),
        ({"expected": "{[]: 1}"}, "a Python literal"),
        ({"criterion": "style"}, "no criterion “style”; it has correctness"),
        ({"weight": Decimal(0)}, "all checks of the criterion “correctness” have the weight 0"),
        ({"kind": "io", "expected": ""}, "say what the program must print"),
        ({"kind": "io", "compare": "checker"}, "must define check(…)"),
        ({"kind": "io", "compare": "checker", "checker": "def ("}, "not valid Python"),
        ({"kind": "io", "compare": "pattern", "expected": "("}, "no regular expression"),
        ({"kind": "io", "compare": "json", "expected": "{"}, "is no JSON"),
        ({"kind": "generated"}, "must define cases(…)"),
        ({"kind": "catches"}, "the module with a fault is empty"),
        ({"kind": "suite"}, "the suite has no file"),
        ({"kind": "suite", "files": {"../x.py": ""}}, "“../x.py” is no path"),
        ({"kind": "suite", "files": {"/x.py": ""}}, "“/x.py” is no path"),
        ({"kind": "suite", "runner": "junit", "files": {"x": ""}}, "which program runs"),
        ({"kind": "suite", "runner": "gradescope", "files": {"x": ""}}, "no run_autograder"),
        ({"kind": "ruff", "rules": ""}, "it is empty"),
        ({"kind": "ruff", "rules": "E;F"}, "it is “E;F”"),
        ({"kind": "construct"}, "at least one construct"),
        ({"kind": "construct", "require": ("loop",)}, "“loop” is no construct"),
        ({"kind": "construct", "forbid": ("call:",)}, "“call:” is no construct"),
        (
            {"kind": "construct", "require": ("for",), "forbid": ("for",)},
            "“for” is required and forbidden",
        ),
    ],
)
def test_each_gap_of_a_check_is_told_with_its_name(
    changes: dict[str, object], expected: str
) -> None:
    found = words_about_check(**changes)
    assert any(words.startswith("Item “parse”: ") and expected in words for words in found)


@pytest.mark.parametrize(
    "construct",
    ["for", "docstring", "def:parse", "class:Größe", "import:os.path", "call:.sort", "call:a.b"],
)
def test_constructs_of_all_forms_are_known(construct: str) -> None:
    assert words_about_check(kind="construct", require=(construct,)) == []


@pytest.mark.parametrize(
    ("rubric", "expected"),
    [
        (replace(RUBRIC, criteria=()), "there is no criterion"),
        (replace(RUBRIC, criteria=(replace(CLARITY, weight=Decimal(0)),)), "the weight is 0"),
        (replace(RUBRIC, criteria=(replace(CLARITY, levels=LEVELS[:1]),)), "there are 1"),
        (
            replace(RUBRIC, criteria=(replace(CLARITY, levels=LEVELS[1:]),)),
            "the lowest level must have 0 points; “Partly” has 1",
        ),
        (
            replace(RUBRIC, criteria=(replace(CLARITY, levels=(*LEVELS, LEVELS[2])),)),
            "2 levels have 3 points",
        ),
    ],
)
def test_each_gap_of_a_rubric_is_told_with_its_name(rubric: content.Rubric, expected: str) -> None:
    [problem] = completeness.rubric_problems(rubric)
    assert problem.words.startswith("Rubric “explain”: ")
    assert expected in problem.words


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (replace(POLICY, extended_threshold=0.9), "must be at most the same"),
        (replace(POLICY, sla_hours=0), "at least 1 hour"),
    ],
)
def test_each_gap_of_a_policy_is_told_with_its_name(policy: content.Policy, expected: str) -> None:
    [problem] = completeness.policy_problems(policy)
    assert problem.words.startswith("Policy “standard”: ")
    assert expected in problem.words


def test_a_problem_knows_its_place() -> None:
    check = replace(CALL, expected="nonsense(")
    broken = replace(ASSESSMENT, items=(TEXT, replace(CODE, checks=(CALL, check))))
    [problem] = completeness.assessment_problems(broken, RUBRICS)
    assert problem.path == ("items", 1, "checks", 1, "expected")


@pytest.mark.django_db
def test_publishing_an_assessment_takes_its_drafts_along() -> None:
    made = samples.assessment()
    publishing.publish(made)
    assert made.published_at is not None
    assert not Rubric.objects.filter(published_at=None).exists()
    assert not Policy.objects.filter(published_at=None).exists()


@pytest.mark.django_db
def test_publishing_twice_changes_nothing() -> None:
    made = samples.published_assessment()
    first = made.published_at
    publishing.publish(made)
    assert made.published_at == first


@pytest.mark.django_db
def test_an_incomplete_assessment_publishes_nothing_and_tells_everything() -> None:
    made = samples.assessment(replace(ASSESSMENT, items=(replace(CHOICE, choices=()), TEXT)))
    Criterion.objects.filter(code="clarity").update(weight=0)
    made.policy.extended_threshold = 1
    made.policy.save()
    with pytest.raises(publishing.NotPublishable) as caught:
        publishing.publish(made)
    told = "\n".join(caught.value.problems)
    assert caught.value.permanent
    for expected in ("no choice is the right one", "the weight is 0", "Policy “standard”"):
        assert expected in told
    assert Rubric.objects.get(code="explain").published_at is None
    assert publishing.all_problems(made) == caught.value.problems


@pytest.mark.django_db
def test_an_empty_assessment_is_not_publishable() -> None:
    made = samples.assessment(replace(ASSESSMENT, items=()))
    with pytest.raises(publishing.NotPublishable, match="There is no item"):
        publishing.publish(made)


@pytest.mark.django_db
def test_items_must_use_one_version_of_a_rubric() -> None:
    made = samples.assessment()
    Item.objects.filter(assessment=made, code="design").update(rubric=samples.rubric())
    with pytest.raises(publishing.NotPublishable, match="another version of rubric “explain”"):
        publishing.publish(made)


@pytest.mark.django_db
def test_a_check_must_feed_the_rubric_of_its_item() -> None:
    made = samples.assessment()
    foreign = Criterion.objects.get(code="clarity")
    Check.objects.filter(code="style").update(criterion=foreign)
    with pytest.raises(publishing.NotPublishable, match="its criterion is of another rubric"):
        publishing.publish(made)


@pytest.mark.django_db
@pytest.mark.parametrize("make", [samples.rubric, samples.policy], ids=["rubric", "policy"])
def test_a_new_draft_is_a_deep_copy(make: object) -> None:
    assert callable(make)
    original = make()
    publishing.publish(original)
    draft = publishing.new_draft(original)
    assert (draft.version, draft.published_at) == (2, None)
    if isinstance(draft, Rubric):
        assert rows.rubric_content(draft) == rows.rubric_content(original) == RUBRIC
    else:
        assert rows.policy_content(draft) == rows.policy_content(original) == POLICY


@pytest.mark.django_db
def test_a_new_draft_of_an_assessment_keeps_its_rubrics_and_policy() -> None:
    original = samples.published_assessment()
    draft = publishing.new_draft(original)
    assert rows.document(draft) == rows.document(original) == samples.DOCUMENT
    assert draft.policy_id == original.policy_id
    assert set(draft.items.values_list("rubric", flat=True)) == set(
        original.items.values_list("rubric", flat=True)
    )


@pytest.mark.django_db
def test_a_draft_drops_what_does_not_belong_to_the_kind() -> None:
    made = samples.assessment()
    Item.objects.filter(code="explain").update(numeric_unit="ms", accept_multiple=True)
    assert rows.assessment_content(publishing.new_draft(made)) == ASSESSMENT


@pytest.mark.django_db
def test_latest_is_the_highest_version() -> None:
    first = samples.published_assessment()
    draft = publishing.new_draft(first)
    home = first.programme
    assert publishing.latest(Assessment, home, "first-steps") == first
    assert publishing.latest(Assessment, home, "first-steps", published=False) == draft
    assert publishing.latest(Assessment, home, "unknown") is None


@pytest.mark.django_db
@pytest.mark.parametrize("code", STANDARD_RUBRICS)
def test_a_standard_rubric_is_made_once_and_is_published(code: str) -> None:
    home = samples.programme()
    first = publishing.standard_rubric(home, code)
    assert first.published_at is not None
    assert publishing.standard_rubric(home, code) == first
    assert rows.rubric_content(first) == STANDARD_RUBRICS[code]
    with pytest.raises(publishing.NoNewVersionError, match="built in"):
        publishing.new_draft(first)


@pytest.mark.django_db
def test_reading_an_assessment_takes_a_fixed_number_of_queries(
    django_assert_num_queries: object,
) -> None:
    assert callable(django_assert_num_queries)
    made = samples.assessment()
    fed = Criterion.objects.get(code="correctness")
    Check.objects.filter(code="style").update(criterion=fed)
    with django_assert_num_queries(6):  # items, their parts, checks, criteria of checks
        rows.assessment_content(made)


@pytest.mark.django_db
def test_version_numbers_are_given_out_once() -> None:
    made = samples.policy()
    with transaction.atomic():
        assert publishing.next_version(Policy, made.programme, made.code) == 2
