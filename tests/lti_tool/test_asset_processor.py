"""What an LMS hands over of assignments of its own, and the reports that it gets for it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Any
from urllib.parse import urlsplit

import django_rq
import pytest
from django.core.cache import cache
from django.utils import timezone
from pytest_django import Settings

from lti_tool import asset_processor, asset_reports, tool_metadata
from lti_tool.asset_processor import MOST_BYTES, READ, REPORT, AssetTooLarge
from lti_tool.messages import CLAIM
from lti_tool.models import (
    Asset,
    Context,
    Deployment,
    HandIn,
    Membership,
    Notice,
    Person,
    Registration,
)
from lti_tool.notice_services import ASSET_SUBMISSION
from lti_tool.platform_configuration import PlatformConfiguration
from lti_tool.transport import TransportError
from tests.lti_tool.tokens import CONTEXT, CUSTOM, Lms, Script

pytestmark = pytest.mark.django_db

TEXT = b"An essay"
REPORTED = {"title": "Essay", "priority": 0, "processingProgress": "Processed", "result": "7/10"}


class AssetLms(Lms):
    """Serves one asset at ``/processors/1/assets/a`` and takes reports.

    ``content`` is the asset; ``moves`` are (status, Location) to answer by path; ``open_paths``
    give the content to everybody; ``report_script`` holds answers for the next reports.
    """

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.content = TEXT
        self.moves: dict[str, tuple[int, str]] = {}
        self.reports: list[dict[str, Any]] = []
        self.report_script: list[Script] = []
        self.open_paths: set[str] = set()

    @property
    def processor(self) -> str:
        return f"{self.url}/processors/1"

    def answer(self, path: str, headers: Message, body: bytes) -> Script:
        at = urlsplit(path).path
        if at in self.moves:
            status, location = self.moves[at]
            return status, "Moved", b"", {"Location": location} if location else {}
        if at in self.open_paths:
            return 200, "OK", self.content, {}
        known = (headers["Authorization"] or "").removeprefix("Bearer ") in self.valid_tokens
        if not at.startswith("/processors/") or not known:
            return super().answer(path, headers, body)
        if at.endswith("/reports"):
            return self._report(json.loads(body))
        if at == "/processors/1/assets/a":
            return 200, "OK", self.content, {"Content-Type": "text/html"}
        return 404, "Not Found", b"", {}

    def _report(self, report: dict[str, Any]) -> Script:
        if self.report_script:
            return self.report_script.pop(0)
        held = [known["timestamp"] for known in self.reports]
        if held and max(held) > report["timestamp"]:
            return 409, "Conflict", b"", {}
        self.reports.append(report)
        return 201, "Created", b"{}", {}

    def sent_to(self, path: str) -> list[dict[str, str]]:
        """The headers of the requests for a path."""
        return [headers for _method, at, headers in self.requests if urlsplit(at).path == path]


@pytest.fixture
def lms() -> Iterator[AssetLms]:
    cache.clear()
    with AssetLms().serving() as serving:
        serving.register(product="canvas")
        yield serving


def claims(lms: AssetLms, **changes: Any) -> dict[str, Any]:
    """What a notice of a hand-in says beside its id."""
    asset = {
        "asset_id": "a",
        "url": f"{lms.processor}/assets/a",
        "sha256_checksum": base64.b64encode(hashlib.sha256(lms.content).digest()).decode(),
        "timestamp": "2026-11-23T10:00:00Z",
        "size": len(lms.content),
        "content_type": "text/html",
        "title": "Ada Okafor, essay",
        "filename": "Ada Okafor.HTML",
        **changes,
    }
    return {
        CONTEXT: {"id": "course-1", "title": "Course"},
        CLAIM + "activity": {"id": "essay", "title": "Essay"},
        CLAIM + "submission": {"id": "s:1"},
        CLAIM + "for_user": {"user_id": "user-1"},
        CUSTOM: {"assessment": "small", "name": "Ada Okafor"},
        CLAIM + "assetservice": {"scope": [READ], "assets": [asset, {**asset, "asset_id": "b"}]},
        CLAIM + "assetreport": {"scope": [REPORT], "report_url": f"{lms.processor}/reports"},
    }


def notice(lms: AssetLms, **changes: Any) -> Notice:
    return Notice.objects.create(
        deployment=Deployment.objects.get(registration__client_id=lms.client_id),
        notice_id=f"n{Notice.objects.count()}",
        kind=ASSET_SUBMISSION,
        claims=asset_processor.facts(claims(lms, **changes)),
    )


def asset_of(lms: AssetLms, **changes: Any) -> Asset:
    handed_in = asset_processor.record(notice(lms, **changes))
    return handed_in.assets.get(asset_id="a")


def fails(asset: Asset) -> TransportError:
    with pytest.raises(TransportError) as caught:
        asset_processor.content(asset)
    return caught.value


# What is kept


def test_a_hand_in_has_rows_of_its_own_and_no_names(lms: AssetLms) -> None:
    handed_in = asset_processor.record(notice(lms))
    assert handed_in.context == Context.objects.get(lti_id="course-1")
    assert handed_in.person == Person.objects.get(sub="user-1")
    assert (handed_in.activity_id, handed_in.assessment) == ("essay", "small")
    assert set(handed_in.scopes) == {READ, REPORT}
    assert [asset.asset_id for asset in handed_in.assets.order_by("pk")] == ["a", "b"]
    asset = handed_in.assets.get(asset_id="a")
    assert (asset.suffix, asset.is_file, asset.size) == (".html", True, len(TEXT))
    kept = json.dumps([*HandIn.objects.values(), *Asset.objects.values()], default=str)
    assert "Okafor" not in kept + json.dumps(Notice.objects.get().claims)
    # Who handed in gets no rights by it: only launches and lists of the course give any.
    assert not Membership.objects.exists()


def test_the_same_hand_in_told_twice_is_one_and_another_attempt_another(lms: AssetLms) -> None:
    first = asset_processor.record(notice(lms))
    assert asset_processor.record(notice(lms)) == first
    later = notice(lms)
    later.claims["submission"] = "s:2"
    assert asset_processor.record(later) != first
    other = notice(lms)
    other.claims["report_url"] += "/of-another-processor"
    assert asset_processor.record(other) not in HandIn.objects.filter(pk=first.pk)
    assert HandIn.objects.count() == 3


def test_a_report_is_found_by_the_ids_of_its_own_deployment_only(lms: AssetLms) -> None:
    asset = asset_of(lms)
    deployment = asset.handed_in.context.deployment
    assert asset_processor.found(deployment, "s:1", "a") == asset
    assert asset_processor.found(deployment, "s:2", "a") is None
    other = Deployment.objects.create(registration=deployment.registration, deployment_id="2")
    assert asset_processor.found(other, "s:1", "a") is None


def test_a_person_who_is_forgotten_leaves_nothing_behind(lms: AssetLms) -> None:
    asset = asset_of(lms)
    asset_reports.put(asset, REPORTED)
    asset_processor.forget(asset.handed_in.person)
    assert not HandIn.objects.exists()
    assert not Asset.objects.exists()
    assert "user-1" not in json.dumps(Notice.objects.get().claims)
    asset_reports.deliver(Registration.objects.get().pk)
    assert lms.reports == []


# Reading what was handed in


def test_the_content_comes_with_the_right_token(lms: AssetLms) -> None:
    assert asset_processor.content(asset_of(lms)) == TEXT
    assert [request["scope"] for request in lms.token_requests] == [READ]


@pytest.mark.parametrize(
    "checksum", [hashlib.sha256(TEXT).hexdigest(), hashlib.sha256(TEXT).hexdigest().upper(), ""]
)
def test_the_checksum_may_be_written_in_digits_or_left_out(lms: AssetLms, checksum: str) -> None:
    assert asset_processor.content(asset_of(lms, sha256_checksum=checksum)) == TEXT


@pytest.mark.parametrize("checksum", ["A" * 43 + "=", "0" * 64, "no sum", "é", "x" * 64])
def test_what_is_not_as_announced_is_not_taken(lms: AssetLms, checksum: str) -> None:
    error = fails(asset_of(lms, sha256_checksum=checksum))
    assert "not what it had announced" in error.cause
    assert not error.permanent


def test_a_token_that_the_lms_has_forgotten_is_renewed(lms: AssetLms) -> None:
    asset = asset_of(lms)
    asset_processor.content(asset)
    lms.valid_tokens.clear()
    assert asset_processor.content(asset) == TEXT
    assert len(lms.token_requests) == 2


def test_more_than_is_taken_is_not_even_asked_for(lms: AssetLms) -> None:
    with pytest.raises(AssetTooLarge):
        asset_processor.content(asset_of(lms, size=MOST_BYTES + 1))
    assert lms.sent_to("/processors/1/assets/a") == []


@pytest.mark.parametrize("more", [1, MOST_BYTES])
def test_more_than_was_announced_is_not_taken(lms: AssetLms, more: int) -> None:
    asset = asset_of(lms, sha256_checksum="")
    lms.content = b"x" * (MOST_BYTES + more)
    with pytest.raises(AssetTooLarge):
        asset_processor.content(asset)
    lms.content = b"x" * MOST_BYTES
    assert len(asset_processor.content(asset)) == MOST_BYTES


def test_a_file_that_is_kept_elsewhere_is_fetched_there_without_our_token(lms: AssetLms) -> None:
    with AssetLms().serving() as storage:
        storage.open_paths.add("/bucket/file")
        lms.moves["/processors/1/assets/a"] = (302, f"{storage.url}/bucket/file?signed=1")
        assert asset_processor.content(asset_of(lms)) == TEXT
        (sent,) = storage.sent_to("/bucket/file")
        assert "Authorization" not in sent
        # Nor does it come back once somebody else was in between.
        storage.moves["/bucket/file"] = (307, f"{lms.processor}/assets/last")
        assert fails(asset_of(lms)).status == 401
        assert all("Authorization" not in one for one in lms.sent_to("/processors/1/assets/last"))


def test_a_redirection_within_the_lms_keeps_the_token(lms: AssetLms) -> None:
    lms.moves["/processors/1/assets/old"] = (301, "a")
    assert asset_processor.content(asset_of(lms, url=f"{lms.processor}/assets/old")) == TEXT


@pytest.mark.parametrize(
    "location", ["", "/processors/1/assets/a", "file:///etc/passwd", "//[", " "]
)
def test_redirections_without_an_end_or_an_aim_are_not_followed(
    lms: AssetLms, location: str
) -> None:
    lms.moves["/processors/1/assets/a"] = (302, location)
    error = fails(asset_of(lms))
    assert error.permanent
    assert len(lms.sent_to("/processors/1/assets/a")) <= asset_processor.MOST_REDIRECTS + 1


def test_an_address_that_is_no_https_is_not_called(lms: AssetLms, settings: Settings) -> None:
    asset = asset_of(lms)
    asset_processor.content(asset)
    settings.INSECURE_PLATFORMS = False
    assert "https" in fails(asset).cause
    assert len(lms.sent_to("/processors/1/assets/a")) == 1


@pytest.mark.parametrize(
    ("status", "words", "permanent"),
    [
        (403, "does not let this tool read", True),
        (404, "no longer has", True),
        (503, "problem of its own", False),
        (429, "slow down", False),
    ],
)
def test_why_nothing_can_be_read_is_said_in_words(
    lms: AssetLms, status: int, words: str, permanent: bool
) -> None:
    lms.moves["/processors/1/assets/a"] = (status, "")
    error = fails(asset_of(lms))
    assert words in error.cause
    assert error.permanent is permanent


def test_an_lms_that_gives_no_right_to_read_is_not_asked(lms: AssetLms) -> None:
    asset = asset_of(lms)
    asset.handed_in.scopes = [REPORT]
    assert fails(asset).permanent
    assert lms.token_requests == []


# Reports


def due_now(asset: Asset) -> None:
    ago = timezone.now() - timedelta(seconds=1)
    Asset.objects.filter(pk=asset.pk).update(due_at=ago, leased_until=None)


def delivered(asset: Asset) -> Asset:
    asset_reports.deliver(asset.handed_in.context.deployment.registration_id)
    return Asset.objects.select_related("handed_in").get(pk=asset.pk)


def test_a_report_reaches_the_lms_with_what_it_belongs_to(lms: AssetLms) -> None:
    asset = asset_of(lms)
    asset_reports.put(asset, REPORTED)
    asset = delivered(asset)
    (report,) = lms.reports
    moment = datetime.fromisoformat(report.pop("timestamp"))
    assert abs(moment - datetime.now(UTC)) < timedelta(seconds=20)
    assert report == {"assetId": "a", "type": "cograde", **REPORTED}
    assert (asset.due_at, asset.sent_sequence, asset.problem) == (None, 1, "")
    assert [request["scope"] for request in lms.token_requests] == [REPORT]


def test_the_same_report_is_not_sent_twice_unless_it_is_wanted(lms: AssetLms) -> None:
    asset = asset_of(lms)
    asset_reports.put(asset, REPORTED)
    delivered(asset)
    asset_reports.put(asset, REPORTED)
    delivered(asset)
    assert len(lms.reports) == 1
    asset_reports.put(asset, REPORTED, again=True)
    delivered(asset)
    assert len(lms.reports) == 2
    assert lms.reports[0]["timestamp"] < lms.reports[1]["timestamp"]


def test_a_newer_report_follows_one_that_is_under_way(lms: AssetLms) -> None:
    asset = asset_of(lms)
    asset_reports.put(asset, REPORTED)
    under_way = asset_reports._claim(asset.handed_in.context.deployment.registration_id)
    assert under_way is not None
    asset_reports.put(asset, {**REPORTED, "result": "9/10"})
    asset_reports._send(under_way)
    assert delivered(asset).due_at is None
    assert [report["result"] for report in lms.reports] == ["7/10", "9/10"]
    assert lms.reports[0]["timestamp"] < lms.reports[1]["timestamp"]


def test_an_answer_that_was_lost_is_asked_for_with_the_same_moment(lms: AssetLms) -> None:
    asset = asset_of(lms)
    asset_reports.put(asset, REPORTED)
    lms.report_script = [(503, "Unavailable", b"", {})]
    waiting = delivered(asset)
    assert waiting.due_at is not None
    assert waiting.due_at > timezone.now()
    assert "problem of its own" in waiting.problem
    moment = waiting.timestamp
    due_now(asset)
    assert delivered(asset).problem == ""
    assert moment is not None
    assert datetime.fromisoformat(lms.reports[0]["timestamp"]) == moment


def test_an_lms_that_holds_a_later_moment_gets_a_later_one_still(lms: AssetLms) -> None:
    asset = asset_of(lms)
    asset_reports.put(asset, REPORTED)
    lms.report_script = [(409, "Conflict", b"", {})]
    first = delivered(asset)
    assert first.due_at is not None
    due_now(asset)
    second = delivered(asset)
    assert second.due_at is None
    assert first.timestamp is not None
    assert second.timestamp is not None
    assert second.timestamp > first.timestamp


def test_a_pause_that_the_lms_asks_for_holds_for_all(lms: AssetLms) -> None:
    asset = asset_of(lms)
    other = asset.handed_in.assets.get(asset_id="b")
    asset_reports.put(asset, REPORTED)
    asset_reports.put(other, REPORTED)
    lms.report_script = [(429, "Too Many Requests", b"", {"Retry-After": "60"})]
    delivered(asset)
    assert lms.reports == []
    assert len(lms.sent_to("/processors/1/reports")) == 1
    assert asset_reports.deliver_due() == 0
    Registration.objects.update(paused_until=None)
    due_now(asset)
    delivered(asset)
    assert len(lms.reports) == 2


def test_a_tool_that_was_taken_off_stops_and_says_so(lms: AssetLms) -> None:
    asset = asset_of(lms)
    asset_reports.put(asset, REPORTED)
    lms.report_script = [(404, "Not Found", b"", {})]
    stopped = delivered(asset)
    assert stopped.due_at is None
    assert "taken off the assignment" in stopped.problem
    asset_reports.put(asset, {**REPORTED, "result": "8/10"})
    assert delivered(asset).problem == ""


def test_a_report_that_is_never_taken_is_given_up(lms: AssetLms) -> None:
    asset = asset_of(lms)
    asset_reports.put(asset, REPORTED)
    lms.report_script = [(500, "Oops", b"", {})] * asset_reports.MOST_ATTEMPTS
    for _attempt in range(asset_reports.MOST_ATTEMPTS):
        due_now(asset)
        asset = delivered(asset)
    assert asset.due_at is None
    assert asset.problem


def test_a_worker_that_died_is_made_up_for(lms: AssetLms) -> None:
    asset = asset_of(lms)
    asset_reports.put(asset, REPORTED)
    registration = Registration.objects.get()
    assert asset_reports._claim(registration.pk) is not None
    delivered(asset)
    assert lms.reports == []
    Asset.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert asset_reports.deliver_due() == 1
    delivered(asset)
    assert len(lms.reports) == 1


def test_what_is_switched_off_gets_its_reports_when_it_is_on_again(lms: AssetLms) -> None:
    asset = asset_of(lms)
    asset_reports.put(asset, REPORTED)
    Registration.objects.update(active=False)
    assert asset_reports.deliver_due() == 0
    delivered(asset)
    assert lms.reports == []
    Registration.objects.update(active=True)
    assert asset_reports.deliver_due() == 1
    delivered(asset)
    assert len(lms.reports) == 1


def test_jobs_do_not_pile_up(lms: AssetLms, django_capture_on_commit_callbacks: Any) -> None:
    asset = asset_of(lms)
    asset_reports.put(asset, REPORTED)
    queue = django_rq.get_queue("default")
    before = queue.count
    with django_capture_on_commit_callbacks(execute=True):
        for _round in range(5):
            asset_reports.deliver_due()
    assert queue.count == before + 1


def test_waits_grow_and_have_an_end() -> None:
    waits = [asset_reports.backoff(attempts, 0.0) for attempts in range(20)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (5.0, 12 * 3600.0)
    assert asset_reports.backoff(0, 0.999) > 2.5


# Being there to be attached


def asked_of(*places: str) -> dict[str, Any]:
    """The deep linking message that we ask an LMS to know, when it has these places."""
    platform = PlatformConfiguration(
        configuration_url="https://lms.example/openid",
        issuer="https://lms.example",
        auth_login_url="https://lms.example/auth",
        token_url="https://lms.example/token",
        jwks_url="https://lms.example/jwks",
        registration_url="https://lms.example/register",
        messages={"LtiDeepLinkingRequest": places},
    )
    said = tool_metadata.client_metadata(platform)
    (message,) = said[tool_metadata.TOOL_CONFIGURATION]["messages"]
    return dict(message)


def test_we_can_be_attached_where_the_lms_has_a_place_for_it() -> None:
    places = asked_of("ContentArea", "ActivityAssetProcessor", "editor_button")["placements"]
    assert places == ["ContentArea", "ActivityAssetProcessor"]
    assert "ActivityAssetProcessor" not in asked_of("link_selection")["placements"]
    # A Canvas that does not know the place would refuse the whole key.
    assert "ActivityAssetProcessor" not in json.dumps(tool_metadata.canvas_json())
