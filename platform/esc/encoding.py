"""Takes requests in UTF-8 alone, which is what every browser sends.

In front of Django, whose request and whose parsers raise on other charsets: that would be a fault of ours, in words and
in the log, where it is the sender's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.utils.http import parse_header_parameters

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]  # Django's own names the same three more narrowly

SORRY = b"This site reads UTF-8 alone."


class Utf8Only:
    """An ASGI application for HTTP that answers 400 to a request in another charset."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kinds = [value.decode("latin1") for name, value in scope["headers"] if name == b"content-type"]
        if all(charset_of(kind) == "utf-8" for kind in kinds):
            await self.app(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(SORRY)).encode())]
        await send({"type": "http.response.start", "status": 400, "headers": headers})
        await send({"type": "http.response.body", "body": SORRY})


def charset_of(content_type: str) -> str:
    """The charset that Django reads in this Content-Type, in lower case; "" where it would fail over it."""
    try:
        _, parameters = parse_header_parameters(content_type)
    except (LookupError, ValueError):
        return ""
    return parameters.get("charset", "utf-8").lower()
