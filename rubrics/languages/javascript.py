"""JavaScript, with the machine's Node.js, which reserves addresses as Java does."""

from __future__ import annotations

from rubrics.languages.base import Language

LANGUAGE = Language(
    code="javascript",
    name="JavaScript",
    extension=".js",
    programs=("node",),
    run=("node", "--max-old-space-size={memory_mb}", "{flags}", "{file}"),
    fault=r"^(?:/tmp/|[ \t]+at .*){file}:(?P<line>\d+)",
    out_of_memory="JavaScript heap out of memory",
    own_mb=120,
    address_space=False,
    processes=32,
)
