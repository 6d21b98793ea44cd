"""The page of an item shows the fields of its kind, in a real browser."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Page, Route, sync_playwright

from tests.rubrics import samples

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
HIDDEN = "control => control.closest('fieldset').hidden"


def item_page(client: Client, code: str) -> bytes:
    item = samples.assessment().items.get(code=code)
    client.force_login(User.objects.create_superuser("author"))
    return client.get(f"/admin/rubrics/item/{item.pk}/change/").content


@contextmanager
def opened(html: bytes) -> Iterator[Page]:
    """Show a page that has been made before: beside an open Playwright, Django's database layer
    would take another connection, outside the test's transaction."""

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        is_static = path.startswith("/static/")
        found = finders.find(path.removeprefix("/static/")) if is_static else None
        if path == "/":
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        elif isinstance(found, str):
            kind = mimetypes.guess_type(found)[0] or "application/octet-stream"
            route.fulfill(body=Path(found).read_bytes(), content_type=kind)
        else:
            route.fulfill(status=404)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = browser.new_page()
        page.route("**/*", answer)
        page.goto("http://testserver/")
        yield page
        browser.close()


def is_hidden(page: Page, name: str) -> bool:
    return bool(page.eval_on_selector(f"[name={name}]", HIDDEN))


def test_the_fields_follow_the_kind(client: Client) -> None:
    with opened(item_page(client, "which")) as page:
        page.wait_for_selector("fieldset.kind-code", state="hidden")
        assert not is_hidden(page, "choices-0-text")
        assert is_hidden(page, "numeric_answer")
        page.select_option("[name=kind]", "numeric")
        assert not is_hidden(page, "numeric_answer")
        assert is_hidden(page, "choices-0-text")
        page.select_option("[name=kind]", "essay")
        assert not is_hidden(page, "words_min")
        page.select_option("[name=kind]", "code")
        assert not is_hidden(page, "starter")


def test_a_check_shows_the_fields_of_its_own_kind(client: Client) -> None:
    with opened(item_page(client, "parse")) as page:
        page.wait_for_selector("fieldset.kind-choice", state="hidden")
        assert not is_hidden(page, "checks-0-call")
        assert is_hidden(page, "checks-0-rules")
        assert is_hidden(page, "checks-2-call")
        assert not is_hidden(page, "checks-2-rules")


def test_an_added_check_is_open_and_shows_its_fields(client: Client) -> None:
    with opened(item_page(client, "parse")) as page:
        page.wait_for_selector("fieldset.kind-choice", state="hidden")
        page.get_by_text("Add another Check").click()
        page.wait_for_selector("[name=checks-4-call]", state="visible")
        assert is_hidden(page, "checks-4-rules")
