"""Jobs live exactly as long as the web process."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from esc import lifespan
from esc.lifespan import Lifespan

START, STOP = {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}


async def test_jobs_run_between_start_and_stop_and_are_cancelled_then() -> None:
    said: asyncio.Queue[str] = asyncio.Queue()  # what the server is told, and what the job does
    orders: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()

    async def send(message: MutableMapping[str, Any]) -> None:
        said.put_nowait(message["type"])

    async def job() -> None:
        said.put_nowait("job begins")
        try:
            await asyncio.Event().wait()
        finally:
            said.put_nowait("job ends")

    life = asyncio.create_task(Lifespan(job)({"type": "lifespan"}, orders.get, send))
    orders.put_nowait({"type": "lifespan.startup"})
    assert {await said.get(), await said.get()} == {"lifespan.startup.complete", "job begins"}
    orders.put_nowait({"type": "lifespan.shutdown"})
    assert [await said.get(), await said.get()] == ["job ends", "lifespan.shutdown.complete"]
    await life


class Server:
    """What a server says and is told."""

    def __init__(self, application: Lifespan) -> None:
        self.orders: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self.said: list[str] = []
        for order in (START, STOP):
            self.orders.put_nowait(order)
        self.life = asyncio.create_task(application({"type": "lifespan"}, self.orders.get, self.hear))

    async def hear(self, message: MutableMapping[str, Any]) -> None:
        self.said.append(message["type"])


async def test_nothing_stops_before_what_is_left_to_do_is_done() -> None:
    asked, done = asyncio.Event(), asyncio.Event()

    async def finish() -> None:
        asked.set()
        await done.wait()

    server = Server(Lifespan(finish=finish))
    await asked.wait()
    assert server.said == ["lifespan.startup.complete"]
    done.set()
    await server.life
    assert server.said[-1] == "lifespan.shutdown.complete"


async def test_what_takes_too_long_does_not_keep_a_server_from_stopping(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def finish() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(lifespan, "LONGEST_END", 0.01)
    server = Server(Lifespan(finish=finish))
    await server.life
    assert server.said[-1] == "lifespan.shutdown.complete"
    assert "not everything is done" in caplog.text
