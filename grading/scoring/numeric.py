"""Reads a number with an optional unit as people type it, and compares it with the right one.

Nothing a person types is ever evaluated: the number is read by a pattern of bounded length and
becomes a Decimal; the unit must fit a small grammar (names, single-digit exponents, `*`, `/`,
brackets) before pint sees it, because pint would compute `m**9**9`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from grading.scoring.base import NumericKey

LONGEST_ANSWER = 80
LONGEST_UNIT = 32
MOST_DIGITS = 40
LARGEST_EXPONENT = 300

_SPACES = dict.fromkeys(map(ord, "\u00a0\u202f\u2009\u2007\t\r\n"), " ")
_SIGNS = dict.fromkeys(map(ord, "\u2212\u2013\ufe63\uff0d"), "-")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SUPERSCRIPT_RUN = re.compile(r"[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_NUMBER = re.compile(
    r"(?P<sign>[+-]?) ?(?P<mantissa>(?:[0-9]|[.,](?=[0-9]))"
    r"(?:[0-9]|[.,'’_ ](?=[0-9]))*)\.?"
    r"(?:[eE](?P<e>[+-]?[0-9]+)| ?[x×*·] ?10 ?(?:\^|\*\*) ?\(?(?P<ten>[+-]?[0-9]+)\)?)?"
)
_GROUPED = re.compile(r"[0-9]{1,3}(?P<mark>[., '’_])[0-9]{3}(?:(?P=mark)[0-9]{3})*")

_NAME = r"[A-Za-zµμΩ°%‰]+(?:\^[+-]?[0-9])?"
_BRACKET = rf"\({_NAME}(?: ?[*/ ] ?{_NAME})*\)"
_UNIT = re.compile(rf"(?:1 ?/ ?)?(?:{_NAME}|{_BRACKET})(?: ?[*/ ] ?(?:{_NAME}|{_BRACKET}))*")
_ALIASES = {
    "KB": "kB",
    "secs": "s",
    "hrs": "h",
    "mins": "min",
    "‰": "permille",
    "°": "degree",
    "°C": "degC",
    "°F": "degF",
    "C": "C",
}


class NumericVerdict(StrEnum):
    """What comparing an answer with the key found."""

    RIGHT = "right"
    WRONG = "wrong"
    FIGURES_WRONG = "figures-wrong"
    EMPTY = "empty"
    NOT_A_NUMBER = "not-a-number"
    UNIT_MISSING = "unit-missing"
    UNIT_UNKNOWN = "unit-unknown"
    UNIT_WRONG = "unit-wrong"
    UNIT_UNEXPECTED = "unit-unexpected"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as typed. `readings` has two values where a comma may separate thousands
    ("1,234"), else one; `unit` is as typed, cleaned, and may be empty. `figures` are the fewest
    and the most significant figures of each reading: of 1200 they are 2 and 4.
    """

    readings: tuple[Decimal, ...]
    unit: str = ""
    figures: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """`value` is the reading that was compared, in the key's unit; None where there is none."""

    verdict: NumericVerdict
    value: Decimal | None = None
    unit: str = ""


class NotANumber(ValueError):  # noqa: N818 - says what is the case
    """The text does not begin with one number, or is too long for one."""

    permanent = True


def parse(text: str) -> Quantity:
    """Reads decimal comma or point, grouped thousands (`1 234`, `1,234.5`, `1.234,5`, `1'234`),
    scientific form (`1.2e-3`, `1,2 × 10⁻³`), a sign, and a unit after it.

    Raises NotANumber, also beyond 40 digits or exponents of 300.
    """
    clean = text.translate(_SPACES).translate(_SIGNS).strip()
    if len(clean) > LONGEST_ANSWER:
        raise NotANumber("The answer is too long for a number.")
    clean = _SUPERSCRIPT_RUN.sub(lambda run: "^" + run[0].translate(_SUPERSCRIPTS), clean)
    clean = re.sub(r" +", " ", clean)
    found = _NUMBER.match(clean)
    if found is None:
        raise NotANumber("The answer does not begin with a number.")
    exponent = found["e"] or found["ten"] or "0"
    sign = -1 if found["sign"] == "-" else 1
    plain = _plain(found["mantissa"])
    readings = tuple(sign * _decimal(each, exponent) for each in plain)
    return Quantity(readings, clean[found.end() :].strip(), tuple(map(_figures, plain)))


def _figures(plain: str) -> tuple[int, int]:
    """Zeros before the first other digit do not count; those at the end of a whole number may. Of
    zero itself every zero may count."""
    digits = plain.replace(".", "").lstrip("0")
    if not digits:
        return 1, len(plain.replace(".", ""))
    return (len(digits), len(digits)) if "." in plain else (len(digits.rstrip("0")), len(digits))


def _plain(mantissa: str) -> tuple[str, ...]:
    """The mantissa as plain decimal strings: one, or two where a comma is ambiguous."""
    head, tail, mark = _split_decimals(mantissa)
    if tail is not None:
        return (f"{_ungroup(head)}.{tail}",)
    if mark == ",":
        # "1,234" is 1.234 or 1234: both are ways of writing, so both are tried. A leading zero
        # ("0,125") settles it.
        grouped = _GROUPED.fullmatch(head)
        whole, _, decimals = head.partition(",")
        if grouped and not whole.startswith("0"):
            return (f"{whole}.{decimals}", whole + decimals)
        return (f"{whole or '0'}.{decimals}",)
    return (_ungroup(head),)


def _split_decimals(mantissa: str) -> tuple[str, str | None, str]:
    """Whole part, decimals (None when undecided), and the single undecided mark."""
    last = max(mantissa.rfind("."), mantissa.rfind(","))
    if last < 0:
        return mantissa, None, ""
    mark = mantissa[last]
    if mantissa.count(mark) > 1:
        return mantissa, None, ""
    if mark == "," and not re.search(r"[. '’_]", mantissa):
        return mantissa, None, ","
    return mantissa[:last], mantissa[last + 1 :], mark


def _ungroup(whole: str) -> str:
    if whole.isdigit():
        return whole
    if not whole:
        return "0"
    if not _GROUPED.fullmatch(whole):
        raise NotANumber("The digits are grouped in a way that cannot be read as one number.")
    return re.sub(r"[^0-9]", "", whole)


def _decimal(plain: str, exponent: str) -> Decimal:
    if not re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", plain):
        raise NotANumber("The decimals cannot be read.")
    if len(plain) > MOST_DIGITS or len(exponent) > 4 or abs(int(exponent)) > LARGEST_EXPONENT:
        raise NotANumber("The number has too many digits.")
    return Decimal(f"{plain}e{int(exponent)}")


@lru_cache(maxsize=1)
def _units() -> Any:
    # Loaded when first needed: reading pint's definitions takes about half a second.
    import pint

    return pint.UnitRegistry(non_int_type=Decimal)


@lru_cache(maxsize=512)
def _unit(text: str) -> Any | None:
    """pint's unit, or None when the text is no unit that we know."""
    clean = text.replace("·", "*").replace("⋅", "*").replace("**", "^").replace("−", "-")
    clean = _SUPERSCRIPT_RUN.sub(lambda run: "^" + run[0].translate(_SUPERSCRIPTS), clean)
    clean = re.sub(r"(?<=[A-Za-zµμΩ])(-?[0-9])", r"^\1", clean)
    clean = re.sub(r" ?\^ ?", "^", clean)
    if len(clean) > LONGEST_UNIT or not _UNIT.fullmatch(clean):
        return None
    for candidate in (_ALIASES.get(clean, clean), _ALIASES.get(clean.lower(), clean.lower())):
        # A capital is only a slip in a whole word: "Minutes", but not "MS" or "Mb".
        if candidate == clean.lower() != clean and len(clean) < 4:
            continue
        try:
            return _units().parse_units(candidate)
        except Exception:  # noqa: BLE001, S112 - pint raises many kinds; all mean "no such unit"
            continue
    return None


def is_unit(text: str) -> bool:
    """Whether an author may ask for this unit."""
    return _unit(text.strip()) is not None


def _convert(value: Decimal, given: Any, asked: Any) -> Decimal | None:
    """`value` in the asked unit; None when the units measure different things.

    Root units are compared and not dimensions: a byte and a per cent both have none.
    """
    units = _units()
    try:
        have, want = units.Quantity(value, given), units.Quantity(Decimal(1), asked)
        if have.to_root_units().units != want.to_root_units().units:
            return None
        return Decimal(have.to(asked).magnitude)
    except Exception:  # noqa: BLE001 - offset units in products and the like: not comparable
        return None


def compare(text: str, key: NumericKey) -> Comparison:
    """Compares a typed answer with the key. Tolerance is absolute in the key's unit, inclusive.

    "0.0125 s" equals 12.5 with unit "ms". Where the key has no unit, only per cent and per mille
    are taken into account; any other unit is reported as unexpected.
    """
    if not text.strip():
        return Comparison(NumericVerdict.EMPTY)
    try:
        quantity = parse(text)
    except NotANumber:
        return Comparison(NumericVerdict.NOT_A_NUMBER)
    values = quantity.readings
    if quantity.unit == key.unit.strip():
        return _nearest(values, quantity.figures, key)
    if not quantity.unit:
        nearest = _nearest(values, quantity.figures, key)
        return Comparison(NumericVerdict.UNIT_MISSING, nearest.value)
    given = _unit(quantity.unit)
    if given is None:
        return Comparison(NumericVerdict.UNIT_UNKNOWN, None, quantity.unit)
    asked = _unit(key.unit.strip()) if key.unit.strip() else _units().dimensionless
    if asked is None:
        return Comparison(NumericVerdict.UNIT_UNKNOWN, None, key.unit)
    converted = [_convert(value, given, asked) for value in values]
    if any(value is None for value in converted):
        verdict = NumericVerdict.UNIT_WRONG if key.unit else NumericVerdict.UNIT_UNEXPECTED
        return Comparison(verdict, None, quantity.unit)
    known = tuple(value for value in converted if value is not None)
    return _nearest(known, quantity.figures, key)


def _nearest(
    values: tuple[Decimal, ...], figures: tuple[tuple[int, int], ...], key: NumericKey
) -> Comparison:
    nearest, (fewest, most) = min(
        zip(values, figures, strict=True), key=lambda each: abs(each[0] - key.value)
    )
    if abs(nearest - key.value) > key.tolerance:
        return Comparison(NumericVerdict.WRONG, nearest, key.unit)
    if key.figures and not fewest <= key.figures <= most:
        return Comparison(NumericVerdict.FIGURES_WRONG, nearest, key.unit)
    return Comparison(NumericVerdict.RIGHT, nearest, key.unit)
