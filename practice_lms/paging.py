"""Pages of long lists, told in the Link header (RFC 8288)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from practice_lms.house import house
from practice_lms.problems import Refused

T = TypeVar("T")
LARGEST = 10**12


def page_of(
    request: HttpRequest, rows: Sequence[T], **carried: object
) -> tuple[Sequence[T], dict[str, str]]:
    """The rows of the page asked for, and the links to other pages by relation.

    ``limit`` is the most rows a client wants; the platform may send fewer. ``carried`` are values
    that the addresses of other pages take along. Raises Refused (400).
    """
    manner = house.manner
    size = whole_number(request, "limit", 0) or manner.page_size
    if manner.page_maximum:
        size = min(size, manner.page_maximum)
    number = whole_number(request, "page", 1)
    if not size:
        return rows, {}
    last = max(1, -(-len(rows) // size))
    links = {"next": _url(request, number + 1, carried)} if number < last else {}
    if manner.all_links:
        links |= {
            "current": _url(request, number, carried),
            "first": _url(request, 1, carried),
            "last": _url(request, last, carried),
        }
    return rows[(number - 1) * size : number * size], links


def add_links(response: HttpResponse, links: dict[str, str], *, curly: bool = False) -> None:
    """Write the Link header; ``curly`` as Moodle writes it (lineitems.php), quotes and all."""
    if not links:
        return
    if curly:
        text = ", ".join(
            f"<{url.replace('&', '&amp;')}>; rel=“{rel}”" for rel, url in links.items()
        )
        # Header bytes are UTF-8 there; WSGI carries bytes as Latin-1 characters.
        response.headers._store["link"] = ("Link", text.encode().decode("latin-1"))
        return
    response["Link"] = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items())


def whole_number(request: HttpRequest, name: str, default: int, *, least: int = 1) -> int:
    """A value of the query. Raises Refused (400) for what is no number or under ``least``."""
    text = request.GET.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not least <= int(text) < LARGEST:
        raise Refused(400, f"{name} must be a whole number, {least} or more")
    return int(text)


def _url(request: HttpRequest, page: int, carried: dict[str, object]) -> str:
    query = {**request.GET.dict(), **carried, "page": page}
    return f"{house.url}{request.path}?{urlencode(query)}"
