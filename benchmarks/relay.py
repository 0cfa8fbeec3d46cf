"""The two relays that the chat is measured against: bare ASGI, no Django, the same frames.

`memory` keeps nothing: the physical limit of the server underneath. `durable` gathers all waiting messages in one
multi-row INSERT and acknowledges after the commit: the limit of anything that keeps its promise.

    RELAY=durable RELAY_DSN=postgresql://… uvicorn benchmarks.relay:application
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg2
from psycopg2.extras import execute_values

DURABLE = os.environ.get("RELAY") == "durable"
TABLE = """CREATE TABLE IF NOT EXISTS relayed (
    pair text, position int, side text, client_id uuid, body text, sent_at timestamptz, PRIMARY KEY (pair, position))"""

Send = Any
sockets: dict[str, dict[str, Send]] = defaultdict(dict)
positions: dict[str, int] = defaultdict(int)
queue: list[tuple[str, str, dict[str, Any], Send]] = []
wake = asyncio.Event()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    pair, side = scope["path"].strip("/").split("/")[-2:]
    await receive()
    await send({"type": "websocket.accept"})
    sockets[pair][side] = send
    await send({"type": "websocket.send", "text": '{"type": "welcome"}'})
    while (event := await receive())["type"] == "websocket.receive":
        frame = json.loads(event["text"])
        if frame["type"] != "say":
            continue
        if DURABLE:
            queue.append((pair, side, frame, send))
            wake.set()
        else:
            await deliver(pair, side, frame, send)


async def lifespan(receive: Any, send: Any) -> None:
    await receive()
    writer = asyncio.create_task(write()) if DURABLE else None
    await send({"type": "lifespan.startup.complete"})
    await receive()
    if writer:
        writer.cancel()
    await send({"type": "lifespan.shutdown.complete"})


async def deliver(pair: str, side: str, frame: dict[str, Any], send: Send) -> None:
    """The acknowledgement to the author, the utterance to the partner."""
    positions[pair] += 1
    position, sent_at = positions[pair], datetime.now(UTC).isoformat(timespec="milliseconds")
    ack = {"type": "ack", "client_id": frame["client_id"], "position": position, "sent_at": sent_at}
    await send({"type": "websocket.send", "text": json.dumps(ack)})
    partner = sockets[pair].get("supporter" if side == "seeker" else "seeker")
    if partner:
        shown = {
            "type": "utterance",
            "position": position,
            "role": side,
            "text": frame["text"],
            "sent_at": sent_at,
            "client_id": frame["client_id"],
        }
        await partner({"type": "websocket.send", "text": json.dumps(shown)})


async def write() -> None:
    """Whatever waits goes into one INSERT, in a thread with a connection of its own."""
    thread, loop = ThreadPoolExecutor(1), asyncio.get_running_loop()
    connection = await loop.run_in_executor(thread, connect)
    while True:
        await wake.wait()
        wake.clear()
        batch, queue[:] = queue[:], []
        await loop.run_in_executor(thread, insert, connection, batch)
        for pair, side, frame, send in batch:
            await deliver(pair, side, frame, send)


def connect() -> Any:
    connection = psycopg2.connect(os.environ["RELAY_DSN"])
    with connection, connection.cursor() as cursor:
        cursor.execute(TABLE)
        cursor.execute("TRUNCATE relayed")
    return connection


def insert(connection: Any, batch: list[tuple[str, str, dict[str, Any], Send]]) -> None:
    now = datetime.now(UTC)
    ahead: defaultdict[str, int] = defaultdict(int)
    rows = []
    for pair, side, frame, _ in batch:
        ahead[pair] += 1
        rows.append((pair, positions[pair] + ahead[pair], side, frame["client_id"], frame["text"], now))
    with connection, connection.cursor() as cursor:
        execute_values(cursor, "INSERT INTO relayed VALUES %s", rows, page_size=len(rows))
