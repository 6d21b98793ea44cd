"""Where the parts and arrows of a diagram stand in a picture.

Layered drawing (Sugiyama, Tagawa and Toda, 1981): arrows lead downwards where they can, long ones
pass between the parts of the layers that they cross, and neighbours stand under each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from grading.diagrams.graph import Diagram

MOST_DRAWN = 60  # parts; more than that is read as a list
MOST_UNSEEN = 400  # stations of long arrows
_LETTER, _LINE, _PADDING = 7.4, 18, 14  # width of a letter, height of a line, in units
_ACROSS, _DOWN, _MARGIN = 36, 64, 12
_LONGEST_LINE, _MOST_LINES = 20, 3  # of a label, in letters and lines
_SWEEPS = 6


@dataclass(frozen=True, slots=True)
class Box:
    """`x` and `y` are the upper left corner; `lines` stand at the given heights."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[tuple[float, str], ...]

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Arrow:
    """`path` is what SVG calls so; the label stands at (x, y)."""

    path: str
    directed: bool
    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Picture:
    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


Edge = tuple[str, str]


def picture(diagram: Diagram) -> Picture | None:
    """None where there are too many parts to be drawn so that anybody sees something."""
    if len(diagram.parts) > MOST_DRAWN:
        return None
    drawing = _Drawing(diagram)
    return drawing.picture() if drawing.unseen <= MOST_UNSEEN else None


class _Drawing:
    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.lines = {key: _wrapped(part.label) for key, part in diagram.parts.items()}
        self.labels: dict[tuple[str, str, bool], list[str]] = {}
        for each in diagram.relations:
            words = self.labels.setdefault((each.source, each.target, each.directed), [])
            said = each.words
            if said and said not in words:
                words.append(said)
        self.layer = self._layers()
        self.routes = self._routes(self.layer)

    @property
    def unseen(self) -> int:
        return sum(len(route) - 2 for route in self.routes.values())

    def picture(self) -> Picture:
        routes = self.routes
        rows = self._rows(self.layer, routes)
        places = self._places(rows)
        boxes = {key: self._box(key, *places[key]) for key in self.diagram.parts}
        arrows = tuple(self._arrows(boxes, places, routes))
        right = max(box.x + box.width for box in boxes.values())
        bottom = max(box.y + box.height for box in boxes.values())
        right = max([right, *(arrow.x + len(arrow.label) * 3.5 for arrow in arrows)])
        # Long arrows may pass beside all boxes.
        right = max([right, *(places[key][0] for route in routes.values() for key in route)])
        return Picture(right + _MARGIN, bottom + _MARGIN, tuple(boxes.values()), arrows)

    def _downwards(self) -> list[Edge]:
        """The arrows, turned around where they would close a circle."""
        following: dict[str, list[str]] = {key: [] for key in self.diagram.parts}
        for source, target, _directed in self.labels:
            if source != target:
                following[source].append(target)
        state: dict[str, int] = {}
        edges: list[Edge] = []
        for root in self.diagram.parts:
            if root in state:
                continue
            state[root] = 1
            stack = [(root, iter(following[root]))]
            while stack:
                key, rest = stack[-1]
                for target in rest:
                    edges.append((target, key) if state.get(target) == 1 else (key, target))
                    if target not in state:
                        state[target] = 1
                        stack.append((target, iter(following[target])))
                        break
                else:
                    state[key] = 2
                    stack.pop()
        return edges

    def _layers(self) -> dict[str, int]:
        """Each part one layer below the lowest of those that lead to it."""
        edges = self._downwards()
        layer = dict.fromkeys(self.diagram.parts, 0)
        for _round in self.diagram.parts:
            changed = False
            for source, target in edges:
                if layer[target] <= layer[source]:
                    layer[target] = layer[source] + 1
                    changed = True
            if not changed:
                break
        return layer

    def _routes(self, layer: dict[str, int]) -> dict[Edge, list[str]]:
        """For each pair that is connected the stations on the way down, the inner ones unseen."""
        routes: dict[Edge, list[str]] = {}
        for source, target, _directed in self.labels:
            above, below = sorted((source, target), key=lambda key: layer[key])
            inner = [f"\0{above}\0{below}\0{n}" for n in range(layer[above] + 1, layer[below])]
            routes.setdefault((above, below), [above, *inner, below])
        return routes

    def _rows(self, layer: dict[str, int], routes: dict[Edge, list[str]]) -> list[list[str]]:
        depth = max(layer.values()) + 1
        rows: list[list[str]] = [[] for _ in range(depth)]
        for key, number in layer.items():
            rows[number].append(key)
        neighbours: dict[str, list[str]] = {}
        for route in routes.values():
            for offset, station in enumerate(route[1:-1], start=1):
                rows[layer[route[0]] + offset].append(station)
            for one, other in pairwise(route):
                neighbours.setdefault(one, []).append(other)
                neighbours.setdefault(other, []).append(one)
        place = {key: where for row in rows for key, where in _spread(row)}
        for sweep in range(_SWEEPS):
            for row in rows if sweep % 2 == 0 else reversed(rows):
                self._sort(row, place, neighbours)
        return rows

    def _sort(
        self, row: list[str], place: dict[str, float], neighbours: dict[str, list[str]]
    ) -> None:
        """Each station to the mean place of what it is connected with in other rows."""
        own = set(row)

        def mean(key: str) -> float:
            near = [place[other] for other in neighbours.get(key, ()) if other not in own]
            return sum(near) / len(near) if near else place[key]

        row.sort(key=mean)
        place.update(_spread(row))

    def _places(self, rows: list[list[str]]) -> dict[str, tuple[float, float]]:
        """The middle and the top of each station; rows are centred above each other."""
        widths = [sum(self._width(key) + _ACROSS for key in row) - _ACROSS for row in rows]
        widest = max(widths)
        places: dict[str, tuple[float, float]] = {}
        y = float(_MARGIN)
        for row, width in zip(rows, widths, strict=True):
            x = _MARGIN + (widest - width) / 2
            tallest = max(self._height(key) for key in row)
            for key in row:
                places[key] = (x + self._width(key) / 2, y + (tallest - self._height(key)) / 2)
                x += self._width(key) + _ACROSS
            y += tallest + _DOWN
        return places

    def _width(self, key: str) -> float:
        lines = self.lines.get(key)
        return 8 if lines is None else max(map(len, lines)) * _LETTER + 2 * _PADDING

    def _height(self, key: str) -> float:
        lines = self.lines.get(key)
        return _LINE if lines is None else len(lines) * _LINE + _PADDING

    def _box(self, key: str, middle: float, top: float) -> Box:
        width, height = self._width(key), self._height(key)
        lines = tuple(
            (top + _PADDING / 2 + _LINE * (number + 0.75), text)
            for number, text in enumerate(self.lines[key])
        )
        return Box(middle - width / 2, top, width, height, lines)

    def _arrows(
        self,
        boxes: dict[str, Box],
        places: dict[str, tuple[float, float]],
        routes: dict[Edge, list[str]],
    ) -> Iterator[Arrow]:
        for number, ((source, target, directed), words) in enumerate(self.labels.items()):
            label = _cut(" / ".join(words))
            if source == target:
                yield _loop(boxes[source], directed, label)
                continue
            route = routes.get((source, target))
            stations = route or routes[target, source][::-1]
            # What leads there and back is drawn side by side.
            twin = any((target, source, way) in self.labels for way in (True, False))
            yield _arrow(boxes, places, stations, directed, label, 7 if twin else 0, number)


def _spread(row: list[str]) -> Iterator[tuple[str, float]]:
    """Places between 0 and 1, so that short rows and long ones can be compared."""
    return ((key, (index + 0.5) / len(row)) for index, key in enumerate(row))


def _arrow(
    boxes: dict[str, Box],
    places: dict[str, tuple[float, float]],
    stations: list[str],
    directed: bool,
    label: str,
    aside: float,
    number: int,
) -> Arrow:
    first, last = boxes[stations[0]], boxes[stations[-1]]
    inner = [(places[key][0], places[key][1] + _LINE / 2) for key in stations[1:-1]]
    down = first.y < last.y
    aside = aside if down else -aside
    if first.y == last.y:
        aside = 0
    begin = _border(first, inner[0] if inner else (last.middle, last.y + last.height / 2), aside)
    end = _border(last, inner[-1] if inner else (first.middle, first.y + first.height / 2), aside)
    points = [begin, *((x + aside, y) for x, y in inner), end]
    half = len(points) // 2
    (x1, y1), (x2, y2) = points[half - 1], points[half]
    # Labels of arrows from one part would cover each other at the same height.
    along = (0.5, 0.38, 0.62)[number % 3]
    path = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return Arrow(path, directed, x1 + (x2 - x1) * along, y1 + (y2 - y1) * along, label)


def _border(box: Box, towards: tuple[float, float], aside: float) -> tuple[float, float]:
    """Where the line to a point leaves the box: below, above, or at a side for a neighbour."""
    x, y = towards
    if y > box.y + box.height:
        return box.middle + aside, box.y + box.height
    if y < box.y:
        return box.middle + aside, box.y
    return (box.x + box.width if x > box.middle else box.x), box.y + box.height / 2


def _loop(box: Box, directed: bool, label: str) -> Arrow:
    right, top, bottom = box.x + box.width, box.y + box.height * 0.3, box.y + box.height * 0.7
    out = right + 26
    bend = f"C{out:.1f} {top - 12:.1f} {out:.1f} {bottom + 12:.1f} {right:.1f} {bottom:.1f}"
    path = f"M{right:.1f} {top:.1f} {bend}"
    return Arrow(path, directed, right + 30 + len(label) * 3, box.y + box.height / 2, label)


def _wrapped(label: str) -> list[str]:
    lines: list[str] = [""]
    for word in label.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > _LONGEST_LINE:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    lines = [_cut(line) for line in lines]
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], "…"]
    return lines


def _cut(text: str) -> str:
    return text if len(text) <= 2 * _LONGEST_LINE else f"{text[: 2 * _LONGEST_LINE - 1]}…"
