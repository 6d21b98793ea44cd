"""Numbers about a text that its character sequences do not show well: at most 30, all documented.

Every feature is a plain count, share or published readability formula of one text, so that it can
be explained to the person who wrote it. Readability formulas: Automated Readability Index (Smith
and Senter 1967), Coleman–Liau index (Coleman and Liau 1975), Läsbarhetsindex (Björnsson 1968);
Guiraud's root type–token ratio (Guiraud 1954).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grading.scoring.base import CriterionSpec

FEATURES: dict[str, str] = {
    "log_words": "log(1 + number of words)",
    "root_words": "square root of the number of words",
    "fourth_root_words": "fourth root of the number of words",
    "log_sentences": "log(1 + number of sentences)",
    "log_paragraphs": "log(1 + number of blank-line or newline separated blocks)",
    "words_per_sentence": "words ÷ sentences, at most 80",
    "letters_per_word": "mean word length in letters, at most 15",
    "root_type_token": "different words ÷ √words (Guiraud)",
    "log_types": "log(1 + number of different words)",
    "log_long_types": "log(1 + number of different words of 7 or more letters)",
    "long_words": "share of words with more than 6 letters",
    "readability_ari": "Automated Readability Index, clipped to -10..40",
    "readability_coleman_liau": "Coleman–Liau index, clipped to -10..40",
    "readability_lix": "Läsbarhetsindex, clipped to 0..120",
    "commas": "commas per word",
    "quotes": "quotation marks per word",
    "digits": "share of characters that are digits",
    "symbols": "share of characters used in code and formulas: = ( ) [ ] { } _ < > + * /",
    "function_words": "share of words that are frequent English grammatical words",
    "markers_cause": "because, therefore, so that … per word",
    "markers_contrast": "but, however, although … per word",
    "markers_condition": "if, when, unless … per word",
    "markers_example": "for example, such as … per word",
    "hedges": "maybe, I think … per word",
    "odd_words": "share of words with a letter thrice in a row, no vowel, or digits inside",
    "capital_starts": "share of sentences that begin with a capital letter",
    "overlap_prompt": "share of the prompt's content words that the text uses",
    "echo_prompt": "share of the text's content words that stand in the prompt",
    "overlap_top_level": "share of the top level's content words (descriptor, anchors) used",
    "overlap_low_level": "share of the lowest level's content words used",
}

FUNCTION_WORDS = frozenset(
    re.findall(
        "[a-z]+",
        "a an and are as at be been but by can could did do does for from had has have he her his"
        " i if in into is it its my not of on or our she should so than that the their them then"
        " there these they this to was we were what when which who will with would you your",
    )
)
_MARKERS = {
    "cause": r"because|since|therefore|thus|hence|so that|as a result|due to|consequently",
    "contrast": r"but|however|although|though|whereas|while|instead|on the other hand|yet",
    "condition": r"if|when|unless|otherwise|whenever|as soon as|as long as",
    "example": r"for example|for instance|such as|e\.g\.|like",
    "hedge": r"maybe|perhaps|i think|i guess|probably|somehow|kind of|sort of|not sure",
}
_MARKER_PATTERNS = {
    name: re.compile(rf"\b(?:{words})(?!\w)", re.IGNORECASE) for name, words in _MARKERS.items()
}
WORD = re.compile(r"[^\W_]+(?:['’_][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)")
_SENTENCE_START = re.compile(r"(?:^|[.!?]\s+)([^\W\d_])")
_BLOCK = re.compile(r"\S[^\n]*(?:\n|$)")
_ODD = re.compile(r"(.)\1\1|^[^aeiouyäöüáéíóúàèìòùåøæ\d']{4,}$|[^\W\d_]\d+[^\W\d_]")
_SYMBOLS = frozenset("=()[]{}_<>+*/")


def words(text: str) -> list[str]:
    """The words of a text in lower case; digits count as words, apostrophes stay inside."""
    return [found[0].lower() for found in WORD.finditer(text)]


def content_words(text: str) -> frozenset[str]:
    """Different words of three or more letters that are no grammatical words."""
    return frozenset(w for w in words(text) if len(w) > 2 and w not in FUNCTION_WORDS)


@dataclass(frozen=True, slots=True)
class Reference:
    """The content words that overlap is measured against."""

    prompt: frozenset[str]
    top: frozenset[str]
    low: frozenset[str]


def reference(criterion: CriterionSpec) -> Reference:
    """What a criterion offers for comparison; sets may be empty."""
    top, low = criterion.levels[-1], criterion.levels[0]
    return Reference(
        prompt=content_words(criterion.prompt),
        top=content_words(" ".join((top.descriptor, *top.anchors))),
        low=content_words(" ".join((low.descriptor, *low.anchors))),
    )


def matrix(texts: Sequence[str], against: Reference) -> NDArray[np.float64]:
    """One row per text, one column per feature, in the order of FEATURES. All values finite."""
    if not texts:
        return np.zeros((0, len(FEATURES)))
    return np.array([_row(text, against) for text in texts], dtype=float)


def _row(text: str, against: Reference) -> list[float]:
    found = words(text)
    n = len(found)
    per_word = 1.0 / max(n, 1)
    letters = sum(map(len, found))
    sentences = max(1, len(_SENTENCE_END.findall(text)))
    long_words = sum(len(word) > 6 for word in found)
    types = set(found)
    content = {word for word in types if len(word) > 2 and word not in FUNCTION_WORDS}
    starts = _SENTENCE_START.findall(text.strip())
    marks = {
        name: len(pattern.findall(text)) * per_word for name, pattern in _MARKER_PATTERNS.items()
    }
    ari = 4.71 * letters * per_word + 0.5 * n / sentences - 21.43
    coleman_liau = (5.88 * letters - 29.6 * sentences) * per_word - 15.8
    lix = n / sentences + 100 * long_words * per_word
    return [
        math.log1p(n),
        math.sqrt(n),
        n**0.25,
        math.log1p(sentences),
        math.log1p(len(_BLOCK.findall(text))),
        min(n / sentences, 80.0),
        min(letters * per_word, 15.0),
        len(types) / math.sqrt(max(n, 1)),
        math.log1p(len(types)),
        math.log1p(sum(len(word) >= 7 for word in types)),
        long_words * per_word,
        min(max(ari, -10.0), 40.0),
        min(max(coleman_liau, -10.0), 40.0),
        min(lix, 120.0),
        text.count(",") * per_word,
        sum(text.count(mark) for mark in '"“”„') * per_word,
        sum(map(str.isdigit, text)) / max(len(text), 1),
        sum(character in _SYMBOLS for character in text) / max(len(text), 1),
        sum(word in FUNCTION_WORDS for word in found) * per_word,
        *(marks[name] for name in ("cause", "contrast", "condition", "example", "hedge")),
        sum(bool(_ODD.search(word)) for word in found) * per_word,
        sum(map(str.isupper, starts)) / max(len(starts), 1),
        len(content & against.prompt) / max(len(against.prompt), 1),
        len(content & against.prompt) / max(len(content), 1),
        len(content & against.top) / max(len(against.top), 1),
        len(content & against.low) / max(len(against.low), 1),
    ]
