"""What is alike is found alike, whatever was done to hide it; what is not, is not."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.similarity import TEXT, Tile, fingerprint, share, tiles, tokens

ORIGINAL = '''
def parse(text):
    """Return the numbers of a text."""
    found = []
    for word in text.split():
        if word.isdigit():
            found.append(int(word))
    return sorted(found, reverse=True)
'''
RENAMED = """
def parse(line):
    result = []          # where they go
    for part in line.split():
        if part.isdigit():   # only digits
            result.append(int(part))
    return sorted(result, reverse=True)
"""
OTHERWISE = """
import re

def parse(text):
    return sorted(map(int, re.findall(r"\\b[0-9]+\\b", text)))[::-1]
"""
ESSAY = (
    "The cache is emptied whenever a key changes, because a stale answer costs more than a slow"
    " one. It would be cheaper to keep old entries for a minute, but nobody could explain them."
)


def likeness(earlier: str, later: str, language: str = "python") -> float:
    return share(fingerprint(earlier, language).grams, fingerprint(later, language).grams)


def test_names_comments_and_spaces_hide_nothing() -> None:
    assert likeness(ORIGINAL, RENAMED) == pytest.approx(1.0)


def test_another_way_is_another_way() -> None:
    assert likeness(ORIGINAL, OTHERWISE) < 0.5


def test_what_is_added_does_not_make_it_less_of_a_copy() -> None:
    padded = OTHERWISE + RENAMED + OTHERWISE.replace("parse", "other")
    assert likeness(ORIGINAL, padded) == pytest.approx(1.0)


def test_what_the_question_gave_counts_for_nothing() -> None:
    given_code = ORIGINAL
    one = fingerprint(ORIGINAL + "x = 1\n", "python", [given_code])
    assert share(one.grams, fingerprint(ORIGINAL + "y = [2]\n", "python", [given_code]).grams) < 1
    assert len(one.grams) < 6
    assert not one.marks & fingerprint(ORIGINAL, "python").marks


def test_texts_are_compared_by_their_words() -> None:
    assert likeness(ESSAY, ESSAY.upper().replace(",", " –"), TEXT) == pytest.approx(1.0)
    assert likeness(ESSAY, "A stale answer is worse. Old entries should go at once.", TEXT) < 0.1


@pytest.mark.parametrize("language", ["c", "cpp", "java", "javascript", "shell", "cobol-74"])
def test_every_language_has_tokens(language: str) -> None:
    assert len(tokens("int main(void) { return x + 1; } // y", language)) > 5


@given(st.text(max_size=300), st.sampled_from(["python", "java", TEXT]))
def test_a_long_enough_answer_is_all_in_itself(answer: str, language: str) -> None:
    found = fingerprint(answer, language)
    assert share(found.grams, found.grams) == (1.0 if found.grams else 0.0)
    assert found == fingerprint(answer, language)


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_share_is_a_share(one: str, other: str) -> None:
    assert 0 <= likeness(one, other, TEXT) <= 1


@given(st.text(alphabet="ab \n", min_size=50, max_size=400))
def test_a_shared_stretch_leaves_a_shared_mark(middle: str) -> None:
    """Winnowing's promise: whatever is as long as mark and window together is found."""
    shared = "one two three four five six seven eight nine ten eleven"
    one = fingerprint(f"{middle} {shared}", TEXT)
    other = fingerprint(f"{shared} {middle[::-1]}", TEXT)
    assert one.marks & other.marks


class TestTiles:
    def test_shared_parts_are_shown_where_they_stand(self) -> None:
        other = "x = 1\n" + RENAMED
        found = tiles(ORIGINAL, other, "python")
        assert found
        whole = max(found, key=lambda tile: tile.length)
        assert "found.append" in ORIGINAL[whole.start : whole.end]
        assert "result.append" in other[whole.other_start : whole.other_end]

    def test_parts_in_another_order_are_found_each(self) -> None:
        one = "def a(x):\n    return [y * 2 for y in x if y]\n"
        two = "def b(z):\n    while z > 3:\n        z = z - 1\n    return z\n"
        assert len(tiles(one + two, two + one, "python")) == 2

    def test_nothing_shared_is_nothing(self) -> None:
        assert tiles("a b c d e", "f g h i j", TEXT) == []

    @given(st.text("ab c", max_size=120), st.text("ab c", max_size=120))
    def test_parts_are_equal_and_do_not_overlap(self, one: str, other: str) -> None:
        found = tiles(one, other, TEXT)
        for tile in found:
            here = one[tile.start : tile.end].split()
            assert here == other[tile.other_start : tile.other_end].split()
        assert not _overlaps(found, lambda tile: (tile.start, tile.end))
        assert not _overlaps(found, lambda tile: (tile.other_start, tile.other_end))

    def test_a_hostile_answer_takes_no_longer_than_others(self) -> None:
        """The same token thousands of times matches everywhere."""
        assert tiles("a " * 20_000, "a " * 20_000, TEXT) is not None


def _overlaps(found: list[Tile], span: object) -> bool:
    spans = sorted(span(tile) for tile in found)  # type: ignore[operator]
    return any(one[1] > other[0] for one, other in itertools.pairwise(spans))
