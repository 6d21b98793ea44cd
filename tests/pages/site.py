"""A small server for pages without a database: templates, static files, the real CSP, and an
address for autosave whose answers a test chooses."""

from __future__ import annotations

import mimetypes
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import engines
from django.template.loader import render_to_string
from django.test import override_settings


def policy() -> str:
    """The policy that the project sends, as a header."""
    rules = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in rules.items())


CRITERIA = [
    {
        "code": "correctness",
        "title": "Correctness",
        "weight": 2,
        "maximum": 3,
        "machine": 2,
        "levels": [
            (3, "Explains both", "invalidation and expiry, and when each is right"),
            (2, "Explains one", "of the two and names the other"),
            (1, "Names only", "that a cache can be stale"),
            (0, "Not shown", ""),
        ],
    },
    {
        "code": "clarity",
        "title": "Clarity",
        "weight": 1,
        "maximum": 2,
        "machine": 1,
        "levels": [
            (2, "Clear", "to a colleague at first reading"),
            (1, "Mostly clear", "one step has to be guessed"),
            (0, "Hard to follow", ""),
        ],
    },
]
ERRORS = ("400", "403", "403_csrf", "404", "500")
CODE = "def parse(text):\n    lines = []\n    return lines\n"


def draw(page: str) -> str:
    """A template of the project by its name, or of this folder by its path."""
    context: dict[str, object] = {"criteria": CRITERIA, "code": CODE}
    with override_settings(ROOT_URLCONF="tests.pages.urls"):
        if page.startswith("/"):
            source = Path(page).read_text()
            return engines["django"].from_string(source).render(context)
        return render_to_string(page, context)


HERE = Path(__file__).parent / "templates"


@dataclass
class Site:
    """`pages` are drawn by path; `answers` are the statuses of the next saves (0: no answer)."""

    url: str = ""
    pages: dict[str, str] = field(
        default_factory=lambda: {
            "/styleguide/": "styleguide.html",
            "/desk/": str(HERE / "work.html"),
            "/answer/": str(HERE / "answer.html"),
            **{f"/{code}/": f"{code}.html" for code in ERRORS},
        }
    )
    answers: list[int] = field(default_factory=list)
    body: bytes = b"{}"
    slow: float = 0.0
    saves: list[dict[str, list[str]]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)


class Server(ThreadingHTTPServer):
    def __init__(self, site: Site) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.site = site
        site.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        pages = self.server.site.pages
        if path.startswith("/static/"):
            self.send_static(path.removeprefix("/static/"))
        elif path in pages:
            self.answer(200, draw(pages[path]).encode(), "text/html; charset=utf-8")
        else:
            self.answer(404, b"", "text/plain")

    def do_POST(self) -> None:
        site = self.server.site
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        site.saves.append(parse_qs(body, keep_blank_values=True))
        site.tokens.append(self.headers.get("X-CSRFToken", ""))
        time.sleep(site.slow)
        status = site.answers.pop(0) if site.answers else 200
        if status == 0:
            self.close_connection = True
        else:
            self.answer(status, site.body, "application/json")

    def send_static(self, name: str) -> None:
        found = finders.find(name)
        if not found:
            self.answer(404, b"", "text/plain")
            return
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        self.answer(200, Path(found).read_bytes(), kind)

    def answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", policy())
        if status == 302:
            self.send_header("Location", "/login/")
        with suppress(ConnectionError):  # the page was closed before its answer came
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: what a test wants to know it asks the site."""


def serve(site: Site) -> Server:
    """Start serving `site` on a free port; the caller shuts it down."""
    server = Server(site)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
    return server
