from __future__ import annotations

import pytest

from grading.files import unpacking
from grading.files.paths import Refused
from grading.files.unpacking import unpacked
from tests.grading.files.making import lying_zip, tarred, zipped
from tests.grading.files.test_archives import HOSTILE, MEGABYTE, TGZ, ZIP

FILES = (("mine/main.py", b"print(1)"), ("mine/data/a.bin", bytes(range(256))))


@pytest.mark.parametrize(
    ("name", "content"), [(ZIP, zipped(*FILES)), (TGZ, tarred(*FILES, mode="w:gz"))]
)
def test_what_is_packed_comes_out_of_the_sandbox(name: str, content: bytes) -> None:
    assert unpacked(content, name, "main.py") == {
        "main.py": b"print(1)",
        "data/a.bin": bytes(range(256)),
    }


@pytest.mark.parametrize(
    ("name", "content", "why"), HOSTILE[::6], ids=[each[2][:30] for each in HOSTILE[::6]]
)
def test_what_is_hostile_is_refused_inside_too(name: str, content: bytes, why: str) -> None:
    with pytest.raises(Refused):
        unpacked(content, name, "main.py")
    del why


def test_a_bomb_whose_header_lies_is_stopped_inside() -> None:
    with pytest.raises(Refused, match=r"“work\.zip” cannot be unpacked"):
        unpacked(lying_zip("bomb.py", MEGABYTE * 4, 12), ZIP, "main.py")


def test_the_name_of_an_archive_is_no_word_of_the_command_line() -> None:
    assert unpacked(zipped(("a.py", b"1")), "--help; rm -rf .zip", "-m.py") == {"a.py": b"1"}


@pytest.mark.parametrize(
    "paths",
    ["[" * 100_000, "[]", '{"0": "../x"}', '{"0": 1}', '{"9": "a"}', '{"0": "a", "1": "a"}', "{"],
)
def test_what_comes_out_of_the_sandbox_is_not_believed(paths: str) -> None:
    kept = {"paths.json": paths.encode(), "0": b"1", "1": b"2"}
    with pytest.raises(Refused):
        unpacking._by_path(kept, ZIP)
