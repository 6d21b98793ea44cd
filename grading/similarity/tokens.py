"""An answer as tokens: without what is changed to hide a copy, and with the place of each."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Token as Kind
from pygments.util import ClassNotFound

TEXT = "text"
# Longer answers are compared by their beginning.
MOST_TOKENS = 20_000
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_GAP = re.compile(r"\s{200}")
_LEXERS = {"shell": "bash"}


@dataclass(frozen=True, slots=True)
class Token:
    """`shape` leaves out what can be renamed; `text` is as it was written, in small letters.
    `start` and `end` are places in the answer."""

    shape: str
    text: str
    start: int
    end: int


def tokens(answer: str, language: str) -> list[Token]:
    """The tokens of an answer; `language` is the code of one, or `TEXT`. Names, numbers and texts
    lose their spelling in `shape`, comments and white space vanish."""
    if language == TEXT:
        return _words(answer)
    lexer = _lexer(_LEXERS.get(language, language))
    # Lexers take ages over gaps that were made for them; nobody writes a program with such.
    plain = lexer is None or _GAP.search(answer)
    return _words(answer) if plain or lexer is None else _code(answer, lexer)


def _words(answer: str) -> list[Token]:
    found = []
    for match in _WORD.finditer(answer):
        word = match[0].casefold()
        found.append(Token(word, word, match.start(), match.end()))
        if len(found) == MOST_TOKENS:
            break
    return found


@functools.lru_cache(maxsize=32)
def _lexer(name: str) -> Lexer | None:
    try:
        return get_lexer_by_name(name, ensurenl=False, stripnl=False)
    except ClassNotFound:
        return None


def _is(kind: Any, group: Any) -> bool:
    """Whether a kind of token is of a group; pygments' types do not know that they are nested."""
    return kind in group


def _code(answer: str, lexer: Lexer) -> list[Token]:
    found: list[Token] = []
    for start, kind, value in lexer.get_tokens_unprocessed(answer):
        if _is(kind, Kind.Comment) or not value.strip() or _is(kind, Kind.Literal.String.Doc):
            continue
        if _is(kind, Kind.Literal.String):
            if found and found[-1].shape == "S" and found[-1].end == start:
                before = found.pop()
                text = before.text + value.lower()
                found.append(Token("S", text, before.start, start + len(value)))
                continue
            found.append(Token("S", value.lower(), start, start + len(value)))
        elif _is(kind, Kind.Literal.Number):
            found.append(Token("0", value, start, start + len(value)))
        elif _is(kind, Kind.Name):
            found.append(Token("N", value.lower(), start, start + len(value)))
        elif _is(kind, Kind.Keyword):
            found.append(Token(value, value, start, start + len(value)))
        else:
            found += [
                Token(sign, sign, start + place, start + place + 1)
                for place, sign in enumerate(value)
                if not sign.isspace()
            ]
        if len(found) >= MOST_TOKENS:
            break
    return found
