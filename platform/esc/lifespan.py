"""What lives as long as a web process: jobs that start before the first request and stop after the last one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any

Job = Callable[[], Coroutine[Any, Any, None]]  # runs until it is cancelled
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Lifespan:
    """The ASGI lifespan protocol, which Channels' router leaves out."""

    def __init__(self, *jobs: Job) -> None:
        self.jobs = jobs

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        await receive()  # lifespan.startup
        running = [asyncio.create_task(job()) for job in self.jobs]
        await send({"type": "lifespan.startup.complete"})
        await receive()  # lifespan.shutdown
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await send({"type": "lifespan.shutdown.complete"})
