from __future__ import annotations

import textwrap
from dataclasses import replace
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rubrics import content, publishing, rows
from rubrics.interchange import yaml_form
from rubrics.interchange.exporting import export_assessment
from rubrics.interchange.importing import document_problems, import_assessment
from rubrics.interchange.problems import UnreadableError
from rubrics.models import Assessment, Competency, Policy, Programme, Rubric
from tests.rubrics import samples
from tests.rubrics.samples import ASSESSMENT, CALL, DOCUMENT, ITEMS

SAMPLE = Path(__file__).parents[2] / "samples" / "python_associate" / "assessment.yaml"
SMALL = textwrap.dedent(
    """\
    cograde: 1
    programme: {code: basics, title: Basics}
    competencies:
      - {code: explaining, title: Explaining}
    rubrics:
      - code: explain
        title: Explaining
        criteria:
          - code: clarity
            title: Clarity
            competencies: [explaining]
            levels:
              - {points: 0, title: Unclear}
              - {points: 2, title: Clear}
    policy: {code: standard, title: Standard}
    assessment:
      code: first-steps
      title: First steps
      items:
        - code: why
          kind: short_text
          title: Why
          points: 10
          rubric: explain
          prompt: Why?
        - code: parse
          kind: code
          title: Parse
          points: 10
          prompt: Write it.
          checks:
            - {code: empty, kind: call, title: nothing, call: parse(''), expected: '[]'}
    """
)


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def complaints(text: str) -> list[str]:
    with pytest.raises(UnreadableError) as caught:
        yaml_form.load(text.encode())
    return [str(problem) for problem in caught.value.problems]


def test_the_small_file_is_of_the_form_and_complete() -> None:
    document, _ = yaml_form.load(SMALL.encode())
    assert list(document_problems(document)) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("cograde: 1", "cograde: 2", "cograde: expected 1; found 2"),
        ("points: 10", "points: ten", "items 1 › points: expected a number, found the text “ten”"),
        ("points: 10", "points: -1", "must be at least 0; it is -1"),
        ("points: 10", "points: 100000", "must be at most 9999.99; it is 100000"),
        ("points: 10", "points: 1.005", "points can have at most 2 decimals; it is 1.005"),
        ("title: Why", "title: 2026", "expected text, found 2026; in quotation marks it is text"),
        ("title: Why", "title:", "found nothing; write a value or leave the field out"),
        ("title: Why", "title: ''", "must not be empty"),
        ("title: Why", "title: " + "x" * 201, "may have at most 200 characters"),
        ("kind: short_text", "kind: text", "expected one of choice, matching"),
        ("code: why", "code: Why not", "expected small letters, digits, hyphens"),
        ("code: parse", "code: why", "the code “why” is there twice"),
        ("code: explain\n", "code: answer-key\n", "belongs to a standard rubric"),
        ("rubric: explain", "rubric: unknown", "there is no rubric “unknown”"),
        ("rubric: explain", "rubric: answer-key", "does not fit kind short_text; there are"),
        ("prompt: Why?", "promt: Why?", "no field “promt”; did you mean “prompt”?"),
        ("prompt: Why?", "unit: ms", "there is no field “unit” in kind short_text"),
        ("[explaining]", "[explain]", "there is no competency “explain”"),
        ("[explaining]", "[explaining, explaining]", "names something twice"),
        ("[explaining]", "explaining", "expected a list"),
        ("{code: standard, title: Standard}", "standard", "expected a group of fields"),
        ("title: Standard}", "title: Standard, blind: 'no'}", "expected true or false"),
        ("title: Standard}", "title: Standard, attempts: 1.5}", "expected a whole number"),
        ("title: Standard}", "title: Standard, audit_share: 2}", "must be at most 1"),
        ("title: nothing", "title: nothing, criterion: style", "has no criterion “style”; there"),
        ("title: nothing", "title: nothing, weight: 0.001", "at most 2 decimals"),
        (", expected: '[]'", "", "checks 1: “expected” is missing"),
        (", expected: '[]'", ", expected: 3", "in quotation marks it is text: '3'"),
    ],
)
def test_each_mistake_is_told_at_its_line(old: str, new: str, words: str) -> None:
    broken = SMALL.replace(old, new, 1)
    assert broken != SMALL
    told = complaints(broken)
    line = SMALL.count("\n", 0, SMALL.index(old)) + 1
    assert [each for each in told if each.startswith(f"line {line}, ") and words in each], told
    assert len(told) <= 2, "one mistake is told once"


def test_a_file_that_is_a_list_is_told_so() -> None:
    assert complaints("- a\n") == [
        "line 1, column 1: the file: expected a group of fields, found a list"
    ]


def test_mistakes_of_form_and_of_meaning_are_told_together() -> None:
    broken = SMALL.replace("points: 10", "points: ten", 1).replace("rubric: explain", "rubric: no")
    told = complaints(broken)
    assert len(told) == 2
    assert [each.split(",")[0] for each in told] == [
        f"line {line_of(broken, 'points: ten')}",
        f"line {line_of(broken, 'rubric: no')}",
    ]


def test_writing_and_reading_give_the_same_document() -> None:
    text = yaml_form.dump(DOCUMENT)
    again, _ = yaml_form.load(text.encode())
    assert again == DOCUMENT
    assert yaml_form.dump(again) == text


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40).map(
    lambda text: text.replace("\x00", "")
)
titles = texts.filter(bool)
tags = st.sampled_from(["", "en", "pt-BR", "no", "zh-Hant-TW"])
numbers = st.decimals(min_value=0, max_value="9999.99", places=2)


BY_CODE = {item.code: item for item in ITEMS}


@st.composite
def documents(draw: st.DrawFn) -> content.Document:
    check = replace(
        CALL,
        call=draw(texts),
        expected=draw(texts),
        hint=draw(texts),
        weight=draw(numbers),
        tolerance=draw(
            st.floats(min_value=0, max_value=1e12).filter(lambda f: f == 0 or f > 1e-20)
        ),
        show_expected=draw(st.booleans()),
    )
    io = content.Check(
        "io",
        "io",
        "io",
        stdin=draw(texts),
        expected=draw(texts),
        arguments=(draw(texts),),
        compare="checker",
        checker=draw(texts),
        output_file="out.csv",
    )
    drawn = content.Check("drawn", "generated", "d", generator=draw(texts), compare="unordered")
    caught = content.Check("caught", "catches", "c", fault=draw(texts))
    suite = content.Check(
        "suite", "suite", "s", runner="pytest", files={"a/b.py": draw(texts)}, tests=3
    )
    choice = content.Choice(draw(titles), draw(st.booleans()), draw(texts))
    answer = draw(st.decimals(min_value=-(10**9), max_value=10**9, places=10))
    gap = content.Gap(
        "type", (draw(titles),), match_case=True, tolerance=draw(numbers), weight=draw(numbers)
    )
    items = (
        replace(BY_CODE["belongs"], pairs=(content.Pair(draw(texts), draw(titles)),)),
        replace(BY_CODE["sequence"], choices=(content.Choice(draw(titles)),)),
        replace(BY_CODE["fill-in"], cloze=draw(texts), gaps=(gap,)),
        replace(BY_CODE["which"], prompt=draw(texts), choices=(choice,), accept_multiple=True),
        replace(BY_CODE["how-long"], points=draw(numbers), numeric_answer=answer),
        replace(BY_CODE["explain"], title=draw(titles)),
        replace(
            BY_CODE["parse"],
            starter=draw(texts),
            reference=draw(texts),
            flags=("-Wall",),
            checks=(check, io, drawn, caught, suite),
        ),
    )
    assessment = replace(
        ASSESSMENT, title=draw(titles), instructions=draw(texts), language=draw(tags), items=items
    )
    policy = replace(
        DOCUMENT.policy, auto_threshold=draw(st.floats(0, 1).map(lambda f: round(f, 9)))
    )
    return replace(DOCUMENT, assessment=assessment, policy=policy)


@given(documents())
@example(replace(DOCUMENT, assessment=replace(ASSESSMENT, instructions="0E0")))
@settings(max_examples=60, deadline=None)
def test_any_text_survives_writing_and_reading(document: content.Document) -> None:
    text = yaml_form.dump(document)
    again, _ = yaml_form.load(text.encode())
    assert again == document
    assert yaml_form.dump(again) == text


@pytest.mark.django_db
def test_an_export_taken_in_elsewhere_exports_the_same_bytes() -> None:
    first = export_assessment(samples.assessment())
    imported = import_assessment(first.encode(), tenant="elsewhere")
    assert export_assessment(imported.assessment) == first
    assert rows.document(imported.assessment) == DOCUMENT


@pytest.mark.django_db
@pytest.mark.parametrize("break_line", ["\r\n", "\r", "\u2028", "\x85", " \n\n "])
def test_unusual_line_breaks_survive_the_database(break_line: str) -> None:
    made = samples.assessment()
    made.instructions = f"one{break_line}two{break_line}"
    made.save()
    imported = import_assessment(export_assessment(made).encode(), tenant="elsewhere")
    assert imported.assessment.instructions == made.instructions


@pytest.mark.django_db
def test_the_sample_is_taken_in_published_and_survives_a_round_trip() -> None:
    imported = import_assessment(SAMPLE.read_bytes(), publish=True)
    assert imported.assessment.is_published
    assert imported.open_points == []
    text = export_assessment(imported.assessment)
    again = import_assessment(text.encode(), tenant="elsewhere", publish=True)
    assert export_assessment(again.assessment) == text


@pytest.mark.django_db
def test_an_unchanged_file_changes_nothing() -> None:
    first = import_assessment(SMALL.encode())
    again = import_assessment(SMALL.encode())
    assert (again.changed, again.done) == (False, [])
    assert again.assessment == first.assessment
    assert import_assessment(SMALL.encode(), publish=True).changed
    assert not import_assessment(SMALL.encode(), publish=True).changed
    assert (Assessment.objects.count(), Policy.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_a_changed_question_makes_a_new_draft_of_the_assessment_only() -> None:
    first = import_assessment(SMALL.encode(), publish=True).assessment
    second = import_assessment(SMALL.replace("Why?", "Why so?").encode()).assessment
    assert (second.version, second.is_published) == (2, False)
    assert second.policy == first.policy
    assert Rubric.objects.filter(code="explain").count() == 1


@pytest.mark.django_db
def test_a_changed_level_makes_a_new_draft_of_rubric_and_assessment() -> None:
    import_assessment(SMALL.encode(), publish=True)
    imported = import_assessment(SMALL.replace("title: Clear}", "title: Very clear}").encode())
    assert imported.assessment.version == 2
    assert imported.assessment.items.get(code="why").rubric.version == 2
    assert imported.done == [
        "Made rubric “explain” version 2, a draft.",
        "Made assessment “first-steps” version 2, a draft.",
    ]


@pytest.mark.django_db
def test_a_changed_policy_makes_a_new_draft_of_policy_and_assessment() -> None:
    import_assessment(SMALL.encode(), publish=True)
    changed = SMALL.replace("title: Standard}", "title: Standard, mode: auto}")
    imported = import_assessment(changed.encode())
    assert (imported.assessment.version, imported.assessment.policy.version) == (2, 2)


@pytest.mark.django_db
def test_names_of_programme_and_competencies_are_kept_up_to_date() -> None:
    import_assessment(SMALL.encode(), publish=True)
    changed = SMALL.replace("title: Basics", "title: New basics").replace(
        "{code: explaining, title: Explaining}", "{code: explaining, title: To explain}"
    )
    imported = import_assessment(changed.encode())
    assert len(imported.done) == 2
    assert Programme.objects.get().title == "New basics"
    assert Competency.objects.get().title == "To explain"


@pytest.mark.django_db
def test_an_incomplete_file_becomes_a_draft_that_says_what_is_missing() -> None:
    text = SMALL.replace("expected: '[]'", "expected: 'no literal('")
    imported = import_assessment(text.encode())
    [problem] = imported.open_points
    assert problem.line == line_of(text, "no literal(")
    assert "a Python literal" in problem.words


@pytest.mark.django_db
def test_an_incomplete_file_to_be_published_leaves_nothing_behind() -> None:
    text = SMALL.replace("prompt: Why?", "prompt: ''")
    with pytest.raises(UnreadableError, match="the question is empty"):
        import_assessment(text.encode(), publish=True)
    assert not Programme.objects.exists()


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.mark.django_db
def test_the_commands_say_what_they_did(file: Path) -> None:
    said = run("import_assessment", str(file), "--publish")
    assert "Made assessment “first-steps” version 1" in said
    assert "Published assessment “first-steps” version 1" in said
    assert "Nothing has changed" in run("import_assessment", str(file), "--publish")
    document, _ = yaml_form.load(SMALL.encode())
    assert run("export_assessment", "first-steps", "--version", "1") == yaml_form.dump(document)


@pytest.mark.django_db
def test_the_import_command_names_the_file_and_the_lines(file: Path) -> None:
    file.write_text(SMALL.replace("points: 10", "points: ten"), encoding="utf-8")
    with pytest.raises(CommandError, match=r"small\.yaml, line 23, column 15: .*expected a number"):
        run("import_assessment", str(file))


@pytest.mark.django_db
def test_the_import_command_lists_what_a_draft_still_needs(file: Path) -> None:
    file.write_text(SMALL.replace("prompt: Why?", "prompt: ''"), encoding="utf-8")
    said = run("import_assessment", str(file))
    assert "Before it can be published:\n  small.yaml, line" in said


@pytest.mark.django_db
def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        run("import_assessment", str(tmp_path / "none.yaml"))


@pytest.mark.django_db
def test_an_export_prefers_the_newest_published_version() -> None:
    published = samples.published_assessment()
    publishing.new_draft(published)
    Assessment.objects.filter(version=2).update(title="Draft")
    assert "title: First steps" in run("export_assessment", "first-steps")
    assert "title: Draft" in run("export_assessment", "first-steps", "--version", "2")


@pytest.mark.django_db
def test_an_export_of_nothing_says_what_there_is() -> None:
    samples.assessment()
    with pytest.raises(CommandError, match="there are: first-steps"):
        run("export_assessment", "other")


@pytest.mark.django_db
def test_an_export_asks_which_programme() -> None:
    samples.assessment()
    import_assessment(SMALL.replace("code: basics", "code: other").encode())
    with pytest.raises(CommandError, match="add --programme: basics, other"):
        run("export_assessment", "first-steps")
    assert "code: other" in run("export_assessment", "first-steps", "--programme", "other")


def test_a_number_is_written_as_people_write_it() -> None:
    item = replace(BY_CODE["how-long"], points=Decimal("10.00"), numeric_tolerance=Decimal("1E-9"))
    document = replace(DOCUMENT, assessment=replace(ASSESSMENT, items=(item,)))
    text = yaml_form.dump(document)
    assert "points: 10\n" in text
    assert "tolerance: 0.000000001\n" in text
