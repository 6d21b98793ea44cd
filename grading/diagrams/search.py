"""Whether what an author asks for is in a diagram, and in which words it is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from grading.diagrams.graph import CONTAINS, Diagram, Relation
from rubrics.diagrams import ANY, Wish


class Search:
    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.followers: dict[str, set[str]] = {}
        for each in diagram.relations:
            if each.directed and each.kind != CONTAINS:
                self.followers.setdefault(each.source, set()).add(each.target)

    def parts(self, names: Sequence[str]) -> set[str]:
        """The parts that have one of the names; capitals, spaces and signs do not count."""
        if ANY in names:
            return set(self.diagram.parts)
        wanted = {squashed(name) for name in names}
        return {
            key
            for key, part in self.diagram.parts.items()
            if squashed(part.label) in wanted or squashed(key) in wanted
        }

    def found(self, wish: Wish) -> bool:
        return not self.lacks(wish)

    def lacks(self, wish: Wish) -> str:
        """What is not there, in words for who drew it; empty where all is there."""
        sources, targets = self.parts(wish.source), self.parts(wish.target)
        for names, there in ((wish.source, sources), (wish.target, targets)):
            if names and not there:
                return f"there is no part {_name(names)}"
        if not wish.way:
            return ""
        if wish.way == "=>":
            led = any(self._leads(source, targets) for source in sources)
            return "" if led else f"no way leads from {_both(wish)}"
        return self._lacks_arrow(wish, sources, targets)

    def missing_part(self, wish: Wish) -> bool:
        return any(names and not self.parts(names) for names in (wish.source, wish.target))

    def _lacks_arrow(self, wish: Wish, sources: set[str], targets: set[str]) -> str:
        between = list(self._between(sources, targets))
        back = list(self._between(targets, sources))
        there = between + back if wish.way == "--" else [each for each in between if each.directed]
        fitting = [each for each in there if _says(each, wish.label)]
        if fitting:
            return ""
        if [each for each in there if each.kind != CONTAINS]:
            return f"the arrow from {_both(wish)} does not say “{wish.label[0]}”"
        anything = ANY in (*wish.source, *wish.target)
        if (
            wish.way == "->"
            and not anything
            and any(each.directed for each in back if each.kind != CONTAINS)
        ):
            return f"the arrow between {_both(wish, 'and')} leads the other way"
        if wish.way == "->" and any(not each.directed for each in between + back):
            return f"the line between {_both(wish, 'and')} leads nowhere: it needs one arrowhead"
        word = "arrow leads from" if wish.way == "->" else "line connects"
        return f"no {word} {_both(wish, 'to' if wish.way == '->' else 'and')}"

    def _between(self, sources: set[str], targets: set[str]) -> Iterator[Relation]:
        for each in self.diagram.relations:
            if (each.source in sources and each.target in targets) or (
                not each.directed and each.target in sources and each.source in targets
            ):
                yield each

    def _leads(self, source: str, targets: set[str]) -> bool:
        seen: set[str] = set()
        waiting = [source]
        while waiting:
            for key in self.followers.get(waiting.pop(), ()):
                if key in targets:
                    return True
                if key not in seen:
                    seen.add(key)
                    waiting.append(key)
        return False

    def others(self, wishes: Iterable[Wish]) -> bool:
        """Whether parts are there that none of the wishes names: they may be what is missing,
        under a name that nobody thought of."""
        named = {
            key
            for wish in wishes
            for names in (wish.source, wish.target)
            if ANY not in names
            for key in self.parts(names)
        }
        around = {each.source for each in self.diagram.relations if each.kind == CONTAINS}
        return bool(set(self.diagram.parts) - named - around - {"start", "end"})


def squashed(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum()) or name.strip()


def _says(relation: Relation, words: Sequence[str]) -> bool:
    """Whether all words of one of the texts stand beside it, or its form says so. Being inside
    something is meant only where that is asked for."""
    if not words:
        return relation.kind != CONTAINS
    if any(squashed(each) == squashed(relation.kind) for each in words if relation.kind):
        return True
    there = {squashed(word) for word in relation.label.split()}
    return any({squashed(word) for word in each.split()} <= there for each in words)


def _both(wish: Wish, word: str = "to") -> str:
    return f"{_name(wish.source)} {word} {_name(wish.target)}"


def _name(names: Sequence[str]) -> str:
    return "any other part" if ANY in names else f"“{names[0]}”"
