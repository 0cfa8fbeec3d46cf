"""A WebSocket client that costs little: the load driver must not be what is measured.

Text frames only, no fragments, no compression offered (docs/performance.md says what the server does with browsers').
"""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import Callable
from typing import cast

MASK = b"\x00\x00\x00\x00"  # a masked frame as the protocol asks for; masking with zeros leaves the bytes alone
TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A


class Client(asyncio.Protocol):
    """One socket; `on_text` is called with the bytes of every text frame."""

    def __init__(self, path: str, headers: dict[str, str], on_text: Callable[[bytes], None]) -> None:
        self.path, self.headers, self.on_text = path, headers, on_text
        self.buffer = b""
        self.open = False
        self.closed = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {self.path} HTTP/1.1",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        self.transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def send(self, text: bytes) -> None:
        size = len(text)
        if size < 126:
            head = bytes((TEXT, 0x80 | size))
        else:
            head = bytes((TEXT, 0x80 | 126)) + struct.pack(">H", size)
        self.transport.write(head + MASK + text)

    def data_received(self, data: bytes) -> None:
        data = self.buffer + data if self.buffer else data
        if not self.open:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self.buffer = data
                return
            if b" 101 " not in data[:64]:
                raise ConnectionError(data[:200].decode("latin1"))
            self.open, data = True, data[end + 4 :]
        self.buffer = self._frames(data)

    def _frames(self, data: bytes) -> bytes:
        """Hand over every whole frame; what is left is the beginning of the next one."""
        at, end = 0, len(data)
        while end - at >= 2:
            kind, size, start = data[at], data[at + 1], at + 2
            if size == 126:
                if end - at < 4:
                    break
                size, start = struct.unpack_from(">H", data, at + 2)[0], at + 4
            elif size == 127:
                if end - at < 10:
                    break
                size, start = struct.unpack_from(">Q", data, at + 2)[0], at + 10
            if end < start + size:
                break
            payload = data[start : start + size]
            at = start + size
            if kind == TEXT:
                self.on_text(payload)
            elif kind == PING:
                self.transport.write(bytes((PONG, 0x80 | size)) + MASK + payload)
            elif kind == CLOSE:
                self.transport.close()
        return data[at:]

    def connection_lost(self, error: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)
