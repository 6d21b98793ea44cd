from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from pylti1p3.lineitem import LineItem

from lti_tool import ags, quirks, services
from lti_tool.ags import LINE_ITEMS, RESULTS, SCORE
from lti_tool.models import Registration
from lti_tool.transport import Answer, TransportError
from tests.lti_tool.tokens import Lms, Script


@pytest.mark.parametrize(
    ("link", "following"),
    [
        ('<https://a.example/x?p=2>; rel="next"', "https://a.example/x?p=2"),
        ("<https://a.example/X>; rel=next", "https://a.example/X"),
        (
            '<https://a.example/1>; rel="prev", <https://a.example/3>; rel="next"',
            "https://a.example/3",
        ),
        ("<https://a.example/x?a=1&amp;p=2>; rel=“next”", "https://a.example/x?a=1&p=2"),
        # The same quotes as requests hands them over: UTF-8 read as Latin-1.
        ("<https://a.example/x>; rel=â\x80\x9cnextâ\x80\x9d", "https://a.example/x"),
        ('<https://a.example/x>; title="t"; rel="next"', "https://a.example/x"),
        ('<https://a.example/x>; rel="differences"', None),
        ('<https://a.example/x>; rel="nextish"', None),
        ("</x?p=2>; rel=next", "https://a.example/x?p=2"),
        ('<https://a.example/x>; rel="last next"', "https://a.example/x"),
        ("", None),
    ],
)
def test_the_next_page_of_any_platform_is_found(link: str, following: str | None) -> None:
    answer = Answer(200, "OK", {"Link": link}, b"")
    assert services.linked(answer, "next", "https://a.example/here") == following


@pytest.mark.parametrize(
    ("url", "scores"),
    [
        ("https://a.example/li/1", "https://a.example/li/1/scores"),
        ("https://a.example/li/1/", "https://a.example/li/1/scores"),
        (
            "https://a.example/li/1/lineitem?type_id=2",
            "https://a.example/li/1/lineitem/scores?type_id=2",
        ),
    ],
)
def test_a_service_is_added_to_the_path_before_the_query(url: str, scores: str) -> None:
    assert ags.scores_url(url) == scores


def results(registration: Registration, line_item_url: str) -> list[ags.Result]:
    pages = services.pages(
        registration,
        [RESULTS],
        RESULTS,
        ags.results_url(line_item_url, quirks.STANDARD),
        ags.RESULTS_TYPE,
    )
    return [result for answer in pages for result in ags.results_of(answer)]


class Paged(Lms):
    """Results on several pages, and columns that can be stored."""

    def __init__(self) -> None:
        super().__init__()
        self.following: dict[str, str] = {}

    def answer_results(self, query: dict[str, list[str]]) -> Script:
        page = query.get("page", ["1"])[0]
        found = [{"userId": f"u{page}", "resultScore": int(page), "resultMaximum": 10}]
        link = self.following.get(page, "")
        return 200, "OK", json.dumps([*found, "junk", {"userId": None}]).encode(), {"Link": link}

    def answer(self, path: str, headers: Any, body: bytes) -> Script:
        if path.endswith("/lineitems") and body:
            stored = {**json.loads(body), "id": f"{self.url}/lineitems/9"}
            return 201, "Created", json.dumps(stored).encode(), {}
        return super().answer(path, headers, body)


@pytest.mark.django_db
def test_results_are_read_over_all_pages() -> None:
    with Paged().serving() as lms:
        registration = lms.register()
        following = f"<{lms.line_item.split('?')[0]}/results?page=2&amp;x=1>; rel=“next”"
        lms.following = {"1": following.encode().decode("latin-1")}
        found = results(registration, lms.line_item)
    assert [(result.user_id, result.score) for result in found] == [
        ("u1", Decimal(1)),
        ("u2", Decimal(2)),
    ]


@pytest.mark.django_db
def test_a_next_page_on_another_site_gets_no_token() -> None:
    with Paged().serving() as lms:
        registration = lms.register()
        lms.following = {"1": '<http://127.0.0.1:9/results?page=2>; rel="next"'}
        with pytest.raises(TransportError, match="another site"):
            results(registration, lms.line_item)


@pytest.mark.django_db
def test_paging_in_circles_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_PAGES", 3)
    with Paged().serving() as lms:
        registration = lms.register()
        lms.following = {"1": f'<{lms.url}/course/1/lineitems/7/results>; rel="next"'}
        with pytest.raises(TransportError, match="more pages"):
            results(registration, lms.line_item)


@pytest.mark.django_db
def test_a_column_is_made() -> None:
    with Paged().serving() as lms:
        registration = lms.register()
        column = LineItem().set_label("Practical").set_score_maximum(50)
        made = ags.create_line_item(
            registration, f"{lms.url}/course/1/lineitems", [LINE_ITEMS, SCORE], column
        )
        kinds = [
            headers["Content-Type"] for method, path, headers in lms.requests if "lineitems" in path
        ]
        assert lms.token_requests[0]["scope"] == LINE_ITEMS
    assert made.get_id() == f"{lms.url}/lineitems/9"
    assert kinds == ["application/vnd.ims.lis.v2.lineitem+json"]


@pytest.mark.parametrize(
    ("found", "score", "maximum"),
    [
        ({"userId": "u", "resultScore": 7.5, "resultMaximum": 10}, Decimal("7.5"), Decimal(10)),
        ({"userId": "u", "resultScore": 0.5}, Decimal("0.5"), Decimal(1)),
        ({"userId": "u"}, None, Decimal(1)),
        ({"userId": "u", "resultScore": None, "resultMaximum": 0}, None, Decimal(1)),
        ({"userId": "u", "resultScore": True}, None, Decimal(1)),
        ({"userId": "u", "resultScore": "x"}, None, Decimal(1)),
        ({"userId": "u", "resultScore": 1e300}, None, Decimal(1)),
    ],
)
def test_results_are_read_as_they_come(found: Any, score: Any, maximum: Decimal) -> None:
    read = ags._result(found)
    assert read is not None
    assert (read.score, read.maximum) == (score, maximum)
