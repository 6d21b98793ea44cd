"""An LMS that lists the members and groups of one course, as nastily as a test wants.

    with RosterLms().serving() as lms:
        lms.people = [entry("ada"), entry("tom", roles=[INSTRUCTOR]), "junk"]
        context = lms.course()                    # rows of the tool: the course of this LMS

``page_size`` splits the list, ``links`` says how pages are linked (absolute, relative, path,
curly); ``changes`` is the differences link, whose answer is ``changed``; ``groups`` are the
course's groups, and ``groups_by_person`` the ids of theirs by ``sub``; ``header`` replaces the
Link header; ``endless`` links ever more pages; ``fails_on_page`` answers 500 there; ``on_page``
is called with each page's number before it is answered; ``script`` holds whole answers for the
next requests.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from lti_tool.models import Context
from tests.lti_tool import factories
from tests.lti_tool.tokens import LEARNER, Lms, Script


def entry(sub: Any, *, roles: Any = (LEARNER,), groups: Any = None, **values: Any) -> Any:
    """One member as an LMS lists them."""
    found = {"user_id": sub, "roles": list(roles) if isinstance(roles, tuple) else roles}
    if groups is not None:
        found["group_enrollments"] = [{"group_id": group} for group in groups]
    return {**found, **values}


class RosterLms(Lms):
    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.people: list[Any] = []
        self.changed: list[Any] = []
        self.groups: Any = []
        self.groups_by_person: dict[str, list[str]] | None = None
        self.page_size = 0
        self.links = "absolute"
        self.changes = ""
        self.header: str | None = None
        self.endless = False
        self.fails_on_page = 0
        self.on_page: Callable[[int], None] | None = None

    @property
    def members_url(self) -> str:
        return f"{self.url}/course/1/members?type=x"

    @property
    def groups_url(self) -> str:
        return f"{self.url}/course/1/groups"

    def course(self, **values: Any) -> Context:
        """A registered course of this LMS, opened a moment ago."""
        context = factories.make_context(
            self.register(), **{"roster_url": self.members_url, **values}
        )
        factories.make_link(context)
        return context

    def readings(self) -> list[dict[str, list[str]]]:
        """The queries of the first pages that were asked for."""
        queries = [parse_qs(urlsplit(path).query) for _, path, _ in self.requests if "/mem" in path]
        return [query for query in queries if "page" not in query]

    def answer(self, path: str, headers: Any, body: bytes) -> Script:
        parts = urlsplit(path)
        if not parts.path.endswith(("/members", "/groups")):
            return super().answer(path, headers, body)
        if (headers["Authorization"] or "").removeprefix("Bearer ") not in self.valid_tokens:
            return 401, "Unauthorized", b"", {}
        if self.script:
            return self.script.pop(0)
        if parts.path.endswith("/groups"):
            return self._groups(parse_qs(parts.query).get("user_id", [""])[0])
        return self._page(parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()})

    def _groups(self, sub: str) -> Script:
        shown = self.groups
        if sub and self.groups_by_person is not None:
            if sub not in self.groups_by_person:
                return 404, "Not Found", b"", {}
            shown = [group for group in shown if group["id"] in self.groups_by_person[sub]]
        return 200, "OK", json.dumps({"id": "x", "groups": shown}).encode(), {}

    def _page(self, path: str, query: dict[str, str]) -> Script:
        number = int(query.get("page", 1))
        if self.on_page is not None:
            self.on_page(number)
        if number == self.fails_on_page:
            return 500, "Internal Server Error", b"", {}
        people = self.changed if "since" in query else self.people
        size = self.page_size or max(1, len(people))
        shown = people[(number - 1) * size : number * size]
        container = {"id": path, "context": {"id": "course-1"}, "members": shown}
        following = f"{path}?{urlencode({**query, 'page': number + 1})}"
        links = []
        if self.endless or number * size < len(people):
            links.append(self._link(following, "next"))
        elif self.changes:
            links.append(f'<{self.changes}>; rel="differences"')
        header = ", ".join(links) if self.header is None else self.header
        return 200, "OK", json.dumps(container).encode(), {"Link": header} if header else {}

    def _link(self, following: str, relation: str) -> str:
        if self.links == "curly":
            escaped = f"{self.url}{following}".replace("&", "&amp;")
            return f"<{escaped}>; rel=“{relation}”".encode().decode("latin-1")
        if self.links == "relative":
            return f'<?{following.partition("?")[2]}>; rel="{relation}"'
        return f'<{self.url if self.links == "absolute" else ""}{following}>; rel="{relation}"'
