"""Texts that a person should see whatever a model says: they address the marker, or are odd.

The patterns are short on purpose. A linear model does not obey instructions, so this is no
defence of the mark; it tells people that somebody tried, or that the text is no answer.
"""

from __future__ import annotations

import re
from collections import Counter

from grading.scoring.base import ADDRESSES_THE_MARKER, UNUSUAL_TEXT
from grading.scoring.features import FUNCTION_WORDS, words

_ADDRESSES = re.compile(
    r"""
    \b(?:ignore|disregard|forget|override)\b.{0,30}
        \b(?:instructions?|rubrics?|prompts?|criteria|criterion|previous|above)\b
    | \b(?:give|award|grant|assign)\s+(?:me|this(?:\s+(?:answer|essay|response|text))?|us)\b
        .{0,30}\b(?:marks?|points?|scores?|grades?|credit|level|100)\b
    | \b(?:full|maximum|highest|perfect|top)\s+(?:marks?|points?|scores?|grades?|credit)\b
    | \b(?:dear|hello|hi|please|note\s+to(?:\s+the)?)[\s,]+
        (?:the\s+|my\s+|mr\.?\s+|mrs\.?\s+|ms\.?\s+)?
        (?:grader|marker|assessor|examiner|teacher|reviewer|ai|model|assistant|grading)\b
    | \b(?:you\s+are|as)\s+an?\s+(?:ai|llm|language\s+model|automated|grader|grading|marker)\b
    | \bplease\s+(?:pass|grade|mark|score)\s+(?:me|this|my)\b
    | \bsystem\s*prompt\b | <\|?\s*(?:system|assistant|im_start) | \[/?inst\]
    | \b(?:score|grade|mark|level)\s*[:=]\s*(?:[0-9]+\s*/\s*[0-9]+|a\+|full|max)
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)

SCANNED = 20_000  # characters; patterns are linear, texts may be long
MOST_REPEATED = 0.35
FEWEST_WORDS_FOR_SHARES = 6
FEWEST_FUNCTION_WORDS = 0.05
LONGEST_WORD = 45


def oddities(text: str, least_grammar: float = FEWEST_FUNCTION_WORDS) -> tuple[str, ...]:
    """Flags: `addresses-the-marker` and `unusual-text`, neither, or both.

    `least_grammar`: share of grammatical words below which a text counts as a list of keywords.
    """
    flags = []
    if _ADDRESSES.search(text[:SCANNED]):
        flags.append(ADDRESSES_THE_MARKER)
    if is_unusual(text, least_grammar):
        flags.append(UNUSUAL_TEXT)
    return tuple(flags)


def is_unusual(text: str, least_grammar: float = FEWEST_FUNCTION_WORDS) -> bool:
    """Repeats itself, is a list of keywords without grammar, or is no words at all.

    Grammatical words are the English ones of `features`: whoever knows the language of the
    answers gives a `least_grammar` that fits it.
    """
    found = words(text[:SCANNED])
    if not found or max(map(len, found)) > LONGEST_WORD:
        return True
    if len(found) < FEWEST_WORDS_FOR_SHARES:
        return False
    return grammar(found) < least_grammar or repetition(found) > MOST_REPEATED


def grammar(found: list[str]) -> float:
    """Share 0..1 of grammatical words among the words of a text."""
    return sum(word in FUNCTION_WORDS for word in found) / max(len(found), 1)


def repetition(found: list[str]) -> float:
    """Share 0..1 of the text's three-word sequences that were there before, or of one content
    word's claim on all words, whichever is larger.
    """
    triples = Counter(zip(found, found[1:], found[2:], strict=False))
    repeated = sum(count - 1 for count in triples.values()) / max(sum(triples.values()), 1)
    content = Counter(word for word in found if word not in FUNCTION_WORDS)
    loudest = max(content.values(), default=0) / len(found) if len(found) >= 12 else 0.0
    return max(repeated, loudest)
