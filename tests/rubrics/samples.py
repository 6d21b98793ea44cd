"""Small contents and rows that the tests of this room start from."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from rubrics import content, publishing, rows
from rubrics.models import Assessment, Policy, Programme, Rubric

LEVELS = (
    content.Level(Decimal(0), "Not shown", "Nothing of it.", (content.Anchor("no idea", "empty"),)),
    content.Level(Decimal(1), "Partly"),
    content.Level(Decimal(3), "Fully"),
)
CLARITY = content.Criterion(
    "clarity", "Clarity", weight=Decimal("1.5"), competencies=("explaining",), levels=LEVELS
)
PRECISION = content.Criterion("precision", "Precision", levels=LEVELS)
RUBRIC = content.Rubric("explain", "Explaining", (CLARITY, PRECISION))
POLICY = content.Policy("standard", "Standard")
CALL = content.Check("empty", "call", "handles nothing", call="parse('')", expected="[]")
ITEMS = (
    content.Item(
        "which",
        "choice",
        "Which type",
        "answer-key",
        Decimal(5),
        "Which one?",
        choices=(content.Choice("a list", True, "Right."), content.Choice("a tuple")),
    ),
    content.Item(
        "belongs",
        "matching",
        "What belongs together",
        "parts-right",
        Decimal(4),
        "What does each give?",
        pairs=(
            content.Pair("`len('ab')`", "2"),
            content.Pair("`'ab'[0]`", "'a'"),
            content.Pair("", "an error"),
        ),
    ),
    content.Item(
        "sequence",
        "ordering",
        "In which order",
        "parts-right",
        Decimal(3),
        "In which order?",
        choices=(content.Choice("open"), content.Choice("read"), content.Choice("close")),
    ),
    content.Item(
        "fill-in",
        "cloze",
        "Fill in",
        "parts-right",
        Decimal(3),
        "Complete it.",
        cloze="A [[type]] has [[bits]] and is [[kept]].\n",
        gaps=(
            content.Gap("type", ("byte", "octet")),
            content.Gap("bits", ("8",), tolerance=Decimal(0), unit="bit", weight=Decimal(2)),
            content.Gap("kept", ("stored",), ("burnt", "lost")),
        ),
    ),
    content.Item(
        "how-long",
        "numeric",
        "How long",
        "answer-key",
        Decimal("2.5"),
        "In ms?",
        numeric_answer=Decimal("12.5"),
        numeric_tolerance=Decimal("0.1"),
        numeric_unit="ms",
        numeric_figures=3,
    ),
    content.Item(
        "explain",
        "short_text",
        "Explain",
        "explain",
        Decimal(10),
        "Why?",
        words_min=20,
        words_max=120,
    ),
    content.Item("design", "essay", "Design", "explain", Decimal(20), "Design it."),
    content.Item(
        "parse",
        "code",
        "Parse",
        "checks-passed",
        Decimal(10),
        "Write `parse`.",
        starter="def parse(text):\n    ...\n",
        checks=(
            CALL,
            content.Check("prints", "io", "prints three", stdin="1 2\n", expected="3\n"),
            content.Check("style", "ruff", "is clean", rules="E,F,B"),
            content.Check(
                "loop", "construct", "no loop", require=("def:parse",), forbid=("while",)
            ),
        ),
    ),
    content.Item(
        "upload", "file", "Upload", "explain", Decimal(5), "Your plan.", extensions=(".pdf",)
    ),
)
ASSESSMENT = content.Assessment("first-steps", "First steps", "Read *all*.", "en", 90, ITEMS)
DOCUMENT = content.Document(
    programme=content.Programme("basics", "Basics"),
    policy=POLICY,
    assessment=ASSESSMENT,
    competencies=(content.Competency("explaining", "Explaining"),),
    rubrics=(RUBRIC,),
)


def programme(tenant: str = "default") -> Programme:
    made, new = Programme.objects.get_or_create(
        tenant=tenant, code="basics", defaults={"title": "Basics"}
    )
    if new:
        made.competencies.create(code="explaining", title="Explaining")
    return made


@transaction.atomic
def rubric(written: content.Rubric = RUBRIC) -> Rubric:
    home = programme()
    return rows.write_rubric(home, written, publishing.next_version(Rubric, home, written.code))


@transaction.atomic
def policy(written: content.Policy = POLICY) -> Policy:
    home = programme()
    return rows.write_policy(home, written, publishing.next_version(Policy, home, written.code))


@transaction.atomic
def assessment(written: content.Assessment = ASSESSMENT) -> Assessment:
    """A draft that can be published, with a draft rubric and a draft policy."""
    home = programme()
    rubrics = {
        "explain": rubric(),
        "answer-key": publishing.standard_rubric(home, "answer-key"),
        "parts-right": publishing.standard_rubric(home, "parts-right"),
        "checks-passed": publishing.standard_rubric(home, "checks-passed"),
    }
    version = publishing.next_version(Assessment, home, written.code)
    return rows.write_assessment(home, written, version, policy=policy(), rubrics=rubrics)


def published_assessment() -> Assessment:
    made = assessment()
    publishing.publish(made)
    return made
