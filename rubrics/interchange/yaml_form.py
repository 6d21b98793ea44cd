"""The assessment file in YAML, form 1: reading and writing. docs/assessment-file.md explains it."""

from __future__ import annotations

from rubrics.content import Document
from rubrics.interchange.meaning import meaning_problems
from rubrics.interchange.problems import UnreadableError
from rubrics.interchange.schema import shape_problems
from rubrics.interchange.yaml_reading import document_of
from rubrics.interchange.yaml_tree import Tree, read
from rubrics.interchange.yaml_writing import written

__all__ = ["dump", "load"]


def load(raw: bytes) -> tuple[Document, Tree]:
    """Return what the file says, and the tree that knows its lines.

    Raises UnreadableError with every problem: of the YAML alone when it cannot be read as such,
    else of form and meaning together.
    """
    tree = read(raw)
    shape = shape_problems(tree)
    problems = [problem for each in shape.values() for problem in each]
    problems += meaning_problems(tree, broken=frozenset(shape))
    if problems:
        raise UnreadableError(problems)
    return document_of(tree.value), tree


def dump(document: Document) -> str:
    """Return the file; reading it gives an equal document, and the same document the same file."""
    return written(document)
