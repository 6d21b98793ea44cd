from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Context, Decimal

from django.utils.translation import gettext as _

from rubrics.completeness.checks import check_problems, is_program
from rubrics.completeness.parts import (
    choice_problems,
    cloze_problems,
    matching_problems,
    ordering_problems,
    partial_problems,
)
from rubrics.completeness.problem import Problem, below, named
from rubrics.content import Item, Rubric
from rubrics.languages import PYTHON, Language, language, languages
from rubrics.standard import CHECKS_PASSED, STANDARD_FOR_KIND, STANDARD_RUBRICS

STEM = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
FLAG = re.compile(r"-[A-Za-z0-9][A-Za-z0-9_=+:.,-]*\Z")
PYTHON_ONLY = frozenset({"call", "ruff", "construct", "generated", "catches"})
CHECKS_OF_DIAGRAMS = frozenset({"diagram"})
EXTENSION = re.compile(r"\.[a-z0-9]+(\.[a-z0-9]+)*\Z")


def item_problems(item: Item, rubric: Rubric | None) -> Iterator[Problem]:
    """Yield what is wrong with an item; `rubric` is None when the one it names is unknown."""
    return named(_("Item “%(code)s”") % {"code": item.code}, _problems(item, rubric))


def _problems(item: Item, rubric: Rubric | None) -> Iterator[Problem]:
    if not item.prompt.strip():
        yield Problem(("prompt",), _("the question is empty; say what is asked"))
    if not item.points:
        yield Problem(("points",), _("it has 0 points; give it at least 0.01"))
    if item.rubric in STANDARD_RUBRICS and STANDARD_FOR_KIND.get(item.kind) != item.rubric:
        yield Problem(
            ("rubric",),
            _("the standard rubric “%(code)s” does not fit this kind of item; choose your own")
            % {"code": item.rubric},
        )
    by_kind: dict[str, Callable[[Item], Iterator[Problem]]] = {
        "choice": choice_problems,
        "matching": matching_problems,
        "ordering": ordering_problems,
        "cloze": cloze_problems,
        "numeric": _numeric_problems,
        "short_text": _words_problems,
        "essay": _words_problems,
        "code": _code_problems,
        "diagram": _diagram_problems,
        "file": _file_problems,
    }
    yield from by_kind[item.kind](item)
    yield from _checks_problems(item, rubric)
    yield from partial_problems(item, rubric)


def _numeric_problems(item: Item) -> Iterator[Problem]:
    if item.numeric_answer is None:
        yield Problem(("answer",), _("the right answer is missing"))
    elif item.numeric_figures:
        rounded = Context(prec=item.numeric_figures).create_decimal(item.numeric_answer)
        if abs(rounded - item.numeric_answer) > item.numeric_tolerance:
            yield Problem(
                ("figures",),
                _(
                    "with %(figures)d significant figures the right answer is %(rounded)s, which is"
                    " further off than the tolerance"
                )
                % {"figures": item.numeric_figures, "rounded": f"{rounded:f}"},
            )


def _words_problems(item: Item) -> Iterator[Problem]:
    least, most = item.words_min, item.words_max
    if least is not None and most is not None and least > most:
        yield Problem(
            ("words",),
            _("at least %(least)d words but at most %(most)d: no answer fits")
            % {"least": least, "most": most},
        )
    if item.words_max == 0:
        yield Problem(("words",), _("at most 0 words: no answer fits"))


def _code_problems(item: Item) -> Iterator[Problem]:
    chosen = language(item.language)
    if chosen is None:
        yield Problem(
            ("language",),
            _("there is no language “%(code)s”; there are %(known)s")
            % {"code": item.language, "known": ", ".join(sorted(languages()))},
        )
        return
    yield from _language_problems(item, chosen)
    yield from _reference_problems(item)
    yield from _no_checks_problems(item)
    yield from _foreign_checks(item, CHECKS_OF_DIAGRAMS, wanted=False)


def _diagram_problems(item: Item) -> Iterator[Problem]:
    yield from _no_checks_problems(item)
    yield from _foreign_checks(item, CHECKS_OF_DIAGRAMS, wanted=True)


def _no_checks_problems(item: Item) -> Iterator[Problem]:
    if not item.checks and item.rubric == CHECKS_PASSED.code:
        yield Problem(
            ("checks",), _("it is judged by its checks but has none; add checks or choose a rubric")
        )


def _foreign_checks(item: Item, kinds: frozenset[str], *, wanted: bool) -> Iterator[Problem]:
    for index, check in enumerate(item.checks):
        if (check.kind in kinds) is not wanted:
            yield Problem(
                ("checks", index, "kind"),
                _("check “%(code)s”: kind %(kind)s does not fit an item of kind %(item)s")
                % {"code": check.code, "kind": check.kind, "item": item.kind},
            )


def _language_problems(item: Item, chosen: Language) -> Iterator[Problem]:
    if chosen.missing:
        yield Problem(
            ("language",),
            _("this installation cannot run %(name)s: it has no %(missing)s")
            % {"name": chosen.name, "missing": ", ".join(chosen.missing)},
        )
    stem, dot, ending = item.filename.rpartition(".")
    if not STEM.match(stem) or dot + ending != chosen.extension:
        yield Problem(
            ("filename",),
            _("“%(name)s” is no file name of %(language)s; write one such as %(usual)s")
            % {
                "name": item.filename,
                "language": chosen.name,
                "usual": chosen.default_filename,
            },
        )
    for index, flag in enumerate(item.flags):
        if not FLAG.match(flag):
            yield Problem(
                ("flags", index), _("“%(flag)s” is no word for a compiler") % {"flag": flag}
            )
    python = chosen.code == PYTHON.code
    if python and not is_program(item.prelude):
        yield Problem(("prelude",), _("the given code is not valid Python"))
    if not python and item.prelude.strip():
        yield Problem(("prelude",), _("given code is for Python only; put it into the starter"))
    for index, check in enumerate(item.checks):
        if not python and check.kind in PYTHON_ONLY:
            yield Problem(
                ("checks", index, "kind"),
                _("check “%(code)s”: kind %(kind)s is for Python only; use io or suite")
                % {"code": check.code, "kind": check.kind},
            )


def _reference_problems(item: Item) -> Iterator[Problem]:
    leaning = [check.code for check in item.checks if check.kind in ("generated", "catches")]
    if leaning and not item.reference.strip():
        yield Problem(
            ("reference",),
            _("the checks %(codes)s are judged by your own solution, which is missing")
            % {"codes": ", ".join(leaning)},
        )
    if any(check.kind == "catches" for check in item.checks) and not item.filename.startswith(
        "test_"
    ):
        yield Problem(
            ("filename",),
            _("learners hand in tests here, so the file must be named test_….py"),
        )


def _file_problems(item: Item) -> Iterator[Problem]:
    for index, ending in enumerate(item.extensions):
        if not EXTENSION.match(ending):
            yield Problem(
                ("extensions", index),
                _("“%(ending)s” is no ending of a file name; write it with a dot, such as .pdf")
                % {"ending": ending},
            )


def _checks_problems(item: Item, rubric: Rubric | None) -> Iterator[Problem]:
    codes = frozenset(each.code for each in rubric.criteria) if rubric else None
    first = rubric.criteria[0].code if rubric and rubric.criteria else None
    weights: dict[str | None, Decimal] = {}
    for index, check in enumerate(item.checks):
        name = _("check “%(code)s”") % {"code": check.code}
        yield from below(("checks", index), named(name, check_problems(check, codes)))
        fed = check.criterion or first
        weights[fed] = weights.get(fed, Decimal(0)) + check.weight
    for criterion, weight in weights.items():
        if not weight:
            yield Problem(
                ("checks",),
                _("all checks of the criterion “%(code)s” have the weight 0; give one a weight")
                % {"code": criterion or ""},
            )
