from __future__ import annotations

import pytest

from grading.templatetags.answers import LONGEST_COLOURED, code


@pytest.mark.timeout(20)  # each of these took minutes when it was found, or would have
@pytest.mark.parametrize("name", ["a.cpp", "a.c", "a.java", "a.js", "a.sh", "a.py", "a.au3", "a"])
@pytest.mark.parametrize("letter", ["\n", " ", "/*", "(", "a ", "'", '"', "$(", "<", "\\"])
def test_no_text_takes_long_to_be_shown(name: str, letter: str) -> None:
    for size in (LONGEST_COLOURED, 100_000):
        source = (letter * size)[:size]
        assert code(source, name)


def test_a_program_of_ours_is_coloured_and_another_text_is_not() -> None:
    assert '<span class="k">def</span>' in code("def f(): pass", "a.py")
    assert 'class="k"' not in code("def f(): pass", "a.txt")
