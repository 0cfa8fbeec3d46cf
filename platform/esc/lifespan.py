"""What lives as long as a web process: jobs that start before the first request and stop after the last one."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any

log = logging.getLogger(__name__)

Job = Callable[[], Coroutine[Any, Any, None]]  # runs until it is cancelled
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Looking for circles of garbage stops everybody. Among the newest thousand objects it takes a millisecond, among all
# that a process with many sockets has a tenth of a second: that can wait, as messages make no circles.
COLLECT = (1_000, 10, 1_000)
# Seconds a busy thread may go on while another one waits: a socket's message waits for a page that is being made, and
# Python's own 5 ms would be most of its way.
SWITCH = 0.0005
LONGEST_END = 5.0  # seconds; whoever stops the server kills it soon after


async def nothing() -> None:
    """There is nothing left to do."""


class Lifespan:
    """The ASGI lifespan protocol, which Channels' router leaves out.

    `finish` is awaited when the last request is answered and the last socket closed, before the jobs are cancelled.
    """

    def __init__(self, *jobs: Job, finish: Job = nothing) -> None:
        self.jobs, self.finish = jobs, finish

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        await receive()  # lifespan.startup
        gc.freeze()  # what is loaded by now stays: no collection need look at it again
        gc.set_threshold(*COLLECT)
        sys.setswitchinterval(SWITCH)
        running = [asyncio.create_task(job()) for job in self.jobs]
        await send({"type": "lifespan.startup.complete"})
        await receive()  # lifespan.shutdown
        await self._finish()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await send({"type": "lifespan.shutdown.complete"})

    async def _finish(self) -> None:
        try:
            async with asyncio.timeout(LONGEST_END):
                await self.finish()
        except TimeoutError:
            log.warning("This process stops although not everything is done after %s s.", LONGEST_END)
