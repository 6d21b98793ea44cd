"""Files from the page to the checks, whole or refused by name."""

from __future__ import annotations

import io
import json
import secrets
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from PIL import Image

from audit.models import Entry
from grading import diagnostics, intake, pipeline, uploads
from grading.errors import NotAccepted
from grading.models import CheckResult, Response, Run, Submission, Upload
from tests.grading.files.making import lying_zip, tarred, zipped
from tests.grading.files.test_archives import LINK
from tests.grading.files.test_pictures import drawn
from tests.grading.test_pages_in_browser import Answers, look_at, opened
from tests.world import World, decision_of, signed_in

FILES = Path(__file__).parent / "files.yaml"
MAIN = (
    b"from shapes.square import area\n\n"
    b"if __name__ == '__main__':\n    print(open('data.txt').read())\n"
)
PARTS = (("shapes/square.py", b"def area(x):\n    return x * x\n"), ("data.txt", b"hello\n"))
WHOLE = zipped(("mine/main.py", MAIN), *((f"mine/{path}", content) for path, content in PARTS))
pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt(here: World) -> Submission:
    call_command("import_assessment", str(FILES), publish=True, verbosity=0)
    here.placement.assessment_code = "files"
    here.placement.save()
    return intake.begin(here.placement, here.ada)


def response(attempt: Submission, code: str = "program") -> Response:
    return attempt.responses.select_related("item").get(item__code=code)


def given(*files: tuple[str, bytes]) -> list[tuple[str, SimpleUploadedFile]]:
    return [(path, SimpleUploadedFile(path.rpartition("/")[2], content)) for path, content in files]


def names(found: Response) -> list[str]:
    return sorted(found.uploads.values_list("name", flat=True))


def checked(attempt: Submission) -> Run:
    run = diagnostics.request(response(attempt))
    diagnostics.execute(str(run.pk))
    run.refresh_from_db()
    return run


def passes(run: Run) -> list[str]:
    return [result.status for result in run.results.order_by("check_definition__position")]


def address(attempt: Submission, name: str, code: str = "program", **more: object) -> str:
    return reverse(f"grading:{name}", kwargs={"pk": attempt.pk, "code": code, **more})


@pytest.mark.parametrize(
    "files",
    [
        [("main.py", MAIN), *PARTS],
        [("mine/main.py", MAIN), *((f"mine/{path}", content) for path, content in PARTS)],
        [("work.zip", WHOLE)],
        [("work.tgz", tarred(("main.py", MAIN), *PARTS, mode="w:gz"))],
        [("main.py", MAIN), ("parts.tar", tarred(*PARTS))],
        [("main.py", MAIN), *PARTS, (".git/config", b"x"), ("__pycache__/x.pyc", b"x")],
    ],
    ids=["files", "folder", "zip", "tgz", "file and tar", "with leftovers"],
)
def test_a_program_of_several_files_runs_however_it_was_handed_in(
    attempt: Submission, files: list[tuple[str, bytes]]
) -> None:
    uploads.add(response(attempt), given(*files))
    found = response(attempt)
    assert found.text == MAIN.decode()
    run = checked(attempt)
    assert (run.state, passes(run)) == (Run.State.DONE, ["pass", "pass"])
    assert names(response(attempt)) == ["data.txt", "shapes/square.py"]
    # The same files, not run again for the same answer.
    assert diagnostics.finished_runs(response(attempt)).get() == run


def test_what_was_handed_in_is_marked_with_its_files(attempt: Submission) -> None:
    uploads.add(response(attempt), given(("work.zip", WHOLE)))
    intake.hand_in(attempt)
    pipeline.advance(str(attempt.pk))
    run = response(attempt).runs.get()
    assert passes(run) == ["pass", "pass"]
    mark = response(attempt).machine_marks.get()
    assert mark.level is not None
    assert mark.level.title == "All"


def test_a_run_speaks_for_the_files_that_it_saw(attempt: Submission) -> None:
    uploads.add(response(attempt), given(("main.py", MAIN), *PARTS))
    checked(attempt)
    uploads.add(response(attempt), given(("data.txt", b"other\n")))
    assert not diagnostics.finished_runs(response(attempt)).exists()
    run = checked(attempt)
    assert passes(run) == ["pass", CheckResult.Status.FAIL]


def test_a_run_whose_files_changed_before_it_began_is_given_up(attempt: Submission) -> None:
    uploads.add(response(attempt), given(("main.py", MAIN), *PARTS))
    run = diagnostics.request(response(attempt))
    uploads.add(response(attempt), given(("data.txt", b"other\n")))
    diagnostics.execute(str(run.pk))
    run.refresh_from_db()
    assert run.state == Run.State.SUPERSEDED


def test_an_archive_that_lies_is_told_at_its_run_and_harms_nobody(attempt: Submission) -> None:
    bomb = lying_zip("bomb.bin", bytes(4_000_000), 12)
    uploads.add(response(attempt), given(("main.py", MAIN), ("work.zip", bomb)))
    run = checked(attempt)
    assert run.state == Run.State.FAILED
    assert "“work.zip” cannot be unpacked" in run.trouble
    assert names(response(attempt)) == ["work.zip"]
    intake.hand_in(attempt)
    pipeline.advance(str(attempt.pk))
    assert decision_of(response(attempt)).settled_at is None  # a person looks


REFUSED = [
    ([("a.py", b""), ("../b.py", b"")], "“../b.py” leads out"),
    ([("conftest.py", b"")], "“conftest.py” has a name that is kept for tests"),
    ([("a.py", b"1"), ("A.py", b"2")], "“A.py” and “a.py” would be one file"),
    ([("Main.py", b"1")], "“Main.py” and “main.py” would be one file"),
    ([(f"{n}.py", b"") for n in range(5)], "“4.py” is one file too many: 6 can be handed in"),
    ([(f"{n}.py", b"") for n in range(7)], "“6.py” is one file too many: 6 can be handed in"),
    ([("work.zip", zipped((".x", b"")))], "“work.zip” holds no file"),
    ([("a.py", b"1"), ("x" * 300, b"1")], "has a path of more than 200"),
    ([("a.py", bytes(2_100_000))], "“a.py” is larger than 2 MB"),
    ([("work.zip", zipped(("x", b""), mode=LINK))], "“x” is a link"),
    ([("work.zip", b"PK")], "“work.zip” is named like a ZIP file but is none"),
    ([("work.zip", zipped(("main.py", b"\xff\xfe")))], "“work.zip” is no text in UTF-8"),
    ([("a b.py", b"")], "“a b.py” has signs in its name"),
    ([("a.py", b""), ("w.zip", zipped(("a.py", b"2")))], "“a.py” and “a.py” would be one file"),
]


@pytest.mark.parametrize(("files", "why"), REFUSED, ids=[each[1][:36] for each in REFUSED])
def test_what_cannot_be_taken_is_refused_by_name_and_nothing_is_kept(
    attempt: Submission, files: list[tuple[str, bytes]], why: str
) -> None:
    uploads.add(response(attempt), given(("kept.py", b"1")))
    with pytest.raises(NotAccepted, match=why.replace(".", r"\.").replace("(", r"\(")):
        uploads.add(response(attempt), given(*files))
    assert names(response(attempt)) == ["kept.py"]
    assert response(attempt).text == "# your program\n"


def test_the_same_main_file_may_come_again_also_from_windows(attempt: Submission) -> None:
    windows = MAIN.replace(b"\n", b"\r\n")
    for _time in range(2):
        uploads.add(response(attempt), given(("main.py", windows)))
    assert response(attempt).text == MAIN.decode()


def test_a_folder_chosen_beside_what_was_typed_stays_a_folder(attempt: Submission) -> None:
    intake.save(response(attempt), text=MAIN.decode())
    uploads.add(response(attempt), given(PARTS[0]))
    uploads.add(response(attempt), given(PARTS[1]))
    assert passes(checked(attempt)) == ["pass", "pass"]


def test_an_archive_with_nothing_but_the_main_file_is_not_kept(attempt: Submission) -> None:
    uploads.add(response(attempt), given(("work.zip", zipped(("main.py", MAIN)))))
    assert response(attempt).text == MAIN.decode()
    assert names(response(attempt)) == []


def test_archives_that_unpack_to_little_may_not_fill_the_store(attempt: Submission) -> None:
    noise = secrets.token_bytes(1_900_000)
    hidden = [(f".{n}", noise) for n in range(4)]
    packed = [zipped((f"{n}.bin", b"1"), *hidden) for n in range(3)]
    with pytest.raises(NotAccepted, match="and the other files are larger than 20 MB"):
        for number, content in enumerate(packed):
            uploads.add(response(attempt), given((f"{number}.zip", content)))


def test_handing_in_files_does_not_disturb_who_types(here: World, attempt: Submission) -> None:
    browser = signed_in(here.ada)
    browser.post(address(attempt, "files"), {"file": SimpleUploadedFile("a.py", b"1")})
    typed = {"text": "x = 1\n", "page": "a" * 16, "revision": "0"}
    assert browser.post(address(attempt, "save"), typed).status_code == 200


def test_reviewers_see_nothing_of_an_attempt_that_is_still_open(
    here: World, attempt: Submission
) -> None:
    uploads.add(response(attempt, "drawing"), given(("a.png", drawn())))
    kept = response(attempt, "drawing").uploads.get()
    for name in ("file", "picture"):
        answer = signed_in(here.sofia).get(reverse(f"grading:{name}", args=[kept.pk]))
        assert answer.status_code == 404


def test_what_was_unpacked_stands_in_the_record(attempt: Submission) -> None:
    uploads.add(response(attempt), given(("work.zip", WHOLE)))
    packed = response(attempt).uploads.get().sha256
    intake.hand_in(attempt)
    pipeline.advance(str(attempt.pk))
    entry = Entry.objects.get(event="submission.unpacked")
    assert entry.detail["archive"] == packed
    kept = sorted(response(attempt).uploads.values_list("sha256", flat=True))
    assert entry.detail["files"] == kept


def test_what_was_typed_is_not_overwritten_by_a_file(attempt: Submission) -> None:
    intake.save(response(attempt), text="typed = 1\n")
    with pytest.raises(NotAccepted, match=r"“work\.zip” has another main\.py than the editor"):
        uploads.add(response(attempt), given(("work.zip", WHOLE)))
    assert response(attempt).text == "typed = 1\n"


def test_nothing_is_taken_after_handing_in(here: World, attempt: Submission) -> None:
    uploads.add(response(attempt), given(("a.py", b"1")))
    intake.hand_in(attempt)
    with pytest.raises(NotAccepted):
        uploads.add(response(attempt), given(("b.py", b"1")))
    kept = response(attempt).uploads.get()
    signed_in(here.ada).post(address(attempt, "remove_file", upload_pk=kept.pk))
    assert names(response(attempt)) == ["a.py"]


@pytest.mark.parametrize(
    ("path", "content", "why"),
    [
        ("notes.exe", b"MZ", "“notes.exe” cannot be handed in here: .png, .jpg are accepted"),
        ("big.png", bytes(2_100_000), "“big.png” is larger than 2 MB"),
        ("a.png", b"<script>", "“a.png” is named like a PNG picture but is none"),
        ("a.jpg", drawn("JPEG", size=(400, 400))[:-600], "“a.jpg” is damaged"),
    ],
)
def test_a_file_is_kept_whole_or_refused_by_name(
    attempt: Submission, path: str, content: bytes, why: str
) -> None:
    with pytest.raises(NotAccepted, match=why):
        uploads.add(response(attempt, "drawing"), given((path, content)))


def test_where_one_file_is_asked_for_the_newest_counts(attempt: Submission) -> None:
    drawing = response(attempt, "drawing")
    uploads.add(drawing, given(("one.png", drawn())))
    uploads.add(drawing, given(("Zwei größer.PNG", drawn())))
    assert names(drawing) == ["Zwei größer.PNG"]
    with pytest.raises(NotAccepted, match="one file is asked for"):
        uploads.add(drawing, given(("a.png", drawn()), ("b.png", drawn())))


def test_several_files_are_kept_beside_each_other(attempt: Submission) -> None:
    report = response(attempt, "report")
    uploads.add(report, given(("Anhang/Bild eins.png", drawn()), ("report.pdf", b"%PDF-1.7")))
    uploads.add(report, given(("report.pdf", b"%PDF-1.7 better")))
    assert names(report) == ["Anhang/Bild eins.png", "report.pdf"]
    with pytest.raises(NotAccepted, match="one file too many: 3"):
        uploads.add(report, given(("c.txt", b"c"), ("d.txt", b"d")))
    with pytest.raises(NotAccepted, match=r"“\.\./x” leads out"):
        uploads.add(report, given(("all.zip", zipped(("../x", b"")))))


def picture_of(browser: Client, kept: Upload) -> bytes:
    answer = browser.get(reverse("grading:picture", args=[kept.pk]))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/png"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    return answer.content


def test_a_reviewer_sees_the_picture_and_not_who_took_it(here: World, attempt: Submission) -> None:
    facts = Image.Exif()
    facts[0x013B] = "Ada Lovelace"
    photograph = drawn("JPEG", exif=facts)
    uploads.add(response(attempt, "drawing"), given(("ada lovelace.jpg", photograph)))
    intake.hand_in(attempt)
    pipeline.advance(str(attempt.pk))
    kept = response(attempt, "drawing").uploads.get()
    shown = picture_of(signed_in(here.sofia), kept)
    assert b"Lovelace" not in shown
    with Image.open(io.BytesIO(shown)) as picture:
        assert picture.size == (40, 20)
    loaded = signed_in(here.sofia).get(reverse("grading:file", args=[kept.pk])).content
    assert loaded == shown
    own = signed_in(here.ada).get(reverse("grading:file", args=[kept.pk])).content
    assert own == photograph
    page = signed_in(here.sofia).get(
        reverse("review:response", args=[response(attempt, "drawing").pk])
    )
    html = page.content.decode()
    assert reverse("grading:picture", args=[kept.pk]) in html
    assert "lovelace" not in html


def test_what_is_no_picture_has_no_picture(here: World, attempt: Submission) -> None:
    uploads.add(response(attempt), given(("a.py", b"1")))
    kept = response(attempt).uploads.get()
    address = reverse("grading:picture", args=[kept.pk])
    assert signed_in(here.ada).get(address).status_code == 404


def test_the_page_takes_files_with_and_without_javascript(here: World, attempt: Submission) -> None:
    browser = signed_in(here.ada)
    one = SimpleUploadedFile("square.py", PARTS[0][1])
    browser.post(address(attempt, "item"), {"text": "x = 1\n", "file": one, "action": "save"})
    assert names(response(attempt)) == ["square.py"]
    two = SimpleUploadedFile("square.py", PARTS[0][1])
    sent = {"file": [two], "paths": json.dumps(["mine/shapes/square.py"])}
    answer = browser.post(address(attempt, "files"), sent, headers={"HX-Request": "true"})
    assert "square.py" in answer.content.decode()
    kept = response(attempt).uploads.first()
    assert kept is not None
    browser.post(address(attempt, "remove_file", upload_pk=kept.pk))
    assert kept.pk not in response(attempt).uploads.values_list("pk", flat=True)


def test_the_editor_shows_the_main_file_of_what_was_handed_in(
    here: World, attempt: Submission
) -> None:
    browser = signed_in(here.ada)
    sent = {"file": SimpleUploadedFile("w.zip", WHOLE)}
    answer = browser.post(address(attempt, "files"), sent, headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"
    assert "shapes.square" in browser.get(address(attempt, "item")).content.decode()


def test_a_refusal_is_shown_where_the_files_are(here: World, attempt: Submission) -> None:
    sent = {"file": SimpleUploadedFile("w.zip", zipped(("../x.py", b"")))}
    for headers in ({}, {"HX-Request": "true"}):
        sent["file"].seek(0)
        answer = signed_in(here.ada).post(address(attempt, "files"), sent, headers=headers)
        assert "“../x.py” leads out of its folder" in answer.content.decode()


@pytest.mark.parametrize(
    ("paths", "kept"),
    [("nonsense", "a.py"), ("{}", "a.py"), ('["x", "y"]', "a.py"), ("[1]", "1"), ("null", "a.py")],
)
def test_paths_that_fit_no_file_are_names_at_most(
    here: World, attempt: Submission, paths: str, kept: str
) -> None:
    sent = {"file": SimpleUploadedFile("a.py", b"1"), "paths": paths}
    assert signed_in(here.ada).post(address(attempt, "files"), sent).status_code == 200
    assert names(response(attempt)) == [kept]


def test_files_are_only_for_items_that_take_them(here: World) -> None:
    submission = intake.begin(here.placement, here.ada)
    url = reverse("grading:files", args=[submission.pk, "why"])
    answer = signed_in(here.ada).post(url, {"file": SimpleUploadedFile("a.py", b"1")})
    assert answer.status_code == 404


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("code", ["program", "report"])
def test_everybody_can_hand_in_files(
    here: World, attempt: Submission, code: str, width: int
) -> None:
    if code == "program":
        uploads.add(response(attempt), given(("work.zip", WHOLE), ("notes.txt", b"n")))
    else:
        uploads.add(response(attempt, code), given(("Bild.png", drawn(size=(600, 200)))))
    page = signed_in(here.ada).get(address(attempt, "item", code))
    fragment = signed_in(here.ada).post(
        address(attempt, "files", code),
        {"file": SimpleUploadedFile("../b.py", b"1"), "paths": '["../b.py"]'},
        headers={"HX-Request": "true"},
    )
    answers = Answers(page, fragment)
    with opened(answers, axe=True) as open_page:
        open_page.set_viewport_size({"width": width, "height": 1300})
        open_page.locator("#answer-files").set_input_files(
            {"name": "b.py", "mimeType": "text/plain", "buffer": b"1"}
        )
        open_page.get_by_text("leads out of its folder").wait_for()
        assert answers.requests == [f"POST {address(attempt, 'files', code)}"]
        look_at(open_page, f"files-{code}")
