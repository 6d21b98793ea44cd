"""Files of draw.io (diagrams.net): XML, of which each page may be deflated and in Base64."""

from __future__ import annotations

import base64
import binascii
import zlib
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from grading.diagrams.graph import CONTAINS, Diagram, NotReadable, plain

LARGEST_PAGE = 2_000_000  # bytes, inflated
MOST_PAGES = 20
_BROKEN = "This draw.io file is damaged: {why}."


def read(text: str) -> Diagram:
    """All pages in one. Arrows that hang loose at an end are noted as unread, under line 0 on."""
    diagram = Diagram("draw.io")
    loose = 0
    for number, page in enumerate(_pages(_parsed(text))):
        loose += _Page(diagram, page, f"{number}/").read()
    if loose:
        diagram.unread[0] = f"{loose} arrows are not attached at both ends"
    return diagram


def _parsed(text: str) -> Element:
    try:
        parsed: Element = fromstring(text.strip(), forbid_dtd=True)
    except DefusedXmlException:
        raise NotReadable(_BROKEN.format(why="it defines entities")) from None
    except (ParseError, ValueError) as error:
        raise NotReadable(_BROKEN.format(why=str(error))) from None
    return parsed


def _pages(root: Element) -> list[Element]:
    if root.tag == "mxGraphModel":
        return [root]
    pages = root.findall("diagram")[:MOST_PAGES]
    if root.tag != "mxfile" or not pages:
        raise NotReadable("This XML is no file of draw.io.")
    return [_page(each) for each in pages]


def _page(diagram: Element) -> Element:
    plain_page = diagram.find("mxGraphModel")
    if plain_page is not None:
        return plain_page
    try:
        packed = base64.b64decode((diagram.text or "").strip(), validate=True)
        inflating = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        page = inflating.decompress(packed, LARGEST_PAGE)
    except (binascii.Error, zlib.error, ValueError):
        raise NotReadable(_BROKEN.format(why="a page cannot be unpacked")) from None
    if inflating.unconsumed_tail:
        raise NotReadable(f"A page of this file is larger than {LARGEST_PAGE // 1_000_000} MB.")
    return _parsed(unquote(page.decode("utf-8", "replace")))


class _Page:
    def __init__(self, diagram: Diagram, page: Element, prefix: str) -> None:
        self.diagram = diagram
        self.prefix = prefix
        self.cells: dict[str, tuple[Element, str]] = {}
        for wrapper in page.iter():
            if wrapper.tag == "mxCell" and wrapper.get("id"):
                self.cells.setdefault(wrapper.get("id", ""), (wrapper, wrapper.get("value") or ""))
            elif wrapper.tag in ("object", "UserObject"):
                cell = wrapper.find("mxCell")
                if cell is not None:
                    found = (cell, wrapper.get("label") or wrapper.get("value") or "")
                    self.cells[wrapper.get("id") or ""] = found

    def read(self) -> int:
        """How many arrows hang loose."""
        beside = self._labels_beside_arrows()
        for key, (cell, label) in self.cells.items():
            if cell.get("vertex") == "1" and self._is_part(cell, label):
                self.diagram.name(self.prefix + key, label)
        for key, (cell, _label) in self.cells.items():
            around = cell.get("parent") or ""
            if self._known(key) and self._known(around):
                self.diagram.relate(self.prefix + around, self.prefix + key, kind=CONTAINS)
        arrows = [(key, cell) for key, (cell, _) in self.cells.items() if cell.get("edge") == "1"]
        return sum(not self._arrow(key, cell, beside.get(key, "")) for key, cell in arrows)

    def _arrow(self, key: str, cell: Element, beside: str) -> bool:
        source, target = cell.get("source") or "", cell.get("target") or ""
        if not (self._known(source) and self._known(target)):
            return False
        label = self.cells[key][1] or beside
        style = cell.get("style") or ""
        at_end = "endArrow=none" not in style
        at_begin = "startArrow=" in style and "startArrow=none" not in style
        if at_begin and not at_end:
            source, target = target, source
        directed = at_end != at_begin
        self.diagram.relate(self.prefix + source, self.prefix + target, label, directed=directed)
        return True

    def _labels_beside_arrows(self) -> dict[str, str]:
        """Labels that are cells of their own, by the arrow on which they sit."""
        found: dict[str, str] = {}
        for cell, label in self.cells.values():
            around = self.cells.get(cell.get("parent") or "")
            if cell.get("vertex") == "1" and around and around[0].get("edge") == "1":
                found.setdefault(cell.get("parent") or "", label)
        return found

    def _is_part(self, cell: Element, label: str) -> bool:
        around = self.cells.get(cell.get("parent") or "")
        on_arrow = around is not None and around[0].get("edge") == "1"
        return not on_arrow and bool(plain(label))

    def _known(self, key: str) -> bool:
        return self.prefix + key in self.diagram.parts
