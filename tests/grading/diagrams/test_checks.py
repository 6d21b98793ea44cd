from __future__ import annotations

import pytest

from grading.diagrams.checks import OTHER_NAMES, UNREAD, run_diagram_checks
from grading.precheck.base import CheckOutcome, CheckSpec
from rubrics.diagrams import Wish, wish

SHOP = """flowchart LR
    C[Client] -->|order| W[Web-Server]
    W --> Q[(Queue)]
    Q --> D[(Data base)]
    W --- L[Log]
    subgraph B [Backend]
        D
    end
"""


def outcome(text: str = SHOP, **changes: object) -> CheckOutcome:
    spec = CheckSpec("c", "diagram", "Check", **changes)  # type: ignore[arg-type]
    [found] = run_diagram_checks(text, [spec])
    return found


@pytest.mark.parametrize(
    "line",
    [
        "client",
        "Webserver",
        "server | web server",
        "Queue",
        "Client -> Web server",
        "Client -> Web server: order",
        "Client -> Web server: send | order",
        "Client -- Web server",
        "Web server -- Client",
        "Web server -- Log",
        "Log -- Web server",
        "Client => Database",
        "Client => Web server",
        "* -> Database",
        "Client -> *",
        "Backend -> Database: contains",
    ],
)
def test_what_is_there_is_found(line: str) -> None:
    found = outcome(require=[line])
    assert (found.status, found.flags) == ("pass", ())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Cache", "There is no part “Cache”."),
        ("Cache | Redis -> Queue", "There is no part “Cache”."),
        (
            "Web server -> Client",
            "The arrow between “Web server” and “Client” leads the other way.",
        ),
        (
            "Web server -> Log",
            "The line between “Web server” and “Log” leads nowhere: it needs an",
        ),
        ("Client -> Database", "No arrow leads from “Client” to “Database”."),
        ("Client -- Database", "No line connects “Client” and “Database”."),
        ("Database => Client", "No way leads from “Database” to “Client”."),
        (
            "Client -> Web server: pay",
            "The arrow from “Client” to “Web server” does not say “pay”.",
        ),
        ("Backend -> Database", "No arrow leads from “Backend” to “Database”."),
        ("Backend => Database", "No way leads from “Backend” to “Database”."),
        ("* -> Client", "No arrow leads from any other part to “Client”."),
    ],
)
def test_what_is_missing_is_told_in_words(line: str, words: str) -> None:
    found = outcome(require=[line])
    assert found.status == "fail"
    assert found.summary.startswith(words)


def test_what_must_not_be_there_is_told() -> None:
    found = outcome(forbid=["Client -> Web server", "Client => Database", "Log", "Client -> Queue"])
    assert found.share == pytest.approx(0.25)
    assert found.summary == (
        "An arrow leads from “Client” to “Web server”, which must not be; a way leads from “Client”"
        " to “Database”, which must not be; the part “Log” does not belong there."
    )


def test_each_thing_that_is_asked_for_earns_its_share() -> None:
    found = outcome(require=["Client", "Web server", "Cache", "Client -> Cache"])
    assert found.share == pytest.approx(0.5)


def test_an_author_can_keep_to_themselves_what_is_missing() -> None:
    found = outcome(require=["Cache"], show_expected=False)
    assert "Cache" not in found.summary


def test_what_may_stand_there_under_another_name_goes_to_a_person() -> None:
    assert outcome(require=["Client", "Cache"]).flags == (OTHER_NAMES,)
    known = ["Client", "Web server", "Queue", "Data base", "Log", "Cache"]
    assert outcome(require=known).flags == ()


def test_a_name_that_another_check_knows_is_no_other_name() -> None:
    specs = [
        CheckSpec("one", "diagram", require=["A", "Z"]),
        CheckSpec("two", "diagram", require=["B -> A"]),
    ]
    found = run_diagram_checks("flowchart\nB --> A", specs)
    assert [each.flags for each in found] == [(), ()]


def test_what_was_not_understood_goes_to_a_person_where_it_could_matter() -> None:
    text = "flowchart\nA --> B\nA ??? C\n"
    assert outcome(text, require=["A -> B"]).flags == ()
    assert outcome(text, require=["A -> B", "B -> A"]).flags == (UNREAD,)
    assert outcome(text, forbid=["A -> D"]).flags == (UNREAD,)


def test_what_is_no_diagram_fails_with_words_and_goes_to_a_person() -> None:
    found = outcome("The client sends to the server.", require=["Client"])
    assert (found.status, found.share, found.flags) == ("fail", 0.0, (UNREAD,))
    assert "no diagram that can be read" in found.summary


def test_a_mistake_of_the_author_is_an_error_and_no_fault_of_the_learner() -> None:
    found = outcome(require=["A -> B -> C"])
    assert found.status == "error"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("A", Wish(("A",))),
        (" a  b | c ", Wish(("a b", "c"))),
        ("A->B", Wish(("A->B",))),
        ("A -> B", Wish(("A",), "->", ("B",))),
        ("A|B => C|D", Wish(("A", "B"), "=>", ("C", "D"))),
        ("A -- B : x | y z", Wish(("A",), "--", ("B",), ("x", "y z"))),
        ("Step 2: mix", Wish(("Step 2: mix",))),
    ],
)
def test_what_an_author_writes(line: str, expected: Wish) -> None:
    assert wish(line) == expected


@pytest.mark.parametrize(
    "line", ["", "A ->", "-> B", "A -> B -> C", "A -> -> B", "A | -> B", "A -> B:"]
)
def test_what_an_author_cannot_mean(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        wish(line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        # Found by an attacker: names nobody sees, signs that differ, forms that say otherwise.
        ("flowchart\nClient[Sonne] --> Server[Mond]", "Client -> Server"),
        ("flowchart\nClient[Server] --> Client", "Client -> Server"),
        ('flowchart\nA["i > n"] --> B["C++"]', "i <= n -> C++"),
        ('flowchart\nA["n + 1"] --> B', "n - 1 -> B"),
        ("flowchart\nC[C++] --> B", "C -> B"),
        ("flowchart\nClient --> Client", "Client -> *"),
        ("classDiagram\nDuck --|> Animal : has uses", "Duck -> Animal: has"),
        ("flowchart\nA -->|get post put delete yes no| B", "A -> B: get"),
        ("flowchart\nA -->|not encrypted| B", "A -> B: encrypted"),
        (
            "@startuml\n[Client] -[hidden]-> [Server]\n[Client] --> [X]\n[Server] --> [X]",
            "Client -> Server",
        ),
        (
            "stateDiagram\nClient --> X\nServer --> X\nnote left of X\nClient-->Server\nend note",
            "Client -> Server",
        ),
        ("stateDiagram\n[*] --> Idle\nstate Busy {\n[*] --> Work\n}", "start -> Work"),
    ],
)
def test_what_is_not_drawn_is_not_found(text: str, line: str) -> None:
    assert outcome(text, require=[line]).status == "fail"


@pytest.mark.parametrize(
    "text",
    [
        "flowchart\nDomain <--> Infra",
        "@startuml\nDomain <--> Infra",
        "@startuml\npackage P { [Domain] --> [Infra] }",
        "classDiagram\nDomain:::c --> Infra",
    ],
)
def test_what_is_forbidden_is_found_in_all_its_forms(text: str) -> None:
    assert outcome(text, forbid=["Domain -> Infra"]).status == "fail"
    assert outcome(text, forbid=["Domain => Infra"]).status == "fail"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("flowchart\nA[Web-Server] --> B", "Web Server -> B"),
        ("flowchart\nA[ready?] --> B", "Ready -> B"),
        ("flowchart\nA[«service» Pay] --> B", "Pay -> B"),
        ('flowchart\nA["Web App<br/>[Container: Java]"] --> B', "Web App -> B"),
        ("flowchart\nA[Ku\u0308che] --> B", "Küche -> B"),
        ("flowchart\nDuck -->|is a| Animal", "Duck -> Animal: is a"),
        ("@startuml\n(Pay) ..> (Log in) : <<include>>", "Pay -> Log in: <<include>>"),
        ("flowchart\nA[List<String>] --> B", "List<String> -> B"),
    ],
)
def test_what_is_drawn_is_found_however_it_is_written(text: str, line: str) -> None:
    assert outcome(text, require=[line]).status == "pass"


@pytest.mark.timeout(20)
def test_many_wishes_over_many_parts_do_not_take_long() -> None:
    parts = "\n".join(f"P{n}[{'name ' * 30}{n}]" for n in range(300))
    specs = [CheckSpec(str(n), "diagram", require=[f"P{n} => P{n + 1}"]) for n in range(100)]
    assert len(run_diagram_checks(f"flowchart\n{parts}", specs)) == 100
