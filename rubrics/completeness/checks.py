from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator

from django.utils.translation import gettext as _

from rubrics.completeness.problem import Problem
from rubrics.constructs import expected_constructs, is_construct
from rubrics.content import Check
from rubrics.diagrams import wish

RAISES = re.compile(r"\s*raises [A-Za-z_]\w*\s*\Z")
PATH = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.+-]*/){0,8}[A-Za-z0-9_][A-Za-z0-9_.+-]*\Z")
RULES = re.compile(r"\s*[A-Z]+[0-9]*\s*(,\s*[A-Z]+[0-9]*\s*)*\Z")


def check_problems(check: Check, criteria: frozenset[str] | None) -> Iterator[Problem]:
    """Yield what is wrong with a check; `criteria` are the rubric's codes, None when unknown."""
    if criteria is not None and check.criterion is not None and check.criterion not in criteria:
        yield Problem(
            ("criterion",),
            _("the rubric of the item has no criterion “%(code)s”; it has %(known)s")
            % {"code": check.criterion, "known": ", ".join(sorted(criteria)) or _("none")},
        )
    by_kind = {
        "call": _call_problems,
        "io": _io_problems,
        "ruff": _ruff_problems,
        "construct": _construct_problems,
        "diagram": _diagram_problems,
        "generated": _generated_problems,
        "catches": _catches_problems,
        "suite": _suite_problems,
    }
    yield from by_kind[check.kind](check)


def _call_problems(check: Check) -> Iterator[Problem]:
    if not _is_expression(check.call):
        yield Problem(
            ("call",),
            _("the call must be one Python expression, such as parse(''); it is %(call)s")
            % {"call": _shown(check.call)},
        )
    elif _compares_inside(check.call):
        yield Problem(
            ("call",),
            _(
                "%(call)s compares inside the learner's program, which can forge it; write the call"
                " alone, and what it must give under expected"
            )
            % {"call": _shown(check.call)},
        )
    if not (RAISES.match(check.expected) or _is_literal(check.expected)):
        yield Problem(
            ("expected",),
            _(
                "the expected value must be a Python literal, such as [1, 'a'] or 2.5, or"
                " “raises ValueError”; it is %(it)s"
            )
            % {"it": _shown(check.expected)},
        )


def _io_problems(check: Check) -> Iterator[Problem]:
    if check.compare == "checker":
        yield from _program_problems(check.checker, "checker", "check")
    elif check.compare == "pattern" and not _is_pattern(check.expected):
        yield Problem(
            ("expected",),
            _("%(it)s is no regular expression") % {"it": _shown(check.expected)},
        )
    elif check.compare == "json" and not _is_json(check.expected):
        yield Problem(("expected",), _("%(it)s is no JSON") % {"it": _shown(check.expected)})
    elif not (check.expected or check.stdin or check.arguments):
        yield Problem(
            ("expected",), _("say what the program must print, or which input it gets, or both")
        )


def _ruff_problems(check: Check) -> Iterator[Problem]:
    if not RULES.match(check.rules):
        yield Problem(
            ("rules",),
            _("name the rules of ruff with commas between them, such as E,F,B; it is %(rules)s")
            % {"rules": _shown(check.rules)},
        )


def _construct_problems(check: Check) -> Iterator[Problem]:
    if not (check.require or check.forbid):
        yield Problem(("require",), _("name at least one construct to require or to forbid"))
    for name, constructs in (("require", check.require), ("forbid", check.forbid)):
        for index, construct in enumerate(constructs):
            if not is_construct(construct):
                yield Problem(
                    (name, index),
                    _("“%(it)s” is no construct; there are %(known)s")
                    % {"it": construct, "known": expected_constructs()},
                )
    for both in sorted(set(check.require) & set(check.forbid)):
        yield Problem(("forbid",), _("“%(it)s” is required and forbidden") % {"it": both})


def _diagram_problems(check: Check) -> Iterator[Problem]:
    if not (check.require or check.forbid):
        yield Problem(("require",), _("name at least one part or arrow to require or to forbid"))
    for name, lines in (("require", check.require), ("forbid", check.forbid)):
        for index, line in enumerate(lines):
            try:
                wish(line)
            except ValueError:
                yield Problem(
                    (name, index),
                    _("“%(it)s” is none of these: Part, One -> Other, One -- Other, One => Other")
                    % {"it": line},
                )


def _generated_problems(check: Check) -> Iterator[Problem]:
    yield from _program_problems(check.generator, "generator", "cases")


def _catches_problems(check: Check) -> Iterator[Problem]:
    if not check.fault.strip():
        yield Problem(("fault",), _("the module with a fault is empty"))


def _suite_problems(check: Check) -> Iterator[Problem]:
    if not check.files:
        yield Problem(("files",), _("the suite has no file"))
    for name in check.files:
        if not PATH.match(name) or ".." in name:
            yield Problem(
                ("files",),
                _("“%(name)s” is no path of plain letters, such as tests/test_it.py")
                % {"name": name},
            )
    if check.runner == "junit" and not check.arguments:
        yield Problem(("arguments",), _("say which program runs the suite"))
    if check.runner == "gradescope" and "run_autograder" not in check.files:
        yield Problem(("files",), _("there is no run_autograder"))


def _program_problems(text: str, field: str, name: str) -> Iterator[Problem]:
    """A program of the author's must be Python and define the function that is called."""
    if not is_program(text):
        yield Problem((field,), _("your program is not valid Python"))
    elif not re.search(rf"^def {name}\(", text, re.MULTILINE):
        yield Problem((field,), _("your program must define %(name)s(…)") % {"name": name})


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _shown(text: str) -> str:
    return f"“{text}”" if text.strip() else _("empty")


def _is_expression(text: str) -> bool:
    return bool(text.strip()) and _parses(text.strip(), "eval")


def _compares_inside(text: str) -> bool:
    body = ast.parse(text.strip(), mode="eval").body
    return isinstance(body, ast.Compare) and isinstance(body.ops[0], ast.Eq | ast.NotEq)


def is_program(text: str) -> bool:
    """Tell whether `text` is Python that can be compiled; an empty text is."""
    return _parses(text, "exec")


def _parses(text: str, mode: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            compile(text, "<text>", mode, flags=ast.PyCF_ONLY_AST, dont_inherit=True)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return False
    return True


def _is_literal(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            ast.literal_eval(text.strip())
        except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
            return False
    return True
