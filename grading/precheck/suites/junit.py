"""Reports in JUnit's XML, which nearly every test tool can write.

The file was written inside the sandbox and may be anything: it is read as text without document
types or entities, and bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree
from xml.parsers import expat

from grading.precheck.suites.base import MESSAGE, MOST_TESTS, Report, SuiteUnreadable, Test, Verdict

LONGEST = 2_000_000
_VERDICTS: tuple[tuple[str, Verdict], ...] = (
    ("failure", "fail"),
    ("error", "error"),
    ("skipped", "skipped"),
)


def report(content: bytes | None) -> Report:
    """Raises SuiteUnreadable."""
    if content is None:
        raise SuiteUnreadable("the suite left no report")
    if len(content) > LONGEST:
        raise SuiteUnreadable("the report is too long")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SuiteUnreadable("the report is no UTF-8 text") from None
    root = _parsed(text)
    tests = [_test(case) for case in _cases(root)]
    if len(tests) > MOST_TESTS:
        raise SuiteUnreadable("the report has too many tests")
    return Report(tests)


def _parsed(text: str) -> ElementTree.Element:
    """The parser would find out another encoding by itself, so what is read as UTF-8 must be it: a
    NUL is how UTF-16 looks then."""
    if "\0" in text:
        raise SuiteUnreadable("the report is no UTF-8 text")
    try:
        first = expat.ParserCreate("utf-8")
        first.StartDoctypeDeclHandler = _refuse
        first.Parse(text, True)
        parser = ElementTree.XMLParser(encoding="utf-8")  # noqa: S314 - no entities, see above
        return ElementTree.fromstring(text.encode(), parser)  # noqa: S314
    except (expat.ExpatError, ElementTree.ParseError, LookupError, ValueError, RecursionError):
        raise SuiteUnreadable("the report is no XML, or defines a document type") from None


def _refuse(*_declared: object) -> None:
    raise ValueError("a document type")


def _cases(root: ElementTree.Element) -> Iterator[ElementTree.Element]:
    return root.iter("testcase")


def _test(case: ElementTree.Element) -> Test:
    parts = (case.get("classname", ""), case.get("name", ""))
    name = ".".join(part for part in parts if part)[:200]
    for tag, verdict in _VERDICTS:
        found = case.find(tag)
        if found is not None:
            message = found.get("message") or (found.text or "").strip()
            return Test(name, verdict, message[:MESSAGE])
    return Test(name, "pass", share=1.0)
