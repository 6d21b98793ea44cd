from __future__ import annotations

import itertools
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from grading.diagrams import Diagram, read
from grading.diagrams.layout import MOST_DRAWN, Box, picture


def diagram(*relations: tuple[str, str]) -> Diagram:
    made = Diagram("test")
    for source, target in relations:
        made.relate(made.name(source), made.name(target), "word")
    return made


def overlap(one: Box, other: Box) -> bool:
    apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
    apart_y = one.y + one.height <= other.y or other.y + other.height <= one.y
    return not (apart_x or apart_y)


KEYS = st.sampled_from("abcdefghij")


@given(st.lists(st.tuples(KEYS, KEYS), min_size=1, max_size=40))
@settings(deadline=None)
def test_boxes_never_cover_each_other_and_all_is_inside(relations: list[tuple[str, str]]) -> None:
    drawn = picture(diagram(*relations))
    assert drawn is not None
    for one, other in itertools.combinations(drawn.boxes, 2):
        assert not overlap(one, other)
    for box in drawn.boxes:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= drawn.width
        assert box.y + box.height <= drawn.height
    assert len(drawn.arrows) == len(set(relations))
    for arrow in drawn.arrows:
        assert 0 <= arrow.y <= drawn.height
        numbers = [float(number) for number in re.findall(r"[\d.-]+", arrow.path)]
        assert all(0 <= x <= drawn.width for x in numbers[::2])
        assert all(0 <= y <= drawn.height for y in numbers[1::2])


def test_arrows_lead_downwards_where_they_can() -> None:
    drawn = picture(diagram(("a", "b"), ("b", "c"), ("a", "c"), ("c", "a")))
    assert drawn is not None
    heights = [box.y for box in drawn.boxes]
    assert heights == sorted(heights)
    assert len(set(heights)) == 3


def test_a_long_arrow_passes_beside_what_stands_between() -> None:
    drawn = picture(diagram(("a", "b"), ("b", "c"), ("a", "c")))
    assert drawn is not None
    long = drawn.arrows[2]
    middle = drawn.boxes[1]
    xs = [
        float(point.split()[0].lstrip("ML")) for point in long.path.replace(" L", "\nL").split("\n")
    ]
    assert len(xs) == 3
    assert not middle.x <= xs[1] <= middle.x + middle.width


def test_what_nobody_could_read_is_not_drawn() -> None:
    many = "flowchart\n" + "\n".join(f"N{n}" for n in range(MOST_DRAWN + 1))
    assert picture(read(many)) is None


def test_long_labels_are_wrapped_and_cut() -> None:
    made = read(f"flowchart\nA[{'word ' * 40}] --> B[{'x' * 90}]")
    drawn = picture(made)
    assert drawn is not None
    assert [len(box.lines) for box in drawn.boxes] == [3, 1]
    assert all(len(text) <= 40 for box in drawn.boxes for _y, text in box.lines)
