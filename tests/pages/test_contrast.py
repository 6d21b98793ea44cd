"""Every pair of colours that the components put together, from the tokens, in both schemes.

Ratio: WCAG 2.2, “contrast ratio” and “relative luminance”. Text needs 4.5, borders of controls and
the focus ring 3.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path("static/css/tokens.css").read_text()
PAIRS = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\)", TOKENS))
GROUNDS = ("page", "sunken", "surface", "raised")

TEXT = [
    *[(ink, ground) for ink in ("text", "muted", "accent") for ground in GROUNDS],
    *[
        (ink, ground)
        for ink in ("good", "attention", "bad")
        for ground in (*GROUNDS, f"{ink}-soft")
    ],
    ("accent", "accent-soft"),
    ("muted", "accent-soft"),
    ("muted", "attention-soft"),
    ("muted", "good-soft"),
    ("muted", "bad-soft"),
    *[("text", f"{tone}-soft") for tone in ("accent", "good", "attention", "bad")],
    ("text", "evidence"),
    ("text", "line-mark"),
    ("muted", "line-mark"),
    ("accent-ink", "accent-fill"),
    ("accent-ink", "accent-fill-strong"),
    ("bad-ink", "bad-fill"),
    *[
        (f"code-{kind}", ground)
        for kind in ("keyword", "string", "number", "comment", "name", "builtin", "error")
        for ground in ("surface", "line-mark", "bad-soft")
    ],
]
LINES = [
    *[(line, ground) for line in ("edge", "focus", "accent") for ground in GROUNDS],
    ("focus", "accent-soft"),
    ("accent-fill", "surface"),
    ("accent-fill", "sunken"),
    ("good", "surface"),
    ("attention", "attention-soft"),
    ("attention", "evidence"),
]


def luminance(colour: str) -> float:
    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_ratio_is_that_of_the_standard() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_stands_out(ink: str, ground: str, scheme: int) -> None:
    assert ratio(PAIRS[ink].split(", ")[scheme], PAIRS[ground].split(", ")[scheme]) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), LINES)
def test_borders_of_controls_stand_out(line: str, ground: str, scheme: int) -> None:
    assert ratio(PAIRS[line].split(", ")[scheme], PAIRS[ground].split(", ")[scheme]) >= 3


@pytest.mark.parametrize("sheet", sorted(Path("static/css").glob("*.css")), ids=lambda p: p.name)
def test_components_use_tokens_only(sheet: Path) -> None:
    """A colour written beside the tokens would escape the tests above."""
    if sheet.name != "tokens.css":
        rules = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b", rules) == []
        used = set(re.findall(r"var\(--([\w-]+)", rules)) - {"split"}
        assert used <= set(re.findall(r"--([\w-]+):", TOKENS))
