"""The one running LMS of this process: its state, its addresses and what it remembers briefly."""

from __future__ import annotations

from urllib.parse import urlsplit

from practice_lms import keys, seed, settings
from practice_lms.access import AccessTokens, OneTime
from practice_lms.journal import Journal
from practice_lms.manners import STRICT, Manner
from practice_lms.rows import Tool
from practice_lms.state import State


class House:
    """``url`` is the LMS's issuer and base address, without a slash at the end."""

    def __init__(self, journal: Journal, url: str, tool_url: str) -> None:
        self.url = url
        self.tool_url = tool_url
        self.state = State(journal)
        self.access_tokens = AccessTokens()
        self.spent = OneTime()
        self.manner: Manner = STRICT
        keys.ensure(self.state)
        seed.plant(self.state, tool_url)

    def reset(self) -> None:
        """Back to the seed. The signing keys stay, so that tools' caches of them hold."""
        with self.state.lock:
            self.state.clear()
            seed.plant(self.state, self.tool_url)
            self.access_tokens.clear()
            self.spent.clear()
            self.manner = STRICT

    @property
    def token_url(self) -> str:
        return f"{self.url}/lti/token"

    def tool_origins(self) -> list[str]:
        """The origins of every registered tool, which pages may frame and post forms to."""
        urls = {
            url
            for tool in self.state.all(Tool)
            for url in (tool.login_url, tool.launch_url, *tool.redirect_uris)
        }
        return sorted({origin(url) for url in urls if origin(url)})


def origin(url: str) -> str:
    """``http://host:port`` of a web address; empty when it is none or would break a policy."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or any(sign in host for sign in " ;,'\"*"):
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


house = House(settings.JOURNAL, settings.PRACTICE_LMS_URL, settings.TOOL_URL)
