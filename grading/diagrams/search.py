"""Whether what an author asks for is in a diagram, and in which words it is not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from grading.diagrams.graph import CONTAINS, KINDS, Diagram, Relation
from rubrics.diagrams import ANY, Wish

# What stands around a name and is none of it: stereotypes, and what C4 writes below.
_STEREOTYPE = re.compile(
    r"<<[^<>]*>>|«[^«»]*»|\[(?:Person|\w* ?System|Container|Component)\b[^\]]*\]"
)
_HYPHEN = re.compile(r"(?<=\w)[-‐‑](?=\w)")
# Others than these mean something: C++ is not C, and n + 1 not n - 1.
_WITHOUT_MEANING = str.maketrans("", "", " _.,:;'\"()[]{}?`´‘’“”„…")
MORE_WORDS = 4  # that may stand beside an arrow besides those that are asked for
_NEGATIONS = frozenset({"not", "no", "never", "without"})


class Search:
    """Names are compared without regard to capitals, spaces and signs that mean nothing."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.named: dict[str, set[str]] = {}
        for key, part in diagram.parts.items():
            self.named.setdefault(squashed(part.label), set()).add(key)
        self.followers: dict[str, set[str]] = {}
        for each in diagram.relations:
            if each.directed and each.kind != CONTAINS:
                self.followers.setdefault(each.source, set()).add(each.target)

    def parts(self, names: Sequence[str]) -> set[str]:
        """The parts in whose picture one of the names stands."""
        if ANY in names:
            return set(self.diagram.parts)
        return set().union(*(self.named.get(squashed(name), set()) for name in names))

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
        anything = ANY in (*wish.source, *wish.target)
        between = list(self._between(sources, targets, anything))
        back = list(self._between(targets, sources, anything))
        there = between + back if wish.way == "--" else [each for each in between if each.directed]
        if any(_says(each, wish.label) for each in there):
            return ""
        if [each for each in there if each.kind != CONTAINS]:
            return f"the arrow from {_both(wish)} does not say “{wish.label[0]}”"
        if wish.way == "--":
            return f"no line connects {_both(wish, 'and')}"
        if not anything and any(each.directed for each in back if each.kind != CONTAINS):
            return f"the arrow between {_both(wish, 'and')} leads the other way"
        if any(not each.directed for each in between + back):
            return f"the line between {_both(wish, 'and')} leads nowhere: it needs an arrowhead"
        return f"no arrow leads from {_both(wish)}"

    def _between(self, sources: set[str], targets: set[str], anything: bool) -> Iterator[Relation]:
        for each in self.diagram.relations:
            if anything and each.source == each.target:
                continue  # any other part is meant
            there = each.source in sources and each.target in targets
            turned = not each.directed and each.target in sources and each.source in targets
            if there or turned:
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
    """A name as it is compared; never empty."""
    text = unicodedata.normalize("NFKC", name).casefold()
    bare = _STEREOTYPE.sub(" ", unicodedata.normalize("NFKC", name)).casefold()
    text = bare if bare.strip() else text
    return _HYPHEN.sub("", text).translate(_WITHOUT_MEANING) or name.strip()


def _says(relation: Relation, words: Sequence[str]) -> bool:
    """Whether its form or the words beside it say one of the texts. Being inside something is
    meant only where that is asked for."""
    if not words:
        return relation.kind != CONTAINS
    return any(_says_one(relation, each) for each in words)


def _says_one(relation: Relation, text: str) -> bool:
    asked = text.casefold().split()
    if " ".join(asked) in KINDS and relation.kind:
        return relation.kind == " ".join(asked)  # what the form says is not unsaid by words
    if relation.kind == CONTAINS:
        return False
    wanted, there = (
        {squashed(each) for each in asked},
        [squashed(each) for each in relation.label.split()],
    )
    if not wanted <= set(there) or len(there) > len(wanted) + MORE_WORDS:
        return False
    return not (_NEGATIONS & set(there)) - wanted


def _both(wish: Wish, word: str = "to") -> str:
    return f"{_name(wish.source)} {word} {_name(wish.target)}"


def _name(names: Sequence[str]) -> str:
    return "any other part" if ANY in names else f"“{names[0]}”"
