"""One person's browser, as far as pages go: cookies, redirects, and a reload where a page did not come."""

from __future__ import annotations

import asyncio
import http.client
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http.cookiejar import Cookie, CookieJar
from urllib.parse import urlencode, urljoin, urlsplit

from chat.rehearse.forms import PageText, read

WAITS = (0.5, 1, 2, 4, 8)  # seconds before each reload of a page that did not come
NETWORK = (OSError, http.client.HTTPException)


class NoPage(Exception):
    """A page that does not come, however often it is asked for."""


@dataclass(frozen=True)
class Page:
    """A page that came: where it is, what it says, and with which status."""

    url: str
    status: int
    text: PageText

    @property
    def path(self) -> str:
        return urlsplit(self.url).path


class Browser:
    """Pages by HTTP. `threads` is shared by all browsers: it bounds how many ask at once."""

    def __init__(self, base: str, threads: ThreadPoolExecutor, *, cookie: str = "") -> None:
        """`cookie`: the Cookie header of somebody who came before."""
        self.base = base
        self.cookies = CookieJar()
        self._threads = threads
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        if cookie:
            self._remember(*cookie.split("=", maxsplit=1))

    @property
    def cookie(self) -> str:
        """The Cookie header of the sockets."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)

    def _remember(self, name: str, value: str) -> None:
        host = urlsplit(self.base).hostname or ""
        domain = host if "." in host else f"{host}.local"  # as the jar itself writes a host without a dot
        self.cookies.set_cookie(
            Cookie(0, name, value, None, False, domain, False, False, "/", True, False, None, True, None, None, {})
        )

    async def get(self, url: str) -> Page:
        """The page at that address. Raises NoPage where it does not come after several tries."""
        why = ""
        for wait in (0, *WAITS):
            await asyncio.sleep(wait)
            try:
                page = await self._ask(url, None)
            except NETWORK as error:
                why = repr(error)
                continue
            if page.status < 500:
                return page
            why = f"status {page.status}"
        raise NoPage(f"{url} did not come: {why}")

    async def post(self, url: str, fields: Sequence[tuple[str, str]], *, otherwise: str) -> Page:
        """The page after a form. Where nobody knows whether it arrived, the page `otherwise` says where we are."""
        try:
            page = await self._ask(url, urlencode(fields).encode())
        except NETWORK:
            return await self.get(otherwise)
        return page if page.status < 500 else await self.get(otherwise)

    async def _ask(self, url: str, data: bytes | None) -> Page:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(self._fetch, urljoin(self.base, url), data))

    def _fetch(self, url: str, data: bytes | None) -> Page:
        request = urllib.request.Request(url, data=data)  # noqa: S310 - the address is the operator's own
        try:
            with self._opener.open(request, timeout=30) as response:
                return Page(response.url, response.status, read(response.read().decode()))
        except urllib.error.HTTPError as error:
            with error:
                return Page(error.url or url, error.code, read(error.read().decode("utf-8", "replace")))
