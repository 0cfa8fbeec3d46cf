"""The writer's own line to PostgreSQL: one statement at a time, and no thread.

A thread would cost every batch two switches, and every socket its share of the interpreter meanwhile; for the few
messages of a quiet second that is most of their way (docs/performance.md).
"""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg2
from django.db import connection
from psycopg2.extensions import POLL_OK, POLL_READ

Values = dict[str, Any]


class Line:
    """A connection that is opened when it is needed, and `prepared` with statements of its own.

    A statement is a transaction of its own (autocommit). `fetch` raises what psycopg2 raises. Once something went wrong
    on it, the connection is given up.
    """

    def __init__(self, prepared: str = "") -> None:
        self._prepared = prepared
        self._connection: Any = None  # psycopg2 knows its asynchronous connections only at run time

    async def fetch(self, statement: str, values: Values) -> list[tuple[Any, ...]]:
        """The rows that it returns; psycopg2 fills in the values."""
        try:
            if self._connection is None:
                await self._connect()
            cursor = await self._execute(statement, values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
        except psycopg2.IntegrityError:
            raise  # the statement was wrong, not the line
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _connect(self) -> None:
        self._connection = psycopg2.connect(**connection.get_connection_params(), async_=True)
        await self._ready()
        if self._prepared:
            await self._execute(self._prepared)

    async def _execute(self, statement: str, values: Values | None = None) -> Any:
        cursor = self._connection.cursor()
        cursor.execute(statement, values)
        await self._ready()
        return cursor

    async def _ready(self) -> None:
        """Wait until the database has answered."""
        loop = asyncio.get_running_loop()
        while (state := self._connection.poll()) != POLL_OK:
            reads = state == POLL_READ
            watch, leave = (loop.add_reader, loop.remove_reader) if reads else (loop.add_writer, loop.remove_writer)
            descriptor, moved = self._connection.fileno(), loop.create_future()
            watch(descriptor, _wake, moved)
            try:
                await moved
            finally:
                leave(descriptor)


def _wake(moved: asyncio.Future[None]) -> None:
    if not moved.done():
        moved.set_result(None)
