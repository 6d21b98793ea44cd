"""What is written in a rubric, a policy or an assessment, apart from where it is stored.

Plain values without Django: the database (`rows`), the file (`interchange`) and the check for
completeness (`completeness`) all speak of these. Two contents are equal when a learner and a
reviewer would see no difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from decimal import Decimal
from typing import Any

ONE = Decimal(1)
ZERO = Decimal(0)


@dataclass(frozen=True)
class Anchor:
    text: str
    note: str = ""


@dataclass(frozen=True)
class Level:
    points: Decimal
    title: str
    descriptor: str = ""
    anchors: tuple[Anchor, ...] = ()


@dataclass(frozen=True)
class Criterion:
    """`competencies` are codes in alphabetical order; `levels` are in the order of their points."""

    code: str
    title: str
    description: str = ""
    weight: Decimal = ONE
    competencies: tuple[str, ...] = ()
    remediation: str = ""
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True)
class Rubric:
    code: str
    title: str
    criteria: tuple[Criterion, ...] = ()


@dataclass(frozen=True)
class Policy:
    """Thresholds and shares are 0 to 1; 0 attempts or check runs means no limit."""

    code: str
    title: str
    mode: str = "assist"
    stakes: str = "medium"
    blind: bool = True
    auto_threshold: float = 0.85
    extended_threshold: float = 0.4
    attempts: int = 0
    checks_limit: int = 0
    cooldown_seconds: int = 0
    sla_hours: int = 48
    audit_share: float = 0.1
    trust_suites: bool = False
    drafts: bool = False
    double_blind: bool = False
    extended_hours: int = 0
    second_share: float = 0.0
    second_for_new: int = 0
    second_tolerance: int = 0
    calibration_first: int = 0
    calibration_every: int = 0
    appeal_budget: int = 3
    appeal_days: int = 14
    appeal_hours: int = 72


@dataclass(frozen=True)
class Choice:
    text: str
    correct: bool = False
    feedback: str = ""


@dataclass(frozen=True)
class Pair:
    """Without `text` the partner belongs to nothing."""

    text: str
    partner: str


@dataclass(frozen=True)
class Gap:
    """With `wrong` the learner chooses from a list; with `tolerance` the answers are numbers."""

    code: str
    answers: tuple[str, ...]
    wrong: tuple[str, ...] = ()
    match_case: bool = False
    tolerance: Decimal | None = None
    unit: str = ""
    weight: Decimal = ONE


@dataclass(frozen=True)
class Check:
    """`criterion` is a code of the item's rubric; None stands for its first criterion."""

    code: str
    kind: str
    title: str
    criterion: str | None = None
    weight: Decimal = ONE
    call: str = ""
    expected: str = ""
    compare: str = ""
    checker: str = ""
    output_file: str = ""
    tolerance: float = 0.0
    stdin: str = ""
    arguments: tuple[str, ...] = ()
    rules: str = ""
    complexity: int = 0
    require: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    generator: str = ""
    fault: str = ""
    runner: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    tests: int = 0
    hint: str = ""
    show_expected: bool = True


@dataclass(frozen=True)
class Item:
    """`rubric` is a code. Fields that do not belong to the kind are at their defaults.

    The choices of an ordering item are its steps, in the right order.
    """

    code: str
    kind: str
    title: str
    rubric: str
    points: Decimal
    prompt: str = ""
    accept_multiple: bool = False
    partial_credit: bool = False
    choices: tuple[Choice, ...] = ()
    pairs: tuple[Pair, ...] = ()
    cloze: str = ""
    gaps: tuple[Gap, ...] = ()
    numeric_answer: Decimal | None = None
    numeric_tolerance: Decimal = ZERO
    numeric_unit: str = ""
    numeric_figures: int = 0
    words_min: int | None = None
    words_max: int | None = None
    language: str = "python"
    filename: str = "solution.py"
    flags: tuple[str, ...] = ()
    starter: str = ""
    prelude: str = ""
    reference: str = ""
    cpu_seconds: int = 2
    memory_mb: int = 128
    checks: tuple[Check, ...] = ()
    max_files: int = 1
    extensions: tuple[str, ...] = ()
    max_file_mb: int = 10


@dataclass(frozen=True)
class Assessment:
    code: str
    title: str
    instructions: str = ""
    language: str = ""
    time_limit_minutes: int | None = None
    items: tuple[Item, ...] = ()


@dataclass(frozen=True)
class Programme:
    code: str
    title: str


@dataclass(frozen=True)
class Competency:
    code: str
    title: str
    description: str = ""


@dataclass(frozen=True)
class Document:
    """An assessment with everything that it leans on: what one file holds.

    Standard rubrics are not in `rubrics`; items name them all the same.
    """

    programme: Programme
    policy: Policy
    assessment: Assessment
    competencies: tuple[Competency, ...] = field(default=())
    rubrics: tuple[Rubric, ...] = field(default=())


ITEM_FIELDS: dict[str, frozenset[str]] = {
    "choice": frozenset({"accept_multiple", "partial_credit", "choices"}),
    "matching": frozenset({"pairs"}),
    "ordering": frozenset({"choices"}),
    "cloze": frozenset({"cloze", "gaps"}),
    "numeric": frozenset(
        {"numeric_answer", "numeric_tolerance", "numeric_unit", "numeric_figures"}
    ),
    "short_text": frozenset({"words_min", "words_max"}),
    "essay": frozenset({"words_min", "words_max"}),
    "code": frozenset(
        {
            *("language", "filename", "flags", "starter", "prelude", "reference"),
            *("cpu_seconds", "memory_mb", "checks", "max_files"),
        }
    ),
    "diagram": frozenset({"starter", "reference", "checks"}),
    "file": frozenset({"max_files", "extensions", "max_file_mb"}),
}
CHECK_FIELDS: dict[str, frozenset[str]] = {
    "call": frozenset({"call", "expected", "compare", "tolerance"}),
    "io": frozenset(
        {"stdin", "arguments", "expected", "compare", "checker", "output_file", "tolerance"}
    ),
    "ruff": frozenset({"rules", "complexity"}),
    "construct": frozenset({"require", "forbid"}),
    "diagram": frozenset({"require", "forbid"}),
    "generated": frozenset({"generator", "compare", "tolerance"}),
    "catches": frozenset({"fault"}),
    "suite": frozenset({"runner", "files", "arguments", "tests"}),
}


def only_its_kind(item: Item) -> Item:
    """Return the item with every field that does not belong to its kind at its default."""
    return replace(item, **_foreign_defaults(item, ITEM_FIELDS))


def only_its_check_kind(check: Check) -> Check:
    """Return the check with every field that does not belong to its kind at its default."""
    return replace(check, **_foreign_defaults(check, CHECK_FIELDS))


def _foreign_defaults(content: Item | Check, by_kind: dict[str, frozenset[str]]) -> dict[str, Any]:
    own = by_kind.get(content.kind, frozenset())
    foreign = frozenset().union(*by_kind.values()) - own
    return {each.name: default_of(each) for each in fields(content) if each.name in foreign}


def default_of(declared: Field[Any]) -> Any:
    """The value of a field that is left out; MISSING when it may not be."""
    made = declared.default_factory
    return declared.default if made is MISSING else made()
