"""What lives as long as the web process: the embedded background loop. (Channels' router has no lifespan of its own.)"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from django.conf import settings

from esc.background import run_embedded_loop

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def lifespan(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """The ASGI lifespan protocol: start the loop before the first request, stop it after the last."""
    loop: asyncio.Task[None] | None = None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            if settings.EMBEDDED:
                loop = asyncio.create_task(run_embedded_loop())
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            if loop is not None:
                loop.cancel()
                with suppress(asyncio.CancelledError):
                    await loop
            await send({"type": "lifespan.shutdown.complete"})
            return
