"""Diagrams as text, read into parts and relations, compared to what an author asks, and drawn.

Nothing of a diagram is executed and no file or address that it names is opened. Reading takes time
in proportion to the length: see `graph.LONGEST_STATEMENT` and the limits beside it.
"""

from grading.diagrams.graph import Diagram, NotReadable, Part, Relation
from grading.diagrams.reading import read

__all__ = ["Diagram", "NotReadable", "Part", "Relation", "read"]
