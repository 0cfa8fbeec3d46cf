"""Sockets of the real application, for tests: connect as somebody, send, and read frames by type."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from channels.testing import WebsocketCommunicator

from chat.models import Conversation
from esc.asgi import application
from esc.ontology import Strategy
from tests.people import Person

ORIGIN = "http://testserver"
Frame = dict[str, Any]


class Tab:
    """One open tab. Frames that come while another type is waited for are kept in `frames`."""

    def __init__(self, communicator: WebsocketCommunicator) -> None:
        self.communicator = communicator
        self.frames: list[Frame] = []

    async def next(self) -> Frame:
        frame: Frame = json.loads(await self.communicator.receive_from(timeout=5))
        self.frames.append(frame)
        return frame

    async def until(self, kind: str) -> Frame:
        """The next frame of that type."""
        while True:
            frame = await self.next()
            if frame["type"] == kind:
                return frame

    async def send(self, frame: Any) -> None:
        await self.communicator.send_to(text_data=frame if isinstance(frame, str) else json.dumps(frame))

    async def ask(self, frame: Any, kind: str) -> Frame:
        await self.send(frame)
        return await self.until(kind)

    async def say(self, text: str, *, strategy: str | None = None, client_id: str = "", **more: Any) -> Frame:
        """Send a message and come back with its ack."""
        return await self.ask(saying(text, strategy=strategy, client_id=client_id, **more), "ack")

    async def refused(self, frame: Any) -> Frame:
        return await self.ask(frame, "refused")

    async def is_quiet(self) -> bool:
        return await self.communicator.receive_nothing(timeout=0.2)


def saying(text: Any, *, strategy: Any = None, client_id: str = "", **more: Any) -> Frame:
    frame = {"type": "say", "client_id": client_id or str(uuid4()), "text": text, **more}
    return frame if strategy is None else {**frame, "strategy": strategy}


def question(text: str) -> Frame:
    """A supporter's message with a strategy."""
    return saying(text, strategy=Strategy.QUESTION)


def path_of(conversation: Conversation, after: int | None = None) -> str:
    query = "" if after is None else f"?after={after}"
    return f"/ws/chat/{conversation.pk}/{query}"


@asynccontextmanager
async def socket(path: str, *, cookie: str | None, origin: str | None = ORIGIN) -> AsyncIterator[Tab]:
    """An accepted socket with these headers, closed at the end."""
    headers = [(b"host", b"testserver")]
    if cookie:
        headers.append((b"cookie", cookie.encode()))
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    communicator = WebsocketCommunicator(application, path, headers=headers)
    connected, _ = await communicator.connect(timeout=5)
    assert connected
    try:
        yield Tab(communicator)
    finally:
        await communicator.disconnect()


@asynccontextmanager
async def tab(person: Person, conversation: Conversation, *, after: int | None = None) -> AsyncIterator[Tab]:
    """A tab of this person in the conversation, its welcome read."""
    async with socket(path_of(conversation, after), cookie=person.cookie) as opened:
        frame = await opened.next()
        assert frame["type"] == "welcome"
        yield opened


async def close_code(path: str, *, cookie: str | None, origin: str | None = ORIGIN) -> int:
    """The code that an accepted socket is closed with at once."""
    async with socket(path, cookie=cookie, origin=origin) as opened:
        event = await opened.communicator.receive_output(timeout=5)
        assert event["type"] == "websocket.close", event
        return int(event["code"])
