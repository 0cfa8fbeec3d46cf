"""A network between the pages and the site that can be cut: what is under way stands still, and then goes on or not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from random import Random

CHUNK = 64 * 1024


class Network:
    """One way in for each web process. While it is cut, no byte passes and nobody new gets through."""

    def __init__(self) -> None:
        self._passable = asyncio.Event()
        self._passable.set()
        self._servers: list[asyncio.Server] = []
        self._lines: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._calls: set[asyncio.Task[None]] = set()

    async def lead_to(self, ports: Iterable[int]) -> list[int]:
        """The ports of the ways in to these ports."""
        entrances = []
        for port in ports:
            server = await asyncio.start_server(self._caller(port), "127.0.0.1", 0)
            self._servers.append(server)
            entrances.append(int(server.sockets[0].getsockname()[1]))
        return entrances

    def cut(self) -> None:
        self._passable.clear()

    def restore(self, rng: Random) -> None:
        """Every second line goes on where it stood still; the others are gone, as after a change of networks."""
        for line in list(self._lines):
            if rng.random() < 0.5:
                for end in line:
                    end.transport.abort()
        self._passable.set()

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    def _caller(self, port: int):  # type: ignore[no-untyped-def]  # noqa: ANN202 - what start_server takes
        async def call(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._calls.add(task)
            try:
                await self._carry(reader, writer, port)
            finally:
                self._calls.discard(task)
                writer.transport.abort()

        return call

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        await self._passable.wait()
        try:
            there, back = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return
        line = (writer, back)
        self._lines.add(line)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass_on(reader, back))
                both.create_task(self._pass_on(there, writer))
        finally:
            self._lines.discard(line)
            back.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._passable.wait()
                writer.write(data)
                await writer.drain()
        await self._passable.wait()
        with contextlib.suppress(OSError):
            writer.close()
