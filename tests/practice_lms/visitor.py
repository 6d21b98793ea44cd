"""A person at the LMS's pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from tests.practice_lms.platform import Platform, forms


class Visitor:
    """A person at the LMS, with cookies and the form token of the page last seen."""

    def __init__(self, platform: Platform, user: str = "") -> None:
        self.platform = platform
        self.cookies = platform.begin(user).cookie if user else {}

    def get(self, path: str) -> requests.Response:
        answer = self.platform.get(path, cookies=self.cookies)
        self.cookies.update(answer.cookies.get_dict())
        return answer

    def post(
        self, path: str, page: str = "", files: Mapping[str, Any] | None = None, **fields: str
    ) -> requests.Response:
        """Fill in a form of ``page`` (without one: as another site would post it)."""
        if page:
            shown = self.get(page).text
            (token, *_) = (f.fields["csrfmiddlewaretoken"] for f in forms(shown) if f.fields)
            fields["csrfmiddlewaretoken"] = token
        answer = self.platform.post(path, data=fields, files=files, cookies=self.cookies)
        self.cookies.update(answer.cookies.get_dict())
        return answer
