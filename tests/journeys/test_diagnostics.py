"""The learner's first second with wrong, slow, crashing and hostile programs, in C as well."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from playwright.sync_api import Browser, FrameLocator, expect

from tests.journeys.browser import FRAME_SETTLES, person
from tests.journeys.stack import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

ASSESSMENT = """
cograde: 1
programme: {code: first-second, title: First second}
policy: {code: first-second, title: First second, mode: auto, stakes: low, checks_limit: 40}
rubrics:
  - code: rows
    title: Rows
    criteria:
      - code: correctness
        title: Correctness
        remediation: Read about `range` again.
        levels:
          - {points: 0, title: Not yet, descriptor: No check passes.}
          - {points: 1, title: Fully, descriptor: All checks pass.}
assessment:
  code: first-second
  title: First second
  items:
    - code: rows
      kind: code
      title: Rows
      points: 10
      prompt: Write `rows(n)`.
      rubric: rows
      limits: {cpu_seconds: 1, memory_mb: 64}
      checks:
        - {code: none, kind: call, title: no rows, call: rows(0), expected: '[]', hint: None}
        - {code: three, kind: call, title: three rows, call: rows(3), expected: '[1, 2, 3]'}
        - {code: prints, kind: io, title: prints them, expected: "1\\n2\\n3\\n"}
    - code: in-c
      kind: code
      title: In C
      points: 10
      prompt: Print 42.
      language: c
      checks:
        - {code: prints, kind: io, title: prints the answer, expected: "42\\n"}
"""
RIGHT = "def rows(n):\n    return list(range(1, n + 1))\n\nfor row in rows(3):\n    print(row)\n"


@pytest.fixture(scope="module")
def course(product: Product) -> Product:
    with NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(ASSESSMENT)
        file.flush()
        product.manage("import_assessment", file.name, "--publish")
    # People of their own: whoever is in two courses has another home page.
    names = {"mina": "Mina", "nils": "Nils", "oona": "Oona"}
    product.lms.seed(people=[{"id": key, "given_name": name} for key, name in names.items()])
    members = {key: ["Learner"] for key in names}
    link = {"id": "first-second", "title": "Practical", "custom": {"assessment": "first-second"}}
    planted = {"id": "first-second", "title": "First second", "members": members, "links": [link]}
    product.lms.seed([planted])
    return product


def begun(course: Product, browser: Browser, name: str) -> FrameLocator:
    page = person(browser, course.lms.url, name)
    page.goto(f"{course.lms.url}/courses/first-second")
    page.get_by_role("link", name="Practical").last.click()
    frame = page.frame_locator("iframe.tool")
    expect(frame.get_by_role("button", name="Begin")).to_be_visible()
    page.wait_for_timeout(FRAME_SETTLES)
    frame.get_by_role("button", name="Begin").click()
    expect(frame.get_by_role("button", name="Check")).to_be_visible()
    return frame


def checked(frame: FrameLocator, source: str) -> FrameLocator:
    frame.locator("#answer").fill(source)
    frame.locator("#results").evaluate("results => results.replaceChildren()")
    frame.get_by_role("button", name="Check").click()
    # The verdict stands there only once all checks are done.
    expect(frame.locator("#results b").first).to_be_visible()
    return frame


def test_from_wrong_to_right(course: Product, browser: Browser) -> None:
    frame = begun(course, browser, "Mina")
    checked(frame, "def rows(n):\n    return list(range(n))\n\nprint(1)\nprint(3)\nprint(3)\n")
    first = frame.locator("#results .check--fail").first
    expect(first).to_contain_text("three rows")
    expect(first).to_contain_text("rows(3): got [0, 1, 2], expected [1, 2, 3]")
    prints = frame.locator("#results .check--fail").nth(1)
    prints.locator("summary").first.click()
    expect(prints.locator(".linediff__line--expected")).to_contain_text("2")
    expect(prints.locator(".linediff__line--got")).to_contain_text("3")
    expect(frame.get_by_text("39 checks left.").first).to_be_visible()
    frame.get_by_text("What to practise: Correctness").click()
    expect(frame.get_by_text("Read about range again.")).to_be_visible()

    checked(
        frame, "def rows(n):\n    if n == 0:\n        return []\n    return list(range(1, n)[n])\n"
    )
    crashed = frame.locator("#results .check--fail").first
    expect(crashed).to_contain_text("IndexError")
    crashed.get_by_role("link", name="Show line 4").click()
    expect(frame.locator("#answer")).to_be_focused()

    checked(frame, "def rows(n):\n    while True:\n        pass\n")
    expect(frame.locator("#results .check--fail").first).to_contain_text("did not finish within")
    checked(frame, "def rows(n):\n    return [0] * 10**9\n")
    expect(frame.locator("#results .check--fail").first).to_contain_text("used more than 64 MB")
    checked(frame, "import os\nos._exit(0)\n")
    expect(frame.locator("#results .check--fail").first).to_contain_text("ended itself before")

    checked(frame, RIGHT)
    expect(frame.get_by_text("All 3 checks pass.").first).to_be_visible()
    expect(frame.get_by_text("What to practise")).to_have_count(0)


def test_a_program_in_c(course: Product, browser: Browser) -> None:
    frame = begun(course, browser, "Nils")
    frame.get_by_role("button", name=re.compile("^Next")).click()
    expect(frame.get_by_text("solution.c")).to_be_visible()
    checked(frame, "int main(void) {\n    return lost;\n}\n")
    failed = frame.locator("#results .check--fail").first
    expect(failed).to_contain_text("Your program does not compile")
    expect(failed.get_by_role("link", name="Show line 2")).to_be_visible()
    checked(frame, '#include <stdio.h>\nint main(void) {\n    puts("42");\n}\n')
    expect(frame.get_by_text("The check passes.").first).to_be_visible()


def test_a_file_is_taken_into_the_editor(course: Product, browser: Browser, tmp_path: Path) -> None:
    frame = begun(course, browser, "Oona")
    file = tmp_path / "mine.py"
    file.write_text(RIGHT)
    frame.locator("#answer").fill("")
    frame.locator("#answer-file").set_input_files(str(file))
    expect(frame.locator("#answer")).to_have_value(RIGHT)
