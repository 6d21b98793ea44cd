"""Forms of the admin as a browser would send them: what stands there, and what is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Any

from django.test import Client


class FormValues(HTMLParser):
    """Collects names and values of the controls of the page's main form."""

    def __init__(self, html: str, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.inside = False
        self.values: dict[str, str | list[str]] = {}
        self.select: str | None = None
        self.textarea: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.inside = given.get("id") == self.form_id
        if not self.inside or ("disabled" in given):
            return
        name, value = given.get("name"), given.get("value") or ""
        if tag == "input" and name and given.get("type") not in ("submit", "button"):
            self._input(name, value, given)
        elif tag == "select" and name:
            self.select = name
        elif tag == "option" and self.select and "selected" in given:
            self.values[self.select] = value
        elif tag == "textarea" and name:
            self.textarea = name
            self.values[name] = ""

    def _input(self, name: str, value: str, given: dict[str, str | None]) -> None:
        if given.get("type") in ("checkbox", "radio"):
            if "checked" in given:
                chosen = self.values.get(name, [])
                assert isinstance(chosen, list)
                self.values[name] = [*chosen, value or "on"]
        else:
            self.values[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = None
        elif tag == "textarea":
            self.textarea = None

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.values[self.textarea] = f"{self.values[self.textarea]}{data}".removeprefix("\n")


def fill(
    client: Client,
    url: str,
    changes: Mapping[str, Any] | None = None,
    rows: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
) -> Any:
    """Open a page, change what is named, add rows to the groups named, save; the answer follows
    redirects."""
    page = client.get(url)
    assert page.status_code == 200, page
    model = str(page.resolver_match.url_name).split("_")[1]
    every = FormValues(page.content.decode(), f"{model}_form").values
    values = {name: value for name, value in every.items() if "__prefix__" not in name}
    values.update(changes or {})
    for prefix, added in (rows or {}).items():
        start = int(str(values[f"{prefix}-TOTAL_FORMS"]))
        blank = f"{prefix}-__prefix__-"
        fresh = {name[len(blank) :]: every[name] for name in every if name.startswith(blank)}
        for number, row in enumerate(({**fresh, **row} for row in added), start):
            values.update({f"{prefix}-{number}-{name}": value for name, value in row.items()})
        values[f"{prefix}-TOTAL_FORMS"] = str(start + len(added))
    sent = {
        name: value.replace("\n", "\r\n") if isinstance(value, str) else value
        for name, value in values.items()
    }
    return client.post(url, sent, follow=True)


def errors(response: Any) -> list[str]:
    """Return what the page complains about."""
    context = response.context
    if context is None or "errors" not in context:
        return []
    return [str(each) for each in context["errors"]]
