"""Arrows between classes, which Mermaid and PlantUML write alike: `Duck --|> Animal : word`."""

from __future__ import annotations

import re

from grading.diagrams.graph import HAS, IS_A, USES, Diagram

# A line with a head at either end; inside may stand a direction or a colour:
# `-left->`, `-[#red]->`.
ARROW = re.compile(
    r"(?P<left><\|?|\*|o(?=[-.])|\+(?=[-.])|\^|\}o|\}\||\|o|\|\||x(?=[-.])|#|\()?"
    r"(?P<line>[-.=]+(?:\[(?P<style>[^\]]*)\][-.=]*|(?:left|right|up|down|le|ri|do|[lrud])"
    r"(?:\[[^\]]*\])?[-.=]+)?)"
    r"(?P<right>\|>|>{1,2}(?:[xo](?= ))?|\*|o\{|o\||o(?!\w)|\+|\^|\|\{|\|\||x(?!\w)|#|\()?"
)
MULTIPLICITY = re.compile(r"\"[^\"]*\"")
_CLOSED, _OPEN, _WHOLE = {"<|", "|>", "^"}, {"<", ">", ">>"}, {"*", "o", "+"}


def relate(diagram: Diagram, left: str, right: str, found: re.Match[str], label: str) -> None:
    """Adds what an arrow of that form between two parts says.

    A class leads to the one that it is a kind of, a whole to its part, a user to what it uses.
    A hidden line is for the layout and says nothing.
    """
    heads = (found["left"] or "", found["right"] or "")
    if heads[1].startswith(">"):  # a message that is lost or found is one all the same
        heads = (heads[0], heads[1].rstrip("xo"))
    kind = USES if "." in found["line"] else ""
    if "hidden" in (found["style"] or ""):
        return
    if heads[1] in _CLOSED or heads[0] in _CLOSED:
        child, parent = (left, right) if heads[1] in _CLOSED else (right, left)
        diagram.relate(child, parent, label, IS_A)
    elif heads[0] in _WHOLE or heads[1] in _WHOLE:
        whole, part = (left, right) if heads[0] in _WHOLE else (right, left)
        diagram.relate(whole, part, label, HAS)
    elif heads[0] in _OPEN and heads[1] in _OPEN:
        diagram.relate_both(left, right, label)
    elif heads[1] in _OPEN:
        diagram.relate(left, right, label, kind)
    elif heads[0] in _OPEN:
        diagram.relate(right, left, label, kind)
    else:  # a plain line, or the crow's feet of entities
        diagram.relate(left, right, label, directed=False)
