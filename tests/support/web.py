"""A client with cookies that follows forms, for what needs no browser."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from typing import NamedTuple


class Answer(NamedTuple):
    """What came back, after redirects."""

    status: int
    url: str
    text: str


class Web:
    """One visitor of a board."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> Answer:
        return self._ask(self.url + path, None)

    def post(self, path: str, **fields: str) -> Answer:
        return self._ask(self.url + path, urllib.parse.urlencode(fields).encode())

    def token(self, path: str) -> str:
        """The token of the page's forms."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.get(path).text)
        assert found, path
        return found[1]

    def sign_in(self, name: str, password: str, path: str = "/healthz") -> Answer:
        return self.post("/sign-in", name=name, password=password, csrf=self.token("/sign-in"), next=path)

    def _ask(self, url: str, body: bytes | None) -> Answer:
        try:
            with self._opener.open(urllib.request.Request(url, body), timeout=60) as answer:  # noqa: S310 - loopback
                return Answer(answer.status, answer.url, answer.read().decode(errors="replace"))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.url, error.read().decode())
