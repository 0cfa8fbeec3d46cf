"""Jobs live exactly as long as the web process."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

from esc.lifespan import Lifespan


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
