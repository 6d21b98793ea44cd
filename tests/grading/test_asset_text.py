"""Which of several things handed in is the answer, and what it says."""

from __future__ import annotations

import time

import pytest

from grading.asset_text import Candidate, NotTextError, best, plain, text_of

TYPED = Candidate(1, "text/html", "", False)
SOURCE = Candidate(2, "text/x-python", ".py", True)
NOTES = Candidate(3, "text/plain", ".txt", True)
PAGE = Candidate(4, "text/html", ".html", True)
PAPER = Candidate(5, "application/pdf", ".pdf", True)
NAMELESS = Candidate(6, "text/plain; charset=utf-8", "", True)


@pytest.mark.parametrize(
    ("given", "suffix", "answer"),
    [
        ([TYPED, SOURCE, NOTES], ".py", [SOURCE]),
        ([TYPED, NOTES], ".py", [TYPED]),
        ([NOTES, PAGE, PAPER], ".py", [NOTES]),
        ([PAGE, PAPER], ".py", []),
        ([TYPED, SOURCE, NOTES], "", [TYPED]),
        ([PAGE, NOTES, NAMELESS], "", [NOTES]),
        ([PAGE, NAMELESS, PAPER], "", [PAGE]),
        ([NAMELESS, PAPER], "", [NAMELESS]),
        ([SOURCE, PAPER], "", []),
        ([NOTES, PAPER, NOTES], "", [NOTES, NOTES]),
        ([], "", []),
    ],
)
def test_what_fits_best_is_the_answer(
    given: list[Candidate], suffix: str, answer: list[Candidate]
) -> None:
    assert best(given, code_suffix=suffix) == answer


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("An <b>essay</b>", "An essay"),
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("<div>One</div><div>Two<br>Three</div>", "One\nTwo\nThree"),
        ("a&lt;b &amp;&amp; c&nbsp;&gt; d &#x27;e&#39;", "a<b && c > d 'e'"),
        ("  many \n\t spaces  ", "many spaces"),
        ("<pre>def f(x):\n    return x\n</pre>", "def f(x):\n    return x"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("<script>alert(1)</script><style>p{}</style>text", "text"),
        ("<html><head><title>t</title><body>text", "text"),
        ("<p>unclosed <b>tags", "unclosed tags"),
        ("a < b and b > c", "a < b and b > c"),
        ('<img alt="a > b">shown', "shown"),
        ("<!-- hidden -->shown", "shown"),
        ("<p>&nbsp;</p>", ""),
        ("", ""),
    ],
)
def test_typed_text_is_read_as_a_browser_shows_it(html: str, text: str) -> None:
    assert plain(html).strip() == text


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        ("Zoë".encode(), "text/plain", "Zoë"),
        (b"\xef\xbb\xbfmarked", "text/plain", "marked"),
        ("Zoë".encode("utf-16"), "text/plain", "Zoë"),
        ("Zoë".encode("latin-1"), "text/plain; charset=ISO-8859-1", "Zoë"),
        (b"two\r\nlines\rthree", "text/plain", "two\nlines\nthree"),
        (b"plain", "text/plain; charset=zlib", "plain"),
    ],
)
def test_text_is_read_as_it_was_written(content: bytes, kind: str, text: str) -> None:
    assert text_of(content, Candidate(1, kind, ".txt", True)) == text


@pytest.mark.parametrize("content", [b"a\0b", b"\x89PNG\r\n\x1a\n\xff", "Zoë".encode("latin-1")])
def test_what_is_no_text_is_not_guessed_at(content: bytes) -> None:
    with pytest.raises(NotTextError):
        text_of(content, NOTES)


def test_code_is_taken_as_it_is_and_markup_in_it_is_no_markup() -> None:
    source = b"print('<p>a</p>')\n"
    assert text_of(source, SOURCE) == "print('<p>a</p>')\n"


@pytest.mark.parametrize(
    "piece",
    ["<", "<p", "<p ", "</", "<!--", "&#", "<a b='", '"<a"x', "<div>", "<td>", "<![", "<script>"],
)
def test_hostile_markup_costs_no_more_than_its_length(piece: str) -> None:
    began = time.process_time()
    plain(piece * (1_000_000 // len(piece)))
    assert time.process_time() - began < 3
