"""Files of draw.io (diagrams.net): XML, of which each page may be deflated and in Base64."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from grading.diagrams.graph import (
    CONTAINS,
    END,
    HAS,
    IS_A,
    LONGEST_LABEL,
    START,
    USES,
    Diagram,
    NotReadable,
    plain,
)

LARGEST_FILE = 2_000_000  # bytes of all pages together, inflated
MOST_ELEMENTS = 20_000
MOST_PAGES = 20
_BROKEN = "This draw.io file is damaged: {why}."
_PLACEHOLDER = re.compile(r"%(\w{1,40})%")
_HEADS = frozenset(
    {"classic", "classicThin", "block", "blockThin", "open", "openThin", "openAsync", "async"}
)
_CLOSED = frozenset({"block", "blockThin"})
_WHOLE = frozenset({"diamond", "diamondThin"})


def read(text: str) -> Diagram:
    """All pages in one. Arrows that hang loose at an end are noted as unread, under line 0."""
    diagram = Diagram("draw.io")
    loose = 0
    for number, page in enumerate(_pages(_parsed(text.strip()))):
        loose += _Page(diagram, page, f"{number}/").read()
    if loose:
        diagram.misses(0, f"{loose} arrows are not attached at both ends")
    return diagram


def _parsed(text: str) -> Element:
    try:
        parsed: Element = fromstring(text, forbid_dtd=True)
    except DefusedXmlException:
        raise NotReadable(_BROKEN.format(why="it defines entities")) from None
    except (ParseError, ValueError) as error:
        raise NotReadable(_BROKEN.format(why=str(error))) from None
    return parsed


def _pages(root: Element) -> Iterator[Element]:
    """One after the other, so that they are not held all together."""
    if root.tag == "mxGraphModel":
        yield root
        return
    pages = root.findall("diagram")[:MOST_PAGES]
    if root.tag != "mxfile" or not pages:
        raise NotReadable("This XML is no file of draw.io.")
    room = LARGEST_FILE
    for each in pages:
        written = each.find("mxGraphModel")
        if written is None:
            page = _unpacked(each.text or "", room)
            room -= len(page)
            written = _parsed(unquote(page.decode("utf-8", "replace")))
        yield written


def _unpacked(text: str, room: int) -> bytes:
    try:
        packed = base64.b64decode(text.strip(), validate=True)
        inflating = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        page = inflating.decompress(packed, max(room, 1))
    except (binascii.Error, zlib.error, ValueError):
        raise NotReadable(_BROKEN.format(why="a page cannot be unpacked")) from None
    if inflating.unconsumed_tail:
        raise NotReadable(f"This file is larger than {LARGEST_FILE // 1_000_000} MB unpacked.")
    return page


class _Cell:
    """A shape or an arrow; `label` is not yet plain."""

    def __init__(self, cell: Element, label: str) -> None:
        self.label = label
        self.parent = cell.get("parent") or ""
        self.source, self.target = cell.get("source") or "", cell.get("target") or ""
        self.is_arrow, self.is_shape = cell.get("edge") == "1", cell.get("vertex") == "1"
        pairs = (each.partition("=") for each in (cell.get("style") or "").split(";")[:100])
        self.style = {name: value for name, _sign, value in pairs}
        self.is_seen = cell.get("visible") != "0" and self.style.get("opacity") != "0"


class _Page:
    def __init__(self, diagram: Diagram, page: Element, prefix: str) -> None:
        self.diagram = diagram
        self.prefix = prefix
        self.cells: dict[str, _Cell] = {}
        elements = list(islice(page.iter(), MOST_ELEMENTS + 1))
        if len(elements) > MOST_ELEMENTS:
            raise NotReadable(f"A page has more than {MOST_ELEMENTS} elements.")
        for element in elements:
            self._note(element)

    def _note(self, element: Element) -> None:
        """A cell alone, or in a wrapper that has its id, its label and more."""
        cell = element.find("mxCell") if element.tag in ("object", "UserObject") else None
        if cell is not None:
            label = element.get("label") or element.get("value") or ""
            label = _PLACEHOLDER.sub(lambda found: element.get(found[1]) or "", label)
            self._keep(element.get("id") or "", cell, label)
        elif element.tag == "mxCell":
            self._keep(element.get("id") or "", element, element.get("value") or "")

    def _keep(self, key: str, cell: Element, label: str) -> None:
        if key and len(key) <= LONGEST_LABEL:
            self.cells.setdefault(key, _Cell(cell, label))

    def read(self) -> int:
        """How many arrows hang loose."""
        for key, cell in self.cells.items():
            if self._is_part(cell):
                self.diagram.name(self.prefix + key, _name(cell))
        for key, cell in self.cells.items():
            around = self._part(cell.parent) if self._is_part(cell) else ""
            if around:
                self.diagram.relate(around, self.prefix + key, kind=CONTAINS)
        beside = self._labels_beside_arrows()
        arrows = [(k, c) for k, c in self.cells.items() if c.is_arrow and c.is_seen]
        return sum(not self._arrow(cell, beside.get(key, "")) for key, cell in arrows)

    def _is_part(self, cell: _Cell) -> bool:
        """A shape with a name. What stands as text in another shape is a member of that one."""
        if not cell.is_shape or not cell.is_seen or not _name(cell):
            return False
        around = self.cells.get(cell.parent)
        on_arrow = around is not None and around.is_arrow
        in_shape = around is not None and around.is_shape
        return not on_arrow and not (in_shape and "text" in cell.style)

    def _part(self, key: str) -> str:
        """The part at which an arrow ends: the shape, or the one that it is drawn in."""
        for _step in range(20):
            if self.prefix + key in self.diagram.parts:
                return self.prefix + key
            cell = self.cells.get(key)
            if cell is None:
                return ""
            key = cell.parent
        return ""

    def _arrow(self, cell: _Cell, beside: str) -> bool:
        source, target = self._part(cell.source), self._part(cell.target)
        if not source or not target:
            return False
        label = " ".join(each for each in (cell.label, beside) if each)
        begin, end = cell.style.get("startArrow", ""), cell.style.get("endArrow", "classic")
        if begin in _WHOLE or end in _WHOLE:
            whole, part = (source, target) if begin in _WHOLE else (target, source)
            self.diagram.relate(whole, part, label, HAS)
        elif begin in _HEADS and end in _HEADS:
            self.diagram.relate_both(source, target, label)
        elif end in _HEADS:
            self.diagram.relate(source, target, label, _kind(cell, end, "endFill"))
        elif begin in _HEADS:
            self.diagram.relate(target, source, label, _kind(cell, begin, "startFill"))
        else:
            self.diagram.relate(source, target, label, directed=False)
        return True

    def _labels_beside_arrows(self) -> dict[str, str]:
        """Labels that are cells of their own, by the arrow on which they sit."""
        found: dict[str, str] = {}
        for cell in self.cells.values():
            around = self.cells.get(cell.parent)
            if cell.is_shape and around is not None and around.is_arrow:
                before = found.get(cell.parent, "")
                found[cell.parent] = f"{before} {cell.label}".strip()
        return found


def _name(cell: _Cell) -> str:
    """The first line of a shape that lists members under a rule; of a state chart its two ends."""
    name = plain(re.split(r"<hr\b", cell.label, maxsplit=1)[0])
    if name:
        return name
    shape = cell.style.get("shape", "")
    return {"startState": START, "endState": END}.get(shape, "")


def _kind(cell: _Cell, head: str, fill: str) -> str:
    """A hollow triangle inherits or implements, a dashed arrow uses (UML 2.5.1, 9.2 and 7.7)."""
    if head in _CLOSED and cell.style.get(fill) == "0":
        return IS_A
    return USES if cell.style.get("dashed") == "1" else ""
