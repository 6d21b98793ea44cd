"""Files of a suite as an author types them: each begun by a line with its path."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from rubrics.admin.fields import FilesField

FIELD = FilesField(required=False, strip=False)


def test_what_is_shown_is_read_again() -> None:
    files = {"tests/test_it.py": "def test():\n    pass\n", "data.txt": "  a\n\n"}
    assert FIELD.clean(FIELD.prepare_value(files)) == files
    assert not FIELD.has_changed(files, FIELD.prepare_value(files).replace("\n", "\r\n"))


def test_no_file_is_no_file() -> None:
    assert FIELD.clean("") == {}
    assert FIELD.clean("\n \n") == {}


@pytest.mark.parametrize("text", ["x = 1", "=== \nx", "=== a\n1\n=== a\n2"])
def test_text_without_a_path_of_its_own_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        FIELD.clean(text)
